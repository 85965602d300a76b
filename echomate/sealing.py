"""Secrets at rest: sealed with the first of the settings' keys, opened with any of them, each in its own place only.

An item that holds one has it in `Sealed`, and its GSI2 keys are `keys.sealed(fingerprint())` and its partition, so that
those of a former key are found when keys are rotated. What need not be read again is hashed instead.
"""

import hashlib
import logging
from collections.abc import Iterator
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from echomate import dynamodb, keys, table, transactions
from echomate.config import config
from echomate.errors import DependencyAway
from echomate.keys import Key

_BETWEEN = "\0"

logger = logging.getLogger(__name__)


class CannotUnseal(DependencyAway):
    """No key of the settings opens it, or it was sealed for another place. The operator has to mend that."""

    def __init__(self) -> None:
        super().__init__("encryption-keys", "A secret that is needed here can't be read at the moment.")


def seal(text: str, *, place: str) -> str:
    """`place` is where it will lie, and the only place where it opens: the kind of secret and whose it is."""
    return _fernet(tuple(config.encryption_keys)).encrypt(f"{place}{_BETWEEN}{text}".encode()).decode()


def unseal(sealed: str, *, place: str) -> str:
    """Raises `CannotUnseal`."""
    try:
        opened = _fernet(tuple(config.encryption_keys)).decrypt(sealed.encode()).decode()
    except InvalidToken:
        opened = ""
    sealed_for, between, text = opened.partition(_BETWEEN)
    if not between or sealed_for != place:
        logger.error("the sealed secret %s can't be opened: is its key missing in ENCRYPTION_KEYS?", place)
        raise CannotUnseal
    return text


def is_outdated(sealed: str) -> bool:
    """Whether another key than the first one sealed it."""
    try:
        _fernet(tuple(config.encryption_keys[:1])).decrypt(sealed.encode())
    except InvalidToken:
        return True
    return False


def resealed(sealed: str) -> str:
    """The same under the first key. Raises `CannotUnseal`."""
    try:
        return _fernet(tuple(config.encryption_keys)).rotate(sealed.encode()).decode()
    except InvalidToken:
        raise CannotUnseal from None


def fingerprint(key: str | None = None) -> str:
    """What tells keys apart without telling them; of the first one where none is named."""
    return hashlib.sha256(f"fingerprint:{key or config.encryption_keys[0]}".encode()).hexdigest()[:16]


def rotate() -> Iterator[tuple[Key, bool]]:
    """Seal all that a former key of the settings has sealed with the first: each item's key, and whether it went."""
    for former in config.encryption_keys[1:]:
        for entry in table.query(keys.sealed(fingerprint(former)), index="GSI2"):
            key = entry["PK"]["S"], entry["SK"]["S"]
            yield key, _reseal(key)


def _reseal(key: Key) -> bool:
    """False where no key opens it. One that has changed or gone meanwhile needs nothing."""
    item = table.get_item(key)
    if item is None or not is_outdated(sealed := item["Sealed"]["S"]):
        return True
    try:
        values = {"old": sealed, "new": resealed(sealed), "partition": keys.sealed(fingerprint())}
    except CannotUnseal:
        return False
    change = "SET #Sealed = :new, #GSI2PK = :partition"
    request = transactions.expressions("#Sealed = :old", change=change, values=values)
    dynamodb.attempt("UpdateItem", {**transactions.of(key), **request})
    return True


@lru_cache(maxsize=8)
def _fernet(texts: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(text) for text in texts])
