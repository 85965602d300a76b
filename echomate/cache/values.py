"""Values that readers fill by lease."""

import logging
import secrets
from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeGuard, TypeVar

from echomate.cache.commands import ask, run
from echomate.cache.connection import Script
from echomate.errors import DependencyAway

K = TypeVar("K")
V = TypeVar("V")

LEASE_SECONDS = 5
BRIEF_SECONDS = 1
"""So long a value is kept that may lack something by the time it was read."""
ABSENT = b"-"
LEASE_MARK = b"~"

logger = logging.getLogger(__name__)


_FILL_VALUE = Script(
    "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3]) return 1 end "
    "return 0"
)


def new_lease() -> int:
    """The number of a reader's own."""
    return secrets.randbelow(2**52) + 2


def known(value: bytes | None) -> TypeGuard[bytes]:
    """Whether a reply of GET is a value (an absence that is remembered included), not nothing or a lease."""
    return value is not None and not value.startswith(LEASE_MARK)


class Leases:
    """Leases on values: `take` before the table is read, `fill` after it. All methods are a round trip each."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        self.mark = b"%s%d" % (LEASE_MARK, new_lease())
        self.held: set[str] = set()

    def take(self, keys: Sequence[str]) -> None:
        """Put this reader's number in each empty place."""
        replies = run([("SET", key, self.mark, "NX", "EX", LEASE_SECONDS) for key in keys])
        self.held.update(key for key, reply in zip(keys, replies, strict=True) if reply == b"OK")

    def fill(self, values: Mapping[str, bytes], *, brief: Container[str] = ()) -> None:
        """Put values where this reader's number still stands, some for a second only."""
        run(
            [
                _FILL_VALUE.command(
                    keys=[key], args=[self.mark, value, BRIEF_SECONDS if key in brief else self.seconds]
                )
                for key, value in values.items()
                if key in self.held
            ]
        )


def read_through(
    wanted: Mapping[K, str],
    load: Callable[[list[K]], Mapping[K, bytes]],
    *,
    seconds: int,
    found: Mapping[K, bytes | None] | None = None,
    brief: Container[str] = (),
) -> dict[K, bytes | None]:
    """Values by the name the caller knows them by; `wanted` gives each one's Redis key.

    `load` reads the table for the names that Redis doesn't know; what it leaves out is remembered as absent. `found`
    holds replies that the caller has already; `brief` the keys, which `load` may add, of what is kept for a second
    only. Redis away: all come from the table. None: there is no such thing.
    """
    replies: dict[K, bytes | None]
    try:
        replies = dict(found) if found is not None else _get(wanted)
    except DependencyAway:
        return _loaded(wanted, load, list(wanted))
    missing = [name for name in wanted if not known(replies.get(name))]
    if missing:
        replies.update(_fill(wanted, load, missing, seconds, brief))
    return {name: None if (value := replies.get(name)) == ABSENT else value for name in wanted}


def _get(wanted: Mapping[K, str]) -> dict[K, bytes | None]:
    (replies,) = ask(("MGET", *wanted.values())) if wanted else [[]]
    return dict(zip(wanted, replies, strict=True))


def _loaded(
    wanted: Mapping[K, str], load: Callable[[list[K]], Mapping[K, bytes]], names: list[K]
) -> dict[K, bytes | None]:
    values = load(names)
    return {name: values.get(name) for name in names}


def _fill(
    wanted: Mapping[K, str],
    load: Callable[[list[K]], Mapping[K, bytes]],
    names: list[K],
    seconds: int,
    brief: Container[str],
) -> dict[K, bytes | None]:
    leases = Leases(seconds)
    try:
        leases.take([wanted[name] for name in names])
    except DependencyAway:
        return _loaded(wanted, load, names)
    values = _loaded(wanted, load, names)
    try:
        leases.fill(
            {wanted[name]: ABSENT if value is None else value for name, value in values.items()}, brief=brief
        )
    except DependencyAway:
        logger.info("values that were read stay unfilled")
    return values


@dataclass(frozen=True, slots=True)
class CachedValues(Generic[V]):
    """A kind of value cached by id: its Redis key, how misses are read (many at once), and what the bytes mean.

    `load` leaves out what doesn't exist. Views that join several kinds in one round trip take `key` and give the
    replies back as `found`.
    """

    key: Callable[[int], str]
    load: Callable[[list[int]], Mapping[int, bytes]]
    parse: Callable[[bytes], V]
    seconds: int

    def get(self, ids: Collection[int], *, found: Mapping[int, bytes | None] | None = None) -> dict[int, V]:
        """The values that exist, by id."""
        if found is not None and (all_known := self._parsed(ids, map(found.get, ids))) is not None:
            return all_known
        wanted = {id_: self.key(id_) for id_ in ids}
        values = read_through(wanted, self.load, seconds=self.seconds, found=found)
        return {id_: self.parse(value) for id_, value in values.items() if value is not None}

    def listed(self, ids: Sequence[int], replies: Sequence[bytes | None] | None) -> dict[int, V]:
        """The same of replies in the ids' order; None where Redis is away."""
        if replies is not None and (all_known := self._parsed(ids, replies)) is not None:
            return all_known
        return self.get(ids, found=None if replies is None else dict(zip(ids, replies, strict=True)))

    def _parsed(self, ids: Iterable[int], replies: Iterable[bytes | None]) -> dict[int, V] | None:
        """The same of replies alone, which is what most pages need; None where Redis lacks some."""
        values, parse = {}, self.parse
        for id_, value in zip(ids, replies, strict=True):
            if value is None or value.startswith(LEASE_MARK):
                return None
            if value != ABSENT:
                values[id_] = parse(value)
        return values

    def one(self, id_: int, *, found: bytes | None = None) -> V | None:
        return self.get([id_], found={id_: found} if found is not None else None).get(id_)
