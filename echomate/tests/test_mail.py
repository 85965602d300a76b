"""Mail through SES: the emulator's takes and shows it."""

import pytest
from django.core.mail import EmailMultiAlternatives, get_connection

from echomate import mail
from echomate.config import config
from echomate.errors import DependencyAway
from echomate.testing.configuration import configured


@pytest.fixture(autouse=True)
def _own_client() -> None:
    mail._ses.cache_clear()


def message() -> EmailMultiAlternatives:
    made = EmailMultiAlternatives("Grüße", "Hallo", config.mail_from, ["ann@example.org"])
    made.attach_alternative("<p>Hallo</p>", "text/html")
    return made


def test_ses_takes_it() -> None:
    mail._ses().verify_email_identity(EmailAddress="no-reply@localhost")
    assert get_connection("echomate.mail.SESBackend").send_messages([message()]) == 1


def test_ses_away_is_a_dependency_away() -> None:
    with configured(aws_endpoint_url="http://127.0.0.1:1"), pytest.raises(DependencyAway):
        get_connection("echomate.mail.SESBackend").send_messages([message()])
