"""Sets of ids that rules ask, and edges for fan-out and feeds."""

import time
from collections.abc import Iterable, Iterator

from echomate import cache, ids, keys, table
from echomate.cache import CachedSet, Passing
from echomate.errors import DependencyAway
from social.invalidation import FRESH_SECONDS

SET_SECONDS = 7200


def _load_following(user: int) -> Iterator[int]:
    return _last_ids(user, keys.FOLLOWING)


def _load_blocked(user: int) -> Iterator[int]:
    """`BLOCK` begins the sort keys of blocks and of their mirrors."""
    return _last_ids(user, "BLOCK")


def _load_requested(user: int) -> Iterator[int]:
    return _last_ids(user, keys.REQUEST)


def _load_muted(user: int) -> Iterable[int]:
    """Mutes may have an end; those that are over aren't read."""
    mutes = list(table.query(keys.user_partition(user), prefix=keys.MUTE, attributes=("SK", "ExpiresAt")))
    muted = [table.last_id(item["SK"]["S"]) for item in mutes]
    ends = [int(item["ExpiresAt"]["N"]) for item in mutes if "ExpiresAt" in item]
    return Passing(muted, min(ends)) if ends else muted


def _last_ids(user: int, prefix: str) -> Iterator[int]:
    items = table.query(keys.user_partition(user), prefix=prefix, attributes=("SK",))
    return (table.last_id(item["SK"]["S"]) for item in items)


following = CachedSet(keys.following_set, _load_following, SET_SECONDS)
"""Whom a user follows. Redis away or empty: the user's partition, consistently; so for those below."""
requested = CachedSet(keys.requested_set, _load_requested, SET_SECONDS)
"""Whom a user asks to follow."""
blocked = CachedSet(keys.blocked_set, _load_blocked, SET_SECONDS)
"""Whom a user blocks, and who blocks them."""
muted = CachedSet(keys.muted_set, _load_muted, SET_SECONDS)
"""Whom a user mutes."""


def followed_ids(user: int) -> list[int]:
    """Whom a user follows, read consistently from the table, in no promised order."""
    return list(_load_following(user))


def recently_followed_ids(user: int, *, limit: int) -> list[int]:
    """Whom a user began to follow last, from the index, which lags."""
    edges = table.query(keys.follows(user), index="GSI2", limit=limit, attributes=("SK",))
    return [table.last_id(edge["SK"]["S"]) for edge in edges]


def followers_after(user: int, bound: int | None, limit: int) -> list[tuple[int, int]]:
    """(edge id, follower) below a bound, newest first. The index lags: see `fresh_followers`."""
    below = None if bound is None else ids.pad(bound)
    edges = table.query(
        keys.followers(user), index="GSI1", below=below, limit=limit, attributes=("PK", "GSI1SK")
    )
    return [(int(edge["GSI1SK"]["S"]), table.last_id(edge["PK"]["S"])) for edge in edges]


def fresh_followers(user: int) -> list[int]:
    """Who has begun to follow in the last minutes, whatever the index shows. Redis away: nobody is known."""
    since = int(time.time()) - FRESH_SECONDS
    try:
        (reply,) = cache.ask(("ZRANGEBYSCORE", keys.fresh_followers(user), since, "+inf"))
    except DependencyAway:
        return []
    return [int(member) for member in reply]
