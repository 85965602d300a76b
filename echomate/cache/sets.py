"""Sets of ids that readers fill whole, by lease."""

import logging
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

from echomate.cache.commands import ask, run
from echomate.cache.connection import Command, Script
from echomate.cache.values import LEASE_SECONDS, new_lease
from echomate.errors import DependencyAway

COMPLETE = 1
SET_PART = 5000

logger = logging.getLogger(__name__)


_LEASE_SET = Script(
    "if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end "
    "redis.call('SADD', KEYS[1], ARGV[1]) redis.call('EXPIRE', KEYS[1], ARGV[2]) return 1"
)
_FILL_SET = Script(
    "if redis.call('SISMEMBER', KEYS[1], ARGV[1]) == 0 then return 0 end "
    "if #ARGV > 3 then redis.call('SADD', KEYS[1], unpack(ARGV, 4)) end "
    "if ARGV[2] == '1' then redis.call('SREM', KEYS[1], ARGV[1]) redis.call('SADD', KEYS[1], 1) end "
    "redis.call('EXPIRE', KEYS[1], ARGV[3]) return 1"
)


def set_contains(key: str, members: Sequence[int]) -> Command:
    """The command whose reply `membership` reads: whether the set is complete, and which members it has."""
    return ("SMISMEMBER", key, COMPLETE, *members)


def membership(reply: Any, members: Sequence[int]) -> set[int] | None:
    """Which of the members a set holds; None where the set isn't complete and the table has to be asked."""
    if not isinstance(reply, list) or len(reply) != len(members) + 1 or not reply[0]:
        return None
    return set(compress(members, reply[1:]))


@dataclass(frozen=True, slots=True)
class Passing:
    """Members as they were read, of which the first stops being one at a Unix second."""

    ids: Collection[int]
    ends_at: int

    def __iter__(self) -> Iterator[int]:
        return iter(self.ids)


def fill_set(key: str, load: Callable[[], Iterable[int]], *, seconds: int) -> set[int]:
    """Read a whole set from the table and leave it in Redis, if nobody else is at it.

    One that is `Passing` stays there no longer than all its members are members.
    """
    lease = -new_lease()
    try:
        (leased,) = ask(_LEASE_SET.command(keys=[key], args=[lease, LEASE_SECONDS]))
    except DependencyAway:
        leased = 0
    loaded = load()
    members = set(loaded)
    if leased:
        try:
            _put_set(key, lease, sorted(members), _seconds_left(loaded, seconds))
        except DependencyAway:
            logger.info("a set that was read stays unfilled")
    return members


def _seconds_left(loaded: Iterable[int], seconds: int) -> int:
    if not isinstance(loaded, Passing):
        return seconds
    return min(seconds, max(0, int(loaded.ends_at - time.time())))


def _put_set(key: str, lease: int, members: list[int], seconds: int) -> None:
    parts = [members[start : start + SET_PART] for start in range(0, len(members), SET_PART)] or [[]]
    for number, part in enumerate(parts, 1):
        last = number == len(parts)
        args = [lease, int(last), seconds if last else LEASE_SECONDS, *part]
        (stands,) = ask(_FILL_SET.command(keys=[key], args=args))
        if not stands:
            return


@dataclass(frozen=True, slots=True)
class CachedSet:
    """A set of ids of an owner (whom a user follows, who is blocked either way), filled whole."""

    key: Callable[[int], str]
    load: Callable[[int], Iterable[int]]
    seconds: int

    def command(self, owner: int, members: Sequence[int]) -> Command:
        """The command whose reply `among` takes."""
        return set_contains(self.key(owner), members)

    def among(self, owner: int, members: Sequence[int], *, reply: Any = None) -> set[int]:
        """Which of the members the owner's set holds."""
        if not members:
            return set()
        if reply is None:
            try:
                (reply,) = run([self.command(owner, members)])
            except DependencyAway:
                return set(members) & set(self.load(owner))
        held = membership(reply, members)
        if held is not None:
            return held
        return set(members) & fill_set(self.key(owner), lambda: self.load(owner), seconds=self.seconds)
