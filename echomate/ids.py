"""Ids: 63 bits, 41 of milliseconds since 2020-01-01 UTC and 22 random ones, so their order is that of time."""

import secrets
import time
from datetime import UTC, datetime

EPOCH_MILLISECONDS = 1_577_836_800_000
RANDOM_BITS = 22
WIDTH = 19
MAX_ID = 2**63 - 1


def new_id() -> int:
    """An id of this instant. A collision is caught by the conditional put that uses it."""
    return id_at_milliseconds(time.time_ns() // 1_000_000) | secrets.randbits(RANDOM_BITS)


def id_at_milliseconds(unix_milliseconds: int) -> int:
    """The smallest id of a millisecond."""
    return (unix_milliseconds - EPOCH_MILLISECONDS) << RANDOM_BITS


def with_random_part(id_: int, random_part: int) -> int:
    """An id of the same instant with another random part: for what must have the same id when it is made again."""
    return (id_ >> RANDOM_BITS << RANDOM_BITS) | (random_part & ((1 << RANDOM_BITS) - 1))


def milliseconds(id_: int) -> int:
    """Unix milliseconds of the instant of an id."""
    return (id_ >> RANDOM_BITS) + EPOCH_MILLISECONDS


def instant(id_: int) -> datetime:
    """The instant of an id, in UTC."""
    return at_milliseconds(milliseconds(id_))


def at_milliseconds(unix_milliseconds: float) -> datetime:
    """The moment of Unix milliseconds, the unit of `CreatedAt`, in UTC."""
    return datetime.fromtimestamp(unix_milliseconds / 1000, UTC)


def pad(id_: int) -> str:
    """The form in keys: 19 digits, so that the order of strings is that of numbers."""
    return f"{id_:0{WIDTH}d}"


def parse_id(text: str) -> int | None:
    """The id in a path or query, or None where the text can't be one."""
    if not text.isascii() or not text.isdigit() or len(text) > WIDTH:
        return None
    id_ = int(text)
    return id_ if 0 < id_ <= MAX_ID else None


def rfc3339(moment: datetime | int) -> str:
    """RFC 3339 in UTC with milliseconds, of a moment or of an id's instant."""
    when = instant(moment) if isinstance(moment, int) else moment.astimezone(UTC)
    return when.strftime("%Y-%m-%dT%H:%M:%S.") + f"{when.microsecond // 1000:03d}Z"


def now_seconds() -> int:
    """Unix seconds, the unit of `ExpiresAt`."""
    return int(time.time())
