"""The keys with which this process signs what it asks of AWS."""

import hmac
from functools import lru_cache

from botocore.credentials import Credentials
from botocore.session import Session

from echomate.config import config
from echomate.errors import DependencyAway


def aws(dependency: str) -> Credentials:
    """Those of the settings, else of the machine's role, which renews them. Raises `DependencyAway` for neither."""
    if config.aws_access_key_id:
        return Credentials(config.aws_access_key_id, config.aws_secret_access_key)
    found = Session().get_credentials()
    if found is None:
        raise DependencyAway(dependency, "no AWS credentials were found")
    return found


@lru_cache(maxsize=8)
def signing_key(secret: str | None, day: str, region: str, service: str) -> bytes:
    """The key of a day (as in 20261231), a region and a service, by version 4 of AWS's signatures."""
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
