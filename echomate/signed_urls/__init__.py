"""URLs under which media may be read for some hours, though their bucket is private.

They are rounded to the hour: all that is answered within it has the same URLs, so they are made once and browsers
keep what they lead to. A folder holds the files of one media, and is what a policy of CloudFront is about.
"""

import time
from collections.abc import Sequence

from echomate.config import config
from echomate.signed_urls import cloudfront, s3

HOUR = 3600
HOURS = 3
"""How long from the beginning of the hour: two to three hours from the answer."""


def this_hour() -> int:
    """When the present hour began, in Unix seconds."""
    now = int(time.time())
    return now - now % HOUR


def expires_at(hour: int, *, hours: int = HOURS, is_public: bool = False) -> int | None:
    """When URLs of an hour end, in Unix seconds; None: never."""
    return None if is_public and config.media_public_url else hour + hours * HOUR


def sign(
    folder: str, names: Sequence[str], *, hour: int, hours: int = HOURS, is_public: bool = False
) -> list[str]:
    """URLs of the files in a folder of the media bucket (`posts/1/2/`), in their order.

    What is public has URLs without an end where the settings say where.
    """
    if is_public and config.media_public_url:
        return [f"{config.media_public_url}/{folder}{name}" for name in names]
    if config.cloudfront_url:
        return cloudfront.sign(folder, names, until=hour + hours * HOUR)
    return s3.sign(folder, names, at=hour, seconds=hours * HOUR)
