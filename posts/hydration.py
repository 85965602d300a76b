"""From ids to what is shown: rendered posts, counters, authors, the viewer's own marks; then the rules.

One Redis round trip, two where an author isn't known to the process yet. What Redis lacks is read from the table, each
kind in one BatchGet, and filled by lease.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from accounts.selectors import Card, cards
from echomate import cache, keys
from echomate.errors import DependencyAway
from posts import selectors
from posts.presentation import present
from posts.rules import Standing, Surface, shows
from posts.selectors import PostCounts, RenderedPost, rendered, stats
from social.selectors import blocked, following, muted

KNOWN_AUTHORS_AT_MOST = 100_000

Replies = Mapping[int, bytes | None]


class _Authors:
    """Post → author for the newest posts that the process has seen; it never changes, so it never goes stale."""

    def __init__(self) -> None:
        self._of: dict[int, int] = {}

    def get(self, post: int) -> int | None:
        return self._of.get(post)

    def learn(self, posts: Iterable[RenderedPost]) -> None:
        for post in posts:
            self._of[post.id] = post.author
        while len(self._of) > KNOWN_AUTHORS_AT_MOST:
            self._of.pop(next(iter(self._of)), None)


_authors = _Authors()


@dataclass(slots=True)
class Hydrated:
    """All that showing some posts takes."""

    standing: Standing
    posts: dict[int, RenderedPost]
    counts: dict[int, PostCounts]
    cards: dict[int, Card]
    bits: dict[int, int]


@dataclass(slots=True)
class _Sets:
    """How a viewer stands to authors, gathered over one or two round trips."""

    viewer: int | None
    following: set[int] = field(default_factory=set)
    blocked: set[int] = field(default_factory=set)
    muted: set[int] = field(default_factory=set)

    def commands(self, authors: Sequence[int]) -> list[cache.Command]:
        if self.viewer is None or not authors:
            return []
        return [kind.command(self.viewer, authors) for kind in (following, blocked, muted)]

    def add(self, authors: Sequence[int], replies: Sequence[Any] | None) -> None:
        if self.viewer is None or not authors:
            return
        given = replies if replies is not None else (None, None, None)
        self.following |= following.among(self.viewer, authors, reply=given[0])
        self.blocked |= blocked.among(self.viewer, authors, reply=given[1])
        self.muted |= muted.among(self.viewer, authors, reply=given[2])

    @property
    def standing(self) -> Standing:
        return Standing(self.viewer, self.following, self.blocked, self.muted)


def show(
    viewer: int | None, posts: Sequence[int], *, surface: Surface = Surface.DIRECT
) -> list[bytes | None]:
    """The JSON of each post as the viewer sees it, in order; None where they may not know of it, or it isn't there."""
    if not posts:
        return []
    found = hydrate(viewer, posts)
    return [shown(found, post, surface) for post in posts]


def shown(found: Hydrated, id_: int, surface: Surface = Surface.DIRECT) -> bytes | None:
    """The JSON of one of the posts, or None."""
    post = found.posts.get(id_)
    if post is None or not shows(post, found.standing, surface):
        return None
    author = found.cards.get(post.author)
    if author is None:
        return None
    bits = None if found.standing.viewer is None else found.bits.get(id_, 0)
    return present(post, author, found.counts[id_], bits)


def hydrate(viewer: int | None, posts: Sequence[int]) -> Hydrated:
    """Everything about some posts, rules not yet applied."""
    known = sorted({author for post in posts if (author := _authors.get(post)) is not None})
    sets = _Sets(viewer)
    names = [
        *map(keys.cached_post, posts),
        *map(keys.cached_post_stats, posts),
        *map(keys.cached_user, known),
    ]
    marks = [("HMGET", keys.viewer_hash(viewer), *posts)] if viewer is not None else []
    replies = _ask([("MGET", *names), *marks, *sets.commands(known)])
    values, n = (replies[0], len(posts)) if replies else (None, 0)
    found_posts = rendered.get(posts, found=_by_id(posts, values and values[:n]))
    _authors.learn(found_posts.values())
    found_cards = cards.get(known, found=_by_id(known, values and values[2 * n :]))
    sets.add(known, replies and replies[1 + len(marks) :])
    unknown = sorted({post.author for post in found_posts.values()} - set(known))
    if unknown:
        found_cards |= _meet(sets, unknown)
    return Hydrated(
        sets.standing,
        found_posts,
        stats.get(found_posts, found=_by_id(posts, values and values[n : 2 * n])),
        found_cards,
        {}
        if viewer is None
        else selectors.viewer_bits(viewer, list(found_posts), found=_by_id(posts, replies and replies[1])),
    )


def _meet(sets: _Sets, authors: Sequence[int]) -> dict[int, Card]:
    """Cards of authors the process didn't know, and how the viewer stands to them: one more round trip."""
    replies = _ask([("MGET", *map(keys.cached_user, authors)), *sets.commands(authors)])
    sets.add(authors, replies and replies[1:])
    return cards.get(authors, found=_by_id(authors, replies and replies[0]))


def _by_id(ids: Sequence[int], values: Sequence[bytes | None] | None) -> Replies | None:
    return None if values is None else dict(zip(ids, values, strict=True))


def _ask(commands: Sequence[cache.Command]) -> list[Any] | None:
    try:
        return cache.ask(*commands)
    except DependencyAway:
        return None
