"""Devices that an account knows: each holds a random token, of which the table keeps a hash.

A login from another one is announced by mail; a known one passes the limit that strangers share (`guessing`).
Accounts used in turn in one browser know it by the same token.
"""

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import replace

from accounts.models import KnownDevice
from accounts.origins import Origin
from echomate import dynamodb, keys, table
from echomate.config import config
from echomate.dynamodb import Wire
from echomate.ids import now_seconds
from echomate.keys import Key

KNOWN_SECONDS = 365 * 24 * 3600
RENEWED_SECONDS = 30 * 24 * 3600
"""So long after its last renewal a device's year begins anew at a login."""
AT_MOST = 20

_TOKEN = re.compile(r"[\w-]{32}", re.ASCII)


def key_of(user: int, token: str) -> Key | None:
    """Where the account keeps a device; None for what is no token of ours. The hash tells no accounts of one device."""
    if not _TOKEN.fullmatch(token):
        return None
    return keys.known_device(user, hashlib.sha256(f"{user} {token}".encode()).hexdigest())


def seen(origin: Origin, item: Wire | None) -> Origin:
    """The origin, now that the account has been asked for its device."""
    if not item:
        return replace(origin, known_until=0)
    return replace(origin, known_until=int(item["ExpiresAt"]["N"]), known_again="Again" in item)


def recognised(user: int, origin: Origin) -> Origin:
    """The same, asking where nobody has."""
    if origin.known_until is not None:
        return origin
    key = key_of(user, origin.device_token)
    return seen(origin, table.get_item(key) if key else None)


def remember(user: int, origin: Origin) -> tuple[str, list[Wire]]:
    """The token that the device shall hold, and the part of a transaction by which the account knows it for a year."""
    key = key_of(user, origin.device_token)
    token = origin.device_token if key else secrets.token_urlsafe(24)
    now, until = now_seconds(), origin.known_until or 0
    is_fresh = until - now > KNOWN_SECONDS - RENEWED_SECONDS
    if is_fresh and origin.known_again:
        return token, []
    partition, sort = key_of(user, token) or ("", "")
    device = KnownDevice(
        pk=partition,
        sk=sort,
        created_at=table.clock(),
        expires_at=until if is_fresh else now + KNOWN_SECONDS,
        again=True if until else None,
    )
    return token, [{"Put": {"TableName": config.table_name, "Item": device.wire()}}]


def forget(user: int, keys_: Sequence[str]) -> None:
    for sort in keys_:
        key = table.wire_key((keys.user_partition(user), sort))
        dynamodb.call("DeleteItem", {"TableName": config.table_name, "Key": key})


def forget_all(user: int, *, but: str = "") -> None:
    """Every device becomes a strange one, except the one that holds a token."""
    kept = key_of(user, but)
    forget(user, [sort for sort in _known(user) if kept is None or sort != kept[1]])


def forget_eldest(user: int) -> None:
    """An account knows 20 devices at most: those that were renewed last.

    Those that nobody has come back with go first, so that logins elsewhere put out none that is in use.
    """
    forget(user, _known(user)[:-AT_MOST])


def _known(user: int) -> list[str]:
    """Sort keys of the devices that an account knows, the one to keep longest at the end."""
    attributes = ("SK", "ExpiresAt", "CreatedAt", "Again")
    found = table.query(keys.user_partition(user), prefix=keys.KNOWN_DEVICE, attributes=attributes)
    by_use = sorted(
        found,
        key=lambda item: ("Again" in item, int(item["ExpiresAt"]["N"]), int(item["CreatedAt"]["N"])),
    )
    return [item["SK"]["S"] for item in by_use]
