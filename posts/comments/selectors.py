"""What is cached of comments. The loss of any of it costs reads and nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from echomate import cache, keys, table
from echomate.cache import CachedValues
from echomate.dynamodb import Wire
from posts.comments import rendering
from posts.comments.rendering import RenderedComment

RENDERED_SECONDS = 1800
STATS_SECONDS = 600
VIEWER_SECONDS = 7200

LIKED = b"1"
NOT_LIKED = b"0"


@dataclass(frozen=True, slots=True)
class CommentCounts:
    likes: int
    replies: int


NO_COUNTS = CommentCounts(0, 0)


def count_bytes(item: Wire | None) -> bytes:
    """The cached form of a comment's counters; a comment that nobody reacted to has no item."""
    counts = [max(0, int(item[name]["N"])) if item and name in item else 0 for name in ("Likes", "Replies")]
    return b"%d %d" % (counts[0], counts[1])


@lru_cache(maxsize=4096)
def parse_counts(value: bytes) -> CommentCounts:
    likes, replies = value.split(b" ")
    return CommentCounts(int(likes), int(replies))


def _load_rendered(comments: list[int]) -> Mapping[int, bytes]:
    items = table.batch_get(map(keys.comment, comments))
    values = {id_: rendering.render(item) for id_, item in zip(comments, items, strict=True) if item}
    return {id_: value for id_, value in values.items() if value is not None}


def _load_stats(comments: list[int]) -> Mapping[int, bytes]:
    items = table.batch_get(map(keys.comment_stats, comments))
    return {id_: count_bytes(item) for id_, item in zip(comments, items, strict=True)}


rendered: CachedValues[RenderedComment] = CachedValues(
    keys.cached_comment, _load_rendered, rendering.parse, RENDERED_SECONDS
)
"""Comments that exist, and the tombstones that hold a thread together."""

stats: CachedValues[CommentCounts] = CachedValues(
    keys.cached_comment_stats, _load_stats, parse_counts, STATS_SECONDS
)
"""Counters, never absent."""


def liked(
    viewer: int, comments: Sequence[int], *, found: Mapping[int, bytes | None] | None = None
) -> set[int]:
    """Which of the comments a viewer likes; `found` is an HMGET of their hash."""

    def load(missing: list[int]) -> dict[int, bytes]:
        items = table.batch_get(keys.comment_like(comment, viewer) for comment in missing)
        return {id_: LIKED if item else NOT_LIKED for id_, item in zip(missing, items, strict=True)}

    values = cache.read_fields(
        keys.comment_viewer_hash(viewer),
        comments,
        load,
        seconds=VIEWER_SECONDS,
        found=None if found is None else [found.get(comment) for comment in comments],
    )
    return {comment for comment, value in values.items() if value == LIKED}
