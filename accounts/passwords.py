"""Passwords: Argon2id as OWASP advises (19 MiB, t=2, p=1), few at a time; rules for new ones.

libsodium computes one in 13 ms of CPU, where the reference implementation, which argon2-cffi brings, takes 27: it uses
AVX2 or AVX-512 where the processor has them.
"""

import re
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import SequenceMatcher

import bcrypt
from nacl.exceptions import CryptoError
from nacl.pwhash import argon2id

from accounts import common_passwords
from echomate.config import config
from echomate.errors import DependencyAway

MIN_LENGTH, MAX_LENGTH = 8, 128
PASSES, MEMORY_BYTES = 2, 19_456 * 1024
QUEUE_SECONDS = 4.0
LIKENESS, LIKENESS_FROM = 0.7, 4
"""How alike a password and a word of the name may be, as Django has it, and from which length on."""
BCRYPT_BYTES = 72
"""bcrypt looks at no more of a password."""

NOBODYS_HASH = (
    "$argon2id$v=19$m=19456,t=2,p=1$05jC+es89z9KEFx6Y5qmmQ$GNg+JABDwuZ1ZVxMplBiRmnMeF51xQu/YxW2ElM8JWM"
)
"""What a password is compared with where there is no account, so that it takes the same time."""

PREFIX = NOBODYS_HASH.rpartition("$")[0].rpartition("$")[0] + "$"
"""How hashes begin that are made as new ones are."""

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
        return argon2id.str(_normal(password).encode(), PASSES, MEMORY_BYTES).decode()


def matches(password: str, stored: str | None) -> bool:
    """Whether it is the password of a stored hash; without one the answer is no, after the same work."""
    with _place():
        found = _matches(_normal(password), stored or NOBODYS_HASH)
    return found and stored is not None


def _matches(password: str, stored: str) -> bool:
    if stored.startswith("$2"):
        return bcrypt.checkpw(password.encode()[:BCRYPT_BYTES], stored.encode())
    try:
        return argon2id.verify(stored.encode(), password.encode())
    except CryptoError:
        return False


def is_outdated(stored: str) -> bool:
    """Whether a hash was made in another way than new ones are."""
    return not stored.startswith(PREFIX)


def _normal(password: str) -> str:
    """One form, whatever keyboard it was typed on."""
    return unicodedata.normalize("NFKC", password)


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose password it is to be: it must be like neither their names nor this community's."""

    username: str
    email: str
    full_name: str

    @property
    def words(self) -> set[str]:
        of_the_place = f"echomate {config.instance_name}"
        found = re.split(r"\W+", f"{self.username} {self.email} {self.full_name} {of_the_place}".lower())
        return {word for word in found if len(word) >= LIKENESS_FROM}


def faults(password: str, owner: Owner) -> list[str]:
    """What is wrong with a new password; none if it will do."""
    checks = {
        f"From {MIN_LENGTH} to {MAX_LENGTH} characters.": MIN_LENGTH <= len(password) <= MAX_LENGTH,
        "It needs letters and digits.": any(map(str.isalpha, password)) and any(map(str.isdigit, password)),
        "It is one of those that everybody uses.": not common_passwords.is_common(_normal(password)),
        "It is too much like the name, the address or this place.": not any(
            _is_like(password.lower()[:MAX_LENGTH], word) for word in owner.words
        ),
    }
    return [fault for fault, passes in checks.items() if not passes]


def _is_like(password: str, word: str) -> bool:
    return SequenceMatcher(a=password, b=word).quick_ratio() >= LIKENESS
