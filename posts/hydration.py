"""From ids to what is shown: rendered posts, counters, authors, the viewer's own marks; then the rules.

One Redis round trip, two where somebody whose card is shown isn't known to the process yet. What Redis lacks is read
from the table, each kind in one BatchGet, and filled by lease.
"""

import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from accounts.selectors import Card, cards
from echomate import cache, keys
from posts import selectors
from posts.presentation import present
from posts.rules import Standing, Surface, may_see, shows
from posts.selectors import PostCounts, RenderedPost, rendered, stats
from social.selectors import blocked, following, muted

KNOWN_POSTS_AT_MOST = 100_000

HEADER_BEGINNING = 29
"""Bytes that a post's author and visibility take at most, in its cached form."""

K = TypeVar("K")
V = TypeVar("V")
Replies = Mapping[int, bytes | None]


class Known(Generic[K, V]):
    """What the process has seen of the newest things that it has read: only to ask for more in one round trip."""

    def __init__(self, *, at_most: int) -> None:
        self._at_most = at_most
        self._known: dict[K, V] = {}
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        return self._known.get(key)

    def learn(self, seen: Iterable[tuple[K, V]]) -> None:
        new = {key: value for key, value in seen if self._known.get(key) != value}
        if not new:
            return
        with self._lock:
            self._known.update(new)
            while len(self._known) > self._at_most:
                del self._known[next(iter(self._known))]


_people: Known[int, tuple[int, ...]] = Known(at_most=KNOWN_POSTS_AT_MOST)
"""Post → its author and those it mentions. Whom an edit mentions anew is asked for after it."""


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
    """How a viewer stands to authors and others, gathered over one or two round trips."""

    viewer: int | None
    following: set[int] = field(default_factory=set)
    blocked: set[int] = field(default_factory=set)
    muted: set[int] = field(default_factory=set)

    def commands(self, people: Sequence[int]) -> list[cache.Command]:
        if self.viewer is None or not people:
            return []
        return [kind.command(self.viewer, people) for kind in (following, blocked, muted)]

    def add(self, people: Sequence[int], replies: Sequence[Any] | None) -> None:
        if self.viewer is None or not people:
            return
        given = replies if replies is not None else (None, None, None)
        self.following |= following.among(self.viewer, people, reply=given[0])
        self.blocked |= blocked.among(self.viewer, people, reply=given[1])
        self.muted |= muted.among(self.viewer, people, reply=given[2])

    def without_blocked(self, cards: Mapping[int, Card]) -> dict[int, Card]:
        """Nobody is shown to one whom a block parts from them, not even where others mention them."""
        return {user: card for user, card in cards.items() if user not in self.blocked}

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
    if post.author not in found.cards:
        return None
    bits = None if found.standing.viewer is None else found.bits.get(id_, 0)
    return present(post, found.cards, found.counts[id_], bits)


class Question:
    """What Redis is asked about some posts, and about others as about their authors, in one round trip."""

    def __init__(self, viewer: int | None, posts: Sequence[int], *, others: Iterable[int] = ()) -> None:
        self._viewer = viewer
        self._posts = posts
        self._known = sorted({user for post in posts for user in _people.get(post) or ()}.union(others))
        self._sets = _Sets(viewer)

    @property
    def commands(self) -> list[cache.Command]:
        names = [
            *map(keys.cached_post, self._posts),
            *map(keys.cached_post_stats, self._posts),
            *map(keys.cached_user, self._known),
        ]
        return [("MGET", *names), *self._marks, *self._sets.commands(self._known)]

    @property
    def _marks(self) -> list[cache.Command]:
        return [("HMGET", keys.viewer_hash(self._viewer), *self._posts)] if self._viewer is not None else []

    def answered(self, replies: Sequence[Any] | None) -> Hydrated:
        """Everything about the posts, with what Redis lacks (None: it is away); rules not yet applied."""
        viewer, posts, known, sets = self._viewer, self._posts, self._known, self._sets
        values, n = (replies[0], len(posts)) if replies else (None, 0)
        found_posts = rendered.listed(posts, values and values[:n])
        found_cards = cards.listed(known, values and values[2 * n :])
        sets.add(known, replies and replies[1 + len(self._marks) :])
        unknown = {user for post in found_posts.values() for user in post.people}.difference(known)
        if unknown:
            _people.learn((id_, post.people) for id_, post in found_posts.items())
            found_cards |= _meet(sets, unknown)
        return Hydrated(
            sets.standing,
            found_posts,
            stats.get(found_posts, found=by_id(posts, values and values[n : 2 * n])),
            sets.without_blocked(found_cards),
            {}
            if viewer is None
            else selectors.viewer_bits(viewer, list(found_posts), found=by_id(posts, replies and replies[1])),
        )


def hydrate(viewer: int | None, posts: Sequence[int], *, others: Iterable[int] = ()) -> Hydrated:
    """Everything about some posts, and the same about others as about their authors; rules not yet applied."""
    question = Question(viewer, posts, others=others)
    return question.answered(cache.asked(question.commands))


def cards_for(viewer: int | None, users: Collection[int]) -> dict[int, Card]:
    """The cards of those whom the viewer may know of; one round trip, none for nobody."""
    sets = _Sets(viewer)
    return sets.without_blocked(_meet(sets, users))


def _meet(sets: _Sets, users: Collection[int]) -> dict[int, Card]:
    """Cards of people the process didn't know, and how the viewer stands to them: one more round trip."""
    if not users:
        return {}
    people = sorted(users)
    replies = cache.asked([("MGET", *map(keys.cached_user, people)), *sets.commands(people)])
    sets.add(people, replies and replies[1:])
    return cards.listed(people, replies and replies[0])


def by_id(ids: Sequence[int], values: Sequence[bytes | None] | None) -> Replies | None:
    """Replies as the cache's readers take them; None where Redis is away."""
    return None if values is None else dict(zip(ids, values, strict=True))


def known_as_hidden(reader: int, posts: Sequence[int]) -> set[int]:
    """Those, of people whom the reader follows, that Redis knows to be deleted, or for others than the reader.

    Only the beginning of each value is read, and all of those that are for the mentioned alone.
    """
    values = cache.asked([("GETRANGE", keys.cached_post(post), 0, HEADER_BEGINNING) for post in posts]) or ()
    beginnings = dict(zip(posts, values, strict=bool(values)))
    deleted = {post for post, value in beginnings.items() if value == cache.ABSENT}
    narrow = [post for post, value in beginnings.items() if value.split(b" ")[1:2] == [b"mentioned"]]
    found = rendered.get(narrow)
    standing = Standing(reader, following={post.author for post in found.values()})
    return deleted.union(post for post in narrow if post not in found or not may_see(found[post], standing))
