"""Timelines in Redis: lists of post ids, newest first, capped; order and duplicates are settled when they are read.

Two kinds. A *home* list exists once its reader came; while it is made it holds a negative number of its builder's own.
An *author's* and the *public* list are made by the first push or read, and hold everything from the newest post down
to their last element. In both, `0` at the end says that nothing older exists. What is lost is built again.

Ids have 63 bits and Lua's numbers 53, so the scripts compare ids as text.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from echomate import cache, ids, keys
from echomate.cache import Command, Script
from echomate.config import config

END = 0
HOME_SECONDS = 7 * 24 * 3600
AUTHOR_SECONDS = 1800
PUBLIC_SECONDS = HOME_SECONDS
MAKING_SECONDS = 15
YOUNG_SECONDS = 10
LATE_MILLISECONDS = 10_000
EPOCHS = 64


@dataclass(frozen=True, slots=True)
class Timeline:
    """A list as it was read: ids newest first without duplicates.

    `ended`: nothing older exists. `making`: a builder is still at it.
    """

    ids: list[int]
    ended: bool
    making: bool


def timeline(reply: Sequence[bytes]) -> Timeline:
    """What the reply of an LRANGE says."""
    numbers = {int(element) for element in reply}
    found = sorted((number for number in numbers if number > 0), reverse=True)
    return Timeline(found, END in numbers, any(number < 0 for number in numbers))


def head(key: str, count: int | None = None) -> Command:
    """The newest `count` elements, or all."""
    return ("LRANGE", key, 0, -1 if count is None else count - 1)


# Lists that live ten seconds only (see `lately_lost`) are not prolonged.
_PROLONG = (
    "local left = redis.call('TTL', KEYS[1]) "
    "if left == -1 or left > 60 then redis.call('EXPIRE', KEYS[1], ARGV[3]) end "
)
_PUSH = Script(
    "if ARGV[4] == '1' and redis.call('EXISTS', KEYS[1]) == 0 then return 0 end "
    "redis.call('LREM', KEYS[1], 0, ARGV[1]) redis.call('LPUSH', KEYS[1], ARGV[1]) "
    "redis.call('LTRIM', KEYS[1], 0, ARGV[2] - 1) " + _PROLONG + "return 1"
)
_INSERT = Script(
    "local function newer(a, b) if #a ~= #b then return #a > #b end return a > b end "
    "local all = redis.call('LRANGE', KEYS[1], 0, -1) "
    "for _, id in ipairs(all) do if id == ARGV[1] then return 0 end end "
    "for _, id in ipairs(all) do if id == '0' or string.sub(id, 1, 1) == '-' or newer(ARGV[1], id) then "
    "redis.call('LINSERT', KEYS[1], 'BEFORE', id, ARGV[1]) redis.call('LTRIM', KEYS[1], 0, ARGV[2] - 1) return 1 "
    "end end return 0"
)
_EXTEND = Script(
    "local last = redis.call('LINDEX', KEYS[1], -1) or '' "
    "if last ~= ARGV[1] then return 0 end "
    "redis.call('RPUSH', KEYS[1], unpack(ARGV, 3)) "
    "local left = redis.call('TTL', KEYS[1]) "
    "if left == -1 or left > tonumber(ARGV[2]) then redis.call('EXPIRE', KEYS[1], ARGV[2]) end return 1"
)
_BEGIN = Script(
    "redis.call('DEL', KEYS[1]) redis.call('RPUSH', KEYS[1], ARGV[1]) redis.call('EXPIRE', KEYS[1], ARGV[2]) return 1"
)
_FINISH = Script(
    "if redis.call('LREM', KEYS[1], 1, ARGV[1]) == 0 then return 0 end "
    "if #ARGV > 2 then redis.call('RPUSH', KEYS[1], unpack(ARGV, 3)) end "
    "redis.call('EXPIRE', KEYS[1], ARGV[2]) return 1"
)


def announce(key: str, post: int, *, seconds: int) -> Command:
    """Push a new post to the front of an author's or the public list, once, making the list if need be."""
    return _PUSH.command(keys=[key], args=[post, config.feed_cap, seconds, 0])


def deliver_once(key: str, post: int) -> Command:
    """Push to the front of a home list that exists, taking the id out first: for the author's own."""
    return _PUSH.command(keys=[key], args=[post, config.feed_cap, HOME_SECONDS, 1])


def deliver(key: str, post: int) -> Command:
    """Push to the front of a home list that exists: fan-out's own, the cheapest. Its reply is the list's length."""
    return ("LPUSHX", key, post)


def trim(key: str) -> Command:
    return ("LTRIM", key, 0, config.feed_cap - 1)


def insert(key: str, post: int) -> Command:
    """Put a post that is late, or may have been pushed before, into its sorted place of a list that exists, once."""
    return _INSERT.command(keys=[key], args=[post, config.feed_cap])


def is_late(post: int) -> bool:
    """Whether a post is so old that newer ones may stand before it in the lists."""
    return time.time() * 1000 - ids.milliseconds(post) > LATE_MILLISECONDS


def withdraw(key: str, post: int) -> Command:
    """Take a deleted post out."""
    return ("LREM", key, 0, post)


def extend(key: str, last: bytes | None, older: Sequence[int], *, seconds: int) -> Command:
    """Append older ids below the last element that was seen (None: no list), unless the list changed there."""
    return _EXTEND.command(keys=[key], args=[last or b"", seconds, *older])


def begin(key: str, mark: int) -> Command:
    """Begin to make a home list: from now on pushes land in it, in front of the builder's negative number."""
    return _BEGIN.command(keys=[key], args=[mark, MAKING_SECONDS])


def finish(key: str, mark: int, merged: Sequence[int], *, seconds: int) -> Command:
    """End the making, if this builder's number is still there: 1, or 0 where the making was in vain."""
    return _FINISH.command(keys=[key], args=[mark, seconds, *merged])


def lately_lost() -> bool:
    """Whether Redis, or a node of it, lost its content less than ten seconds ago.

    64 keys spread over the slots hold the time they were made. What is built from an index that lags just after a loss
    may have a gap, and must not live long.
    """
    epochs = [keys.epoch(number) for number in range(EPOCHS)]
    (made,) = cache.ask(("MGET", *epochs))
    now = time.time()
    if missing := [epoch for epoch, moment in zip(epochs, made, strict=True) if moment is None]:
        cache.ask(*(("SET", epoch, int(now), "NX") for epoch in missing))
        return True
    return max(int(moment) for moment in made) > now - YOUNG_SECONDS


def seconds_for(seconds: int) -> int:
    """How long a list that is built now may live."""
    return YOUNG_SECONDS if lately_lost() else seconds
