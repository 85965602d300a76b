"""Reads of posts: what is cached of them, and the lists that stand in no timeline."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple

from echomate import cache, keys, table
from echomate.dynamodb import Wire
from posts import attachments, rendering
from posts.rendering import RenderedPost
from posts.text import tag_name

__all__ = [
    "BOOKMARKED",
    "LIKED",
    "NO_COUNTS",
    "PostCounts",
    "RenderedPost",
    "count_bytes",
    "liked",
    "parse_counts",
    "rendered",
    "stats",
    "tag_name",
    "viewer_bits",
]

RENDERED_SECONDS = 1800
STATS_SECONDS = 600
VIEWER_SECONDS = 7200

LIKED = 1
BOOKMARKED = 2
"""Bits of a field of the viewer's hash."""


class PostCounts(NamedTuple):
    likes: int
    comments: int


NO_COUNTS = PostCounts(0, 0)


def count_bytes(item: Wire | None) -> bytes:
    """The cached form of a post's counters; a post that nobody reacted to has no item."""
    counts = [max(0, int(item[name]["N"])) if item and name in item else 0 for name in ("Likes", "Comments")]
    return b"%d %d" % (counts[0], counts[1])


@lru_cache(maxsize=4096)
def parse_counts(value: bytes) -> PostCounts:
    likes, comments = value.split(b" ")
    return PostCounts(int(likes), int(comments))


_NUMBERS: dict[bytes | None, int] = {b"%d" % bits: bits for bits in range(4)}


def _bits(like: Wire | None, bookmark: Wire | None) -> bytes:
    """The cached form of what a viewer did with a post."""
    return b"%d" % ((LIKED if like else 0) | (BOOKMARKED if bookmark else 0))


def _load_rendered(posts: list[int]) -> Mapping[int, bytes]:
    items = table.batch_get(keys.post(post) for post in posts)
    media = attachments.media_of(items)
    rendered = {post: rendering.render(item, media) for post, item in zip(posts, items, strict=True) if item}
    return {post: value for post, value in rendered.items() if value is not None}


def _load_stats(posts: list[int]) -> Mapping[int, bytes]:
    items = table.batch_get(keys.post_stats(post) for post in posts)
    return {post: count_bytes(item) for post, item in zip(posts, items, strict=True)}


def _load_viewer_bits(viewer: int, posts: Sequence[int]) -> dict[int, bytes]:
    """From the table: what a viewer did with each of the posts."""
    likes = [keys.like(post, viewer) for post in posts]
    items = table.batch_get([*likes, *(keys.bookmark(viewer, post) for post in posts)])
    marks = zip(posts, items[: len(posts)], items[len(posts) :], strict=True)
    return {post: _bits(like, bookmark) for post, like, bookmark in marks}


rendered: cache.CachedValues[RenderedPost] = cache.CachedValues(
    keys.cached_post, _load_rendered, rendering.parse, RENDERED_SECONDS
)
"""Posts that exist. Lost: read again from the table."""

stats: cache.CachedValues[PostCounts] = cache.CachedValues(
    keys.cached_post_stats, _load_stats, parse_counts, STATS_SECONDS
)
"""Counters, never absent. Lost: read again from the table."""


def viewer_bits(
    viewer: int, posts: Sequence[int], *, found: Mapping[int, bytes | None] | None = None
) -> dict[int, int]:
    """What a viewer did with posts, as bits, by post; `found` is an HMGET of the viewer's hash."""
    if found is not None:
        with suppress(KeyError):  # where Redis lacks some
            return {post: _NUMBERS[found[post]] for post in posts}
    values = cache.read_fields(
        keys.viewer_hash(viewer),
        posts,
        lambda missing: _load_viewer_bits(viewer, missing),
        seconds=VIEWER_SECONDS,
        found=None if found is None else [found.get(post) for post in posts],
    )
    return {post: int(value) for post, value in values.items()}


def liked(viewer: int, posts: Sequence[int]) -> set[int]:
    """Which of the posts a viewer likes."""
    return {post for post, bits in viewer_bits(viewer, posts).items() if bits & LIKED}
