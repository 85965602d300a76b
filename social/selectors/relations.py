"""How a viewer stands to others."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from echomate import cache, keys, table
from echomate.cache import Command
from social.selectors.edges import SET_SECONDS, blocked, following, muted, requested


@dataclass(frozen=True, slots=True)
class Relation:
    """How a viewer stands to another user. `blocked_by` is never shown: it makes the other 404."""

    following: bool = False
    requested: bool = False
    followed_by: bool = False
    blocking: bool = False
    muting: bool = False
    blocked_by: bool = False

    @property
    def shown(self) -> dict[str, bool]:
        """The `viewer` of the `user` shape."""
        return {
            "following": self.following,
            "requested": self.requested,
            "followed_by": self.followed_by,
            "blocking": self.blocking,
            "muting": self.muting,
        }


def relation_reads(viewer: int, others: Sequence[int], *, with_follows: bool = True) -> list[Command]:
    """The commands whose replies `relations` takes as `found`, for views that join them with others."""
    follows = [following.command(viewer, others), requested.command(viewer, others)] if with_follows else []
    return [
        ("HMGET", keys.followed_by(viewer), *others),
        blocked.command(viewer, others),
        muted.command(viewer, others),
        *follows,
    ]


def relations(
    viewer: int, others: Sequence[int], *, found: Sequence[Any] | None = None, with_follows: bool = True
) -> dict[int, Relation]:
    """The relation to each of the others, right at once after each write of either side.

    Without follows it leaves out whom the viewer follows, or asks to: for what is about to change that. Each follow
    empties the set of all of them, and the next read fills it from the table.
    """
    if not others:
        return {}
    reads = relation_reads(viewer, others, with_follows=with_follows)
    replies = found or cache.asked(reads) or [None] * len(reads)
    followers = _followers_among(viewer, others, replies[0])
    blocks, blockers = _blocks_among(viewer, others, replies[1])
    mutes = muted.among(viewer, others, reply=replies[2])
    follows, requests = set[int](), set[int]()
    if with_follows:
        follows = following.among(viewer, others, reply=replies[3])
        requests = requested.among(viewer, others, reply=replies[4]) - follows
    return {
        other: Relation(
            following=other in follows,
            requested=other in requests,
            followed_by=other in followers,
            blocking=other in blocks,
            muting=other in mutes,
            blocked_by=other in blockers,
        )
        for other in others
    }


def _followers_among(viewer: int, others: Sequence[int], reply: Any) -> set[int]:
    def load(missing: list[int]) -> Mapping[int, bytes]:
        edges = table.batch_get([keys.follow(other, viewer) for other in missing])
        return {other: b"1" if edge else b"0" for other, edge in zip(missing, edges, strict=True)}

    return _yes(keys.followed_by(viewer), others, load, reply)


def parting_read(user: int, others: Sequence[int]) -> Command:
    """The command whose reply `parted` takes."""
    return ("HMGET", keys.parted(user), *others)


def parted(user: int, others: Sequence[int], *, reply: Any = None) -> set[int]:
    """Those of the others with a block between them and a user, who isn't the viewer.

    Asked pair by pair, unlike `blocked`: who is blocked by a million costs a stranger nothing.
    """

    def load(missing: list[int]) -> Mapping[int, bytes]:
        wanted = [key for other in missing for key in (keys.block(user, other), keys.blocked_by(user, other))]
        items = table.batch_get(wanted)
        pairs = zip(missing, items[::2], items[1::2], strict=True)
        return {other: b"1" if blocks or blocked_by else b"0" for other, blocks, blocked_by in pairs}

    return _yes(keys.parted(user), others, load, reply)


def _yes(
    key: str, others: Sequence[int], load: Callable[[list[int]], Mapping[int, bytes]], reply: Any
) -> set[int]:
    found = reply if isinstance(reply, list) else None
    fields = cache.read_fields(key, others, load, seconds=SET_SECONDS, found=found)
    return {other for other, value in fields.items() if value == b"1"}


def _blocks_among(viewer: int, others: Sequence[int], reply: Any) -> tuple[set[int], set[int]]:
    """(whom the viewer blocks, who blocks the viewer). The table knows which; it is rarely asked."""
    either = sorted(blocked.among(viewer, others, reply=reply))
    if not either:
        return set(), set()
    wanted = [key for other in either for key in (keys.block(viewer, other), keys.blocked_by(viewer, other))]
    items = table.batch_get(wanted)
    blocks = {other for other, item in zip(either, items[::2], strict=True) if item}
    return blocks, {other for other, item in zip(either, items[1::2], strict=True) if item}
