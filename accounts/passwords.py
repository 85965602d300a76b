"""Passwords: Argon2id as OWASP advises (19 MiB, t=2, p=1: 15 ms), few at a time; rules for new ones."""

import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import bcrypt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from django.contrib.auth.password_validation import CommonPasswordValidator, UserAttributeSimilarityValidator
from django.core.exceptions import ValidationError

from echomate.config import config
from echomate.errors import DependencyAway

MIN_LENGTH, MAX_LENGTH = 8, 128
QUEUE_SECONDS = 4.0
BCRYPT_BYTES = 72
"""bcrypt looks at no more of a password."""

NOBODYS_HASH = (
    "$argon2id$v=19$m=19456,t=2,p=1$05jC+es89z9KEFx6Y5qmmQ$GNg+JABDwuZ1ZVxMplBiRmnMeF51xQu/YxW2ElM8JWM"
)
"""What a password is compared with where there is no account, so that it takes the same time."""

_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
_places = threading.BoundedSemaphore(config.password_hashes_at_once)


@contextmanager
def _place() -> Iterator[None]:
    """One of few places to compute in: each takes 19 MiB and a core. Raises `DependencyAway` after 4 s."""
    if not _places.acquire(timeout=QUEUE_SECONDS):
        raise DependencyAway("passwords", "Too many log in at the same time.")
    try:
        yield
    finally:
        _places.release()


def make(password: str) -> str:
    """The hash to store."""
    with _place():
        return _hasher.hash(_normal(password))


def matches(password: str, stored: str | None) -> bool:
    """Whether it is the password of a stored hash; without one the answer is no, after the same work."""
    with _place():
        found = _matches(_normal(password), stored or NOBODYS_HASH)
    return found and stored is not None


def _matches(password: str, stored: str) -> bool:
    if stored.startswith("$2"):
        return bcrypt.checkpw(password.encode()[:BCRYPT_BYTES], stored.encode())
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Whether a hash was made in another way than new ones are."""
    return stored.startswith("$2") or _hasher.check_needs_rehash(stored)


def _normal(password: str) -> str:
    """One form, whatever keyboard it was typed on."""
    return unicodedata.normalize("NFKC", password)


@dataclass(frozen=True)
class Owner:
    """What a password must not be like."""

    username: str
    email: str
    full_name: str


def faults(password: str, owner: Owner) -> list[str]:
    """What is wrong with a new password; none if it will do."""
    found = []
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        found.append(f"From {MIN_LENGTH} to {MAX_LENGTH} characters.")
    if not any(c.isalpha() for c in password) or not any(c.isdigit() for c in password):
        found.append("It needs letters and digits.")
    for validator in _validators():
        try:
            validator.validate(password[:MAX_LENGTH], owner)  # type: ignore[arg-type]  # any object will do
        except ValidationError as error:
            found += error.messages
    return found


@cache
def _validators() -> tuple[CommonPasswordValidator, UserAttributeSimilarityValidator]:
    """Django's list of 20,000 common passwords is read at first use."""
    similar = UserAttributeSimilarityValidator(user_attributes=("username", "email", "full_name"))
    return CommonPasswordValidator(), similar
