"""Mail through SES: the emulator's takes and shows it."""

import urllib.request
from typing import Any

import orjson
import pytest
from django.core.mail import EmailMultiAlternatives, get_connection

from echomate import mail
from echomate.config import config
from echomate.errors import DependencyAway
from echomate.testing.client import unique_name
from echomate.testing.configuration import configured


@pytest.fixture(autouse=True)
def _own_client() -> None:
    mail._ses.cache_clear()
    mail._ses().verify_email_identity(EmailAddress="no-reply@localhost")


def message(to: str = "ann@example.org", **options: Any) -> EmailMultiAlternatives:
    made = EmailMultiAlternatives("Grüße", "Hallo", config.mail_from, [to], **options)
    made.attach_alternative("<p>Hallo</p>", "text/html")
    return made


def send(*messages: EmailMultiAlternatives) -> int:
    return int(get_connection("echomate.mail.SESBackend").send_messages(list(messages)))


def sent_to(address: str) -> list[dict[str, Any]]:
    """What the emulator took for an address."""
    with urllib.request.urlopen(f"{config.aws_endpoint_url}/_ministack/ses/messages", timeout=10) as answer:  # noqa: S310 - the emulator's own
        found = orjson.loads(answer.read())
    return [one for one in _messages(found) if address in one["To"]]


def _messages(found: Any) -> list[dict[str, Any]]:
    if isinstance(found, dict):
        return [one for part in found.values() if isinstance(part, dict | list) for one in _messages(part)]
    return [one for one in found if isinstance(one, dict)]


def test_ses_takes_each_and_shows_it() -> None:
    ann, ben = (f"{unique_name()}@example.org" for _ in range(2))
    assert send(message(ann), message(ben)) == 2
    (taken,) = sent_to(ann)
    assert taken["Source"] == config.mail_from
    assert len(sent_to(ben)) == 1


def test_a_senders_name_in_any_script_is_encoded() -> None:
    ann = f"{unique_name()}@example.org"
    with configured(mail_from="Grüße 你好 <no-reply@localhost>"):
        assert send(message(ann)) == 1
    (taken,) = sent_to(ann)
    assert taken["Source"].isascii()
    assert taken["Source"].endswith("<no-reply@localhost>")


def test_lines_end_as_mail_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bytes] = []
    client = mail._ses()
    monkeypatch.setattr(client, "send_raw_email", lambda **given: seen.append(given["RawMessage"]["Data"]))
    send(message())
    assert seen[0].count(b"\n") == seen[0].count(b"\r\n") > 5


def test_a_refusal_is_an_error_of_the_message_and_not_tried_for_ever() -> None:
    with configured(mail_from="nobody@unverified.example"), pytest.raises(mail.Refused):
        send(message())


def test_ses_away_is_a_dependency_away() -> None:
    with configured(aws_endpoint_url="http://127.0.0.1:1"):
        mail._ses.cache_clear()
        with pytest.raises(DependencyAway):
            send(message())
    mail._ses.cache_clear()


def test_a_line_break_in_an_address_sends_nothing() -> None:
    ann = f"{unique_name()}@example.org"
    with pytest.raises(ValueError, match="newline"):
        send(message(f"{ann}\r\nBcc: all@example.org"))
    assert sent_to(ann) == []
