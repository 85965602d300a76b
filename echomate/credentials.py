"""The keys with which this process signs what it asks of AWS."""

import hmac
from functools import lru_cache

from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError
from botocore.session import Session

from echomate.config import config
from echomate.errors import DependencyAway


def aws(dependency: str) -> Credentials:
    """Those of the settings, else of the machine's role, which renews them. Raises `DependencyAway` without any."""
    if config.aws_access_key_id:
        return Credentials(config.aws_access_key_id, config.aws_secret_access_key)
    try:
        credentials = Session().get_credentials()
    except BotoCoreError as error:  # the service that has the role's doesn't answer, or a profile is wrong
        raise DependencyAway(dependency, f"AWS credentials can't be had: {error}") from error
    if credentials is None:
        raise DependencyAway(dependency, "there are no AWS credentials")
    return credentials


@lru_cache(maxsize=8)
def signing_key(secret: str | None, day: str, region: str, service: str) -> bytes:
    """The key of a day (as in 20261231), a region and a service, by version 4 of AWS's signatures."""
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
