"""The keys with which this process signs what it asks of AWS."""

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
