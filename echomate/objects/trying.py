"""How S3 is asked: again after a disturbance, and not by everybody at once while it is away."""

import time
from collections.abc import Callable
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from echomate.errors import DependencyAway
from echomate.outages import Outage

TRIES = 3

outage = Outage("storage")
"""Every call passes it that somebody or something waits for."""

T = TypeVar("T")


def tried(call: Callable[[], T], *, tries: int = TRIES) -> T:
    """A call that may be repeated: a long transfer should outlive a short disturbance.

    Raises `DependencyAway`, and `ClientError` for what S3 refuses.
    """
    with outage.passing():
        answer = _repeated(call, tries)
    if isinstance(answer, ClientError):
        raise answer
    return answer


def _repeated(call: Callable[[], T], tries: int) -> T | ClientError:
    """Keys or rights of ours that S3 refuses (403) are as if it were away: no file is at fault."""
    attempt = 1
    while True:
        try:
            return call()
        except (BotoCoreError, ClientError) as error:
            status = status_of(error) if isinstance(error, ClientError) else 503
            if isinstance(error, ClientError) and status < 500 and status != 403:
                return error
            if attempt == tries or status == 403:
                raise DependencyAway("storage") from error
        time.sleep(0.2 * 2**attempt)
        attempt += 1


def status_of(error: ClientError) -> int:
    return error.response["ResponseMetadata"]["HTTPStatusCode"]
