"""Challenges of WebAuthn: sealed, so that making one stores nothing; the table remembers those that were answered.

Each is bound to its purpose and to whom it was made for, and good for 5 minutes.
"""

import hashlib
import hmac
import secrets
from enum import StrEnum

from accounts.models import UsedChallenge
from echomate import keys, table, transactions
from echomate.config import config
from echomate.dynamodb import Wire
from echomate.ids import now_seconds

SECONDS = 300
REMEMBERED_SECONDS = 600
"""Longer than it is good for, since clocks differ."""

_TIME_BYTES, _RANDOM_BYTES, _MAC_BYTES = 8, 24, 32


class Purpose(StrEnum):
    REGISTRATION = "registration"
    LOGIN = "login"
    """With a passkey alone, whoever it is of."""
    SECOND_FACTOR = "second-factor"
    STEP_UP = "step-up"


def new(purpose: Purpose, *, subject: str) -> bytes:
    """A challenge; `subject` is the user or session that it is for, empty where nobody is known yet."""
    content = (now_seconds() + SECONDS).to_bytes(_TIME_BYTES) + secrets.token_bytes(_RANDOM_BYTES)
    return content + _seal(content, purpose, subject)


def is_good(challenge: bytes, purpose: Purpose, *, subject: str) -> bool:
    """Whether it was made here, for this, and its time isn't over. It may have been used."""
    content, seal = challenge[:-_MAC_BYTES], challenge[-_MAC_BYTES:]
    if not hmac.compare_digest(seal, _seal(content, purpose, subject)):
        return False
    return now_seconds() < int.from_bytes(content[:_TIME_BYTES])


def use(challenge: bytes) -> Wire:
    """The part of a transaction that uses a challenge up; its condition fails where that was done before."""
    partition, sort = keys.used_challenge(challenge[_TIME_BYTES:-_MAC_BYTES].hex())
    expires_at = now_seconds() + REMEMBERED_SECONDS
    item = UsedChallenge(pk=partition, sk=sort, created_at=table.clock(), expires_at=expires_at)
    return transactions.put(item)


def _seal(content: bytes, purpose: Purpose, subject: str) -> bytes:
    bound = f"webauthn challenge\n{purpose}\n{subject}\n".encode()
    return hmac.new(config.secret_key.encode(), bound + content, hashlib.sha256).digest()
