"""Mail through Amazon SES, as a backend of Django's mail. Locally Django's own backend writes files."""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config as ClientConfig
from botocore.exceptions import BotoCoreError, ClientError
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import sanitize_address

from echomate.config import config
from echomate.errors import DependencyAway

if TYPE_CHECKING:
    from mypy_boto3_ses.client import SESClient


@cache
def _ses() -> "SESClient":
    return boto3.session.Session().client(
        "ses",
        region_name=config.aws_region,
        endpoint_url=config.aws_endpoint_url or None,
        aws_access_key_id=config.aws_access_key_id or None,
        aws_secret_access_key=config.aws_secret_access_key or None,
        config=ClientConfig(connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 1}),
    )


REFUSALS = frozenset({"MessageRejected", "InvalidParameterValue", "InvalidParameterCombination"})
"""What SES says of this message, and will say of it again."""


class Refused(ClientError):
    """This message will never be taken."""


class SESBackend(BaseEmailBackend):
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Raises `DependencyAway`, upon which the job that sends tries again, and `Refused`."""
        for message in email_messages:
            mime: Any = message.message()  # Django's own kind, whose lines may end as SMTP has it
            try:
                _ses().send_raw_email(
                    Source=sanitize_address(message.from_email, "utf-8"),
                    Destinations=message.recipients(),
                    RawMessage={"Data": mime.as_bytes(linesep="\r\n")},
                )
            except (BotoCoreError, ClientError) as error:
                if isinstance(error, ClientError) and error.response["Error"]["Code"] in REFUSALS:
                    raise Refused(error.response, error.operation_name) from error
                raise DependencyAway("ses") from error
        return len(email_messages)
