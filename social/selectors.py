"""Reads of the graph: sets of ids that rules ask, edges for fan-out and feeds, the relations of a viewer."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from echomate import cache, ids, keys, table
from echomate.cache import CachedSet, Command
from echomate.errors import DependencyAway
from social.invalidation import FRESH_SECONDS

SET_SECONDS = 7200


def _load_following(user: int) -> Iterator[int]:
    return _last_ids(user, keys.FOLLOWING)


def _load_blocked(user: int) -> Iterator[int]:
    """`BLOCK` begins the sort keys of blocks and of their mirrors."""
    return _last_ids(user, "BLOCK")


def _load_muted(user: int) -> Iterator[int]:
    return _last_ids(user, keys.MUTE)


def _last_ids(user: int, prefix: str) -> Iterator[int]:
    items = table.query(keys.user_partition(user), prefix=prefix, attributes=("SK",))
    return (table.last_id(item["SK"]["S"]) for item in items)


following = CachedSet(keys.following_set, _load_following, SET_SECONDS)
"""Whom a user follows. Redis away or empty: the user's partition, consistently; so for the two below."""
blocked = CachedSet(keys.blocked_set, _load_blocked, SET_SECONDS)
"""Whom a user blocks, and who blocks them."""
muted = CachedSet(keys.muted_set, _load_muted, SET_SECONDS)
"""Whom a user mutes."""


def is_blocked(one: int, other: int) -> bool:
    """Whether there is a block between two users, in either direction."""
    return bool(blocked.among(one, [other]))


def followed_ids(user: int) -> list[int]:
    """Whom a user follows, read consistently from the table, in no promised order."""
    return list(_load_following(user))


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


@dataclass(frozen=True, slots=True)
class Relation:
    """How a viewer stands to another user. `blocked_by` is never shown: it makes the other 404."""

    following: bool = False
    requested: bool = False
    followed_by: bool = False
    blocking: bool = False
    muting: bool = False
    blocked_by: bool = False


NONE = Relation()


def relation_reads(viewer: int, others: Sequence[int]) -> list[Command]:
    """The commands whose replies `relations` takes as `found`, for views that join them with others."""
    return [
        following.command(viewer, others),
        ("HMGET", keys.followed_by(viewer), *others),
        blocked.command(viewer, others),
        muted.command(viewer, others),
    ]


def relations(
    viewer: int, others: Sequence[int], *, found: Sequence[Any] | None = None
) -> dict[int, Relation]:
    """The relation to each of the others, right at once after each write of either side."""
    if not others:
        return {}
    replies = found if found is not None else _asked(relation_reads(viewer, others))
    follows = following.among(viewer, others, reply=replies[0])
    followers = _followers_among(viewer, others, replies[1])
    blocks, blockers = _blocks_among(viewer, others, replies[2])
    mutes = muted.among(viewer, others, reply=replies[3])
    return {
        other: Relation(
            following=other in follows,
            followed_by=other in followers,
            blocking=other in blocks,
            muting=other in mutes,
            blocked_by=other in blockers,
        )
        for other in others
    }


def _asked(commands: list[Command]) -> Sequence[Any]:
    try:
        return cache.run(commands)
    except DependencyAway:
        return [None] * len(commands)


def _followers_among(viewer: int, others: Sequence[int], reply: Any) -> set[int]:
    def load(missing: list[int]) -> Mapping[int, bytes]:
        edges = table.batch_get([keys.follow(other, viewer) for other in missing])
        return {other: b"1" if edge else b"0" for other, edge in zip(missing, edges, strict=True)}

    key = keys.followed_by(viewer)
    fields = cache.read_fields(
        key, others, load, seconds=SET_SECONDS, found=reply if isinstance(reply, list) else None
    )
    return {other for other, value in fields.items() if value == b"1"}


def _blocks_among(viewer: int, others: Sequence[int], reply: Any) -> tuple[set[int], set[int]]:
    """(whom the viewer blocks, who blocks the viewer): the table knows the direction, which is rarely asked."""
    either = sorted(blocked.among(viewer, others, reply=reply))
    if not either:
        return set(), set()
    wanted = [key for other in either for key in (keys.block(viewer, other), keys.blocked_by(viewer, other))]
    items = table.batch_get(wanted)
    blocks = {other for other, item in zip(either, items[::2], strict=True) if item}
    return blocks, {other for other, item in zip(either, items[1::2], strict=True) if item}
