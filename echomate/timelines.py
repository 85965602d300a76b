"""Timelines in Redis: lists of post ids, newest first, capped; order and duplicates are settled when they are read.

Two kinds. A *home* list exists once its reader came; while it is made it holds a negative number of its builder's own.
An *author's*, the *public* and a *hashtag's* list, the *sources*, are made by the first push or read, and hold all from
the newest post down to their last element. In both, `0` at the end says that nothing older exists. What is lost
is built again.

An index lags, so what is read from it just after a loss may have a gap. In a source it stands behind a mark, the
negated time when it was appended; ten seconds later it is read again, while what was pushed since stands before the
mark. A home that is made from such a source lives ten seconds.

Ids have 63 bits and Lua's numbers 53, so the scripts compare ids as text.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from echomate import cache, ids, keys
from echomate.cache import Command, Script
from echomate.config import config

END = 0
HOME_SECONDS = 7 * 24 * 3600
AUTHOR_SECONDS = 1800
PUBLIC_SECONDS = HOME_SECONDS
TAG_SECONDS = AUTHOR_SECONDS
MAKING_SECONDS = 15
YOUNG_SECONDS = 10
LATE_MILLISECONDS = 10_000
EPOCHS = 64


class Timeline(NamedTuple):
    """A list as it was read: ids newest first without duplicates.

    `ended`: nothing older exists. `making`: a builder is still at it.
    """

    ids: list[int]
    ended: bool
    making: bool


def timeline(reply: Sequence[bytes]) -> Timeline:
    """What the reply of an LRANGE says."""
    newest_first = list(dict.fromkeys(sorted(map(int, reply), reverse=True)))  # quick, as most stand in order
    if not newest_first or newest_first[-1] > 0:
        return Timeline(newest_first, ended=False, making=False)
    posts = [number for number in newest_first if number > 0]
    return Timeline(posts, END in newest_first, newest_first[-1] < 0)


@dataclass(frozen=True, slots=True)
class Source:
    """An author's or the public list as it was read; what is to be read again is left out."""

    ids: list[int]
    ended: bool
    last: bytes | None
    """The element below which older ids may be appended; None: there is no list."""
    stale: bytes | None = None
    """The mark of what is to be read again."""
    doubtful: bool = False
    """It may have a gap, and can't be read again yet."""


def source(reply: Sequence[bytes]) -> Source:
    """What the reply of an LRANGE of an author's or the public list says."""
    line = timeline(reply)
    mark = next((element for element in reply if element.startswith(b"-")), None) if line.making else None
    if mark is None or time.time() + int(mark) / 1000 < YOUNG_SECONDS:
        return Source(line.ids, line.ended, reply[-1] if reply else None, doubtful=mark is not None)
    firm = reply[: reply.index(mark)]
    return Source(timeline(firm).ids, ended=False, last=firm[-1] if firm else None, stale=mark)


def head(key: str, count: int | None = None) -> Command:
    """The newest `count` elements, or all."""
    return ("LRANGE", key, 0, -1 if count is None else count - 1)


# Homes that live ten seconds only (see `lately_lost`) are not prolonged.
_PROLONG = (
    "local left = redis.call('TTL', KEYS[1]) "
    "if left == -1 or left > 60 then redis.call('EXPIRE', KEYS[1], ARGV[3]) end "
)
_NEWER = "local function newer(a, b) if #a ~= #b then return #a > #b end return a > b end "
# What is pushed out of order stands before what is newer, so it is the oldest that goes from a source, not the last.
_TRIM_SOURCE = (
    "local function trim(key, cap) local excess = redis.call('LLEN', key) - cap "
    "if excess > 0 and redis.call('LINDEX', key, -1) == '0' then redis.call('RPOP', key) excess = excess - 1 end "
    "if excess <= 0 then return end "
    "local all = {} for _, id in ipairs(redis.call('LRANGE', key, 0, -1)) do "
    "if string.sub(id, 1, 1) ~= '-' then all[#all + 1] = id end end "
    "for _ = 1, math.min(excess, #all) do local oldest = 1 "
    "for at = 2, #all do if newer(all[oldest], all[at]) then oldest = at end end "
    "redis.call('LREM', key, -1, table.remove(all, oldest)) end end "
)
_PUSH = Script(
    "if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end "
    "redis.call('LREM', KEYS[1], 0, ARGV[1]) redis.call('LPUSH', KEYS[1], ARGV[1]) "
    "redis.call('LTRIM', KEYS[1], 0, ARGV[2] - 1) " + _PROLONG + "return 1"
)
_ANNOUNCE = Script(
    _NEWER + _TRIM_SOURCE + "redis.call('LREM', KEYS[1], 0, ARGV[1]) redis.call('LPUSH', KEYS[1], ARGV[1]) "
    "trim(KEYS[1], tonumber(ARGV[2])) " + _PROLONG + "return 1"
)
# A negative number is the last element of a home that is being made; in a source it is no place to stop at.
_INSERT = Script(
    _NEWER + _TRIM_SOURCE + "local all = redis.call('LRANGE', KEYS[1], 0, -1) "
    "for _, id in ipairs(all) do if id == ARGV[1] then return 0 end end "
    "for _, id in ipairs(all) do local is_mark = string.sub(id, 1, 1) == '-' "
    "if id == '0' or (is_mark and ARGV[3] == '1') or (not is_mark and newer(ARGV[1], id)) then "
    "redis.call('LINSERT', KEYS[1], 'BEFORE', id, ARGV[1]) "
    "if ARGV[3] == '1' then redis.call('LTRIM', KEYS[1], 0, ARGV[2] - 1) "
    "else trim(KEYS[1], tonumber(ARGV[2])) end return 1 end end return 0"
)
_EXTEND = Script(
    "if ARGV[2] ~= '' then local mark = redis.call('LPOS', KEYS[1], ARGV[2]) if not mark then return 0 end "
    "if mark == 0 then redis.call('DEL', KEYS[1]) else redis.call('LTRIM', KEYS[1], 0, mark - 1) end end "
    "if (redis.call('LINDEX', KEYS[1], -1) or '') ~= ARGV[1] then return 0 end "
    "if ARGV[4] ~= '' and not redis.call('LPOS', KEYS[1], ARGV[4], 'RANK', -1) then return 0 end "
    "redis.call('RPUSH', KEYS[1], unpack(ARGV, 5)) "
    "if redis.call('TTL', KEYS[1]) == -1 then redis.call('EXPIRE', KEYS[1], ARGV[3]) end return 1"
)
_DOUBT = Script(
    "local last = redis.call('LINDEX', KEYS[1], -1) if last == '0' then return 0 end "
    "if last and string.sub(last, 1, 1) == '-' then redis.call('LSET', KEYS[1], -1, ARGV[1]) "
    "else redis.call('RPUSH', KEYS[1], ARGV[1]) end "
    "if redis.call('TTL', KEYS[1]) == -1 then redis.call('EXPIRE', KEYS[1], ARGV[2]) end return 1"
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
    return _ANNOUNCE.command(keys=[key], args=[post, config.feed_cap, seconds])


def deliver_once(key: str, post: int) -> Command:
    """Push to the front of a home list that exists, taking the id out first: for the author's own."""
    return _PUSH.command(keys=[key], args=[post, config.feed_cap, HOME_SECONDS])


def deliver(key: str, post: int) -> Command:
    """Push to the front of a home list that exists: fan-out's own, the cheapest. Its reply is the list's length."""
    return ("LPUSHX", key, post)


def trim(key: str) -> Command:
    return ("LTRIM", key, 0, config.feed_cap - 1)


def insert(key: str, post: int) -> Command:
    """Put a post that is late, or may have been pushed before, into its sorted place of a home that exists, once."""
    return _INSERT.command(keys=[key], args=[post, config.feed_cap, 1])


def insert_into_source(key: str, post: int) -> Command:
    """The same for an author's or the public list; not below its last element, where the index tells."""
    return _INSERT.command(keys=[key], args=[post, config.feed_cap, 0])


def doubt(key: str, *, seconds: int) -> Command:
    """Have a source read again, ten seconds from now, below its last element: something was stored there just now.

    A reader who has read before that appends nothing, since the end is another.
    """
    return _DOUBT.command(keys=[key], args=[-(time.time_ns() // 1_000_000), seconds])


def is_late(post: int) -> bool:
    """Whether a post is so old that newer ones may stand before it in the lists."""
    return time.time() * 1000 - ids.milliseconds(post) > LATE_MILLISECONDS


def withdraw(key: str, post: int) -> Command:
    """Take a deleted post out."""
    return ("LREM", key, 0, post)


@dataclass(frozen=True, slots=True)
class Extension:
    """What the index told to stand below a source as it was read: older ids, `END` among them."""

    key: str
    below: bytes | None
    stale: bytes | None
    elements: Sequence[int]
    oldest: int | None = None
    """Of the ids that were read: where it is gone, the list was trimmed meanwhile, and nothing is appended."""


def extend(extensions: Sequence[Extension], *, seconds: int) -> bool:
    """Append to sources, where they haven't changed at their end. Returns whether what was appended may have a gap.

    All goes in behind marks, which are taken out when it is known that nothing was lost lately: had a loss come
    between, the list would be gone.
    """
    mark = -(time.time_ns() // 1_000_000)
    made = cache.ask(*(_extension(one, mark, seconds) for one in extensions), _epochs())[-1]
    if _are_young(made):
        return True
    cache.ask(*(("LREM", one.key, 1, mark) for one in extensions))
    return False


def _extension(one: Extension, mark: int, seconds: int) -> Command:
    args = [one.below or b"", one.stale or b"", seconds, one.oldest or b"", mark, *one.elements]
    return _EXTEND.command(keys=[one.key], args=args)


def begin(key: str, mark: int) -> Command:
    """Begin to make a home list: from now on pushes land in it, in front of the builder's negative number."""
    return _BEGIN.command(keys=[key], args=[mark, MAKING_SECONDS])


def finish(key: str, mark: int, merged: Sequence[int], *, seconds: int) -> Command:
    """End the making, if this builder's number is still there: 1, or 0 where the making was in vain."""
    return _FINISH.command(keys=[key], args=[mark, seconds, *merged])


def lately_lost() -> bool:
    """Whether Redis, or a node of it, lost its content less than ten seconds ago."""
    return _are_young(cache.ask(_epochs())[0])


def _epochs() -> Command:
    """Reads 64 keys, spread over the slots, which hold the time they were made."""
    return ("MGET", *map(keys.epoch, range(EPOCHS)))


def _are_young(made: Sequence[bytes | None]) -> bool:
    now = time.time()
    if missing := [number for number, moment in enumerate(made) if moment is None]:
        cache.ask(*(("SET", keys.epoch(number), math.ceil(now), "NX") for number in missing))
        return True
    return max(int(moment or 0) for moment in made) > now - YOUNG_SECONDS
