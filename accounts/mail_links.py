"""Links in mails: each carries a token that does one thing once.

The job of a mail holds a random number, the token is made of that and of `SECRET_KEY` when the mail is sent, and the
table keeps the token's hash. So neither the table nor a log opens anything, and a job that runs twice sends one link.
"""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Sequence

from django.utils.crypto import salted_hmac

from accounts.models import MailToken, Purpose, User, mail_token
from echomate import dynamodb, keys, table, transactions
from echomate.config import config
from echomate.dynamodb import DynamoDBError, Wire
from echomate.errors import Invalid
from echomate.ids import now_seconds

HOUR, DAY = 3600, 24 * 3600
LIFE_SECONDS = {
    Purpose.VERIFY: 3 * DAY,
    Purpose.CHANGE_EMAIL: DAY,
    Purpose.RESET: HOUR,
    Purpose.UNDO: 3 * DAY,
    Purpose.RESTORE: 14 * DAY,
}
PAGES = {
    Purpose.VERIFY: "verify",
    Purpose.CHANGE_EMAIL: "verify",
    Purpose.RESET: "reset",
    Purpose.UNDO: "undo",
    Purpose.RESTORE: "restore",
}
_NEW_ADDRESS = (
    "Ask for a new one with POST /auth/verify-email/resend; for a new address POST /auth/change-email."
)
NEW_ONES = {
    Purpose.VERIFY: _NEW_ADDRESS,
    Purpose.CHANGE_EMAIL: _NEW_ADDRESS,
    Purpose.RESET: "Ask for a new one with POST /auth/forgot-password.",
    Purpose.UNDO: "It is good for 72 hours after the change; a new password comes with POST /auth/forgot-password.",
    Purpose.RESTORE: "Within 14 days a login with `restore` does the same.",
}
CODE_DIGITS = 8


def new_nonce() -> str:
    return secrets.token_urlsafe(32)


def token_of(purpose: Purpose, nonce: str) -> str:
    """The token that is mailed: 43 characters of URL-safe Base64."""
    return urlsafe_b64encode(_mac(purpose.value, nonce)).decode().rstrip("=")


def code_of(nonce: str) -> str:
    """A code of eight digits for those who type it; whoever takes it counts the tries."""
    return f"{int.from_bytes(_mac('code', nonce)) % 10**CODE_DIGITS:0{CODE_DIGITS}d}"


def _mac(purpose: str, nonce: str) -> bytes:
    return salted_hmac(f"accounts.mail_links.{purpose}", nonce, algorithm="sha256").digest()


def site() -> str:
    """Where links lead: the web client, else this server's own pages. Never what a request calls itself."""
    return (config.web_url or config.public_url).rstrip("/")


def url(purpose: Purpose, token: str) -> str:
    return f"{site()}/account/{PAGES[purpose]}?token={token}"


def issue(purpose: Purpose, nonce: str, *, user: User, address: str, job: int) -> str | None:
    """Store what the link does and return its URL; None: it was mailed before, and used."""
    token = token_of(purpose, nonce)
    item = mail_token(
        purpose,
        user,
        digest=_digest(token),
        address=address,
        expires_at=now_seconds() + LIFE_SECONDS[purpose],
        job=job,
    )
    unused = transactions.put(item, condition="attribute_not_exists(#UsedAt)")
    return None if dynamodb.attempt("PutItem", unused["Put"]) is None else url(purpose, token)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def find(token: str, *purposes: Purpose) -> MailToken:
    """What an unused token of one of the purposes stands for. Raises `Invalid` (`link-invalid`)."""
    found = known(token)
    if found is None:
        raise invalid(purposes[0])
    check(found, *purposes)
    return found


def known(token: str) -> MailToken | None:
    """The item of a token, used or not, as long as its time isn't over."""
    return MailToken.read(keys.mail_token(_digest(token)))


def check(found: MailToken, *purposes: Purpose) -> None:
    """Raises `Invalid` (`link-invalid`) where a token was used, or is for none of the purposes."""
    if found.used_at or found.purpose not in purposes:
        raise invalid(purposes[0])


def use(found: MailToken) -> Wire:
    """The part of a transaction that uses a link up; of two that do, one fails."""
    return transactions.update(
        (found.pk, found.sk),
        change="SET #UsedAt = :at",
        condition="attribute_not_exists(#UsedAt) AND #ExpiresAt > :now",
        at=table.clock(),
        now=now_seconds(),
    )


def redeem(found: MailToken, parts: Sequence[Wire]) -> None:
    """Use a link up and do what it is for, or neither. Raises `Invalid` (`link-invalid`) where a condition fails."""
    try:
        transactions.commit([use(found), *parts])
    except DynamoDBError as error:
        if transactions.CONDITION_FAILED not in error.reasons:
            raise
        raise invalid(Purpose(found.purpose)) from error


def invalid(purpose: Purpose) -> Invalid:
    """The one answer to a link that is wrong, used, over its time, or for something else."""
    return Invalid(
        f"The link was used, is over its time, or is not whole. {NEW_ONES[purpose]}", type="link-invalid"
    )
