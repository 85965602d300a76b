"""Timelines that everybody may read: all public posts, and those of a hashtag."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from echomate import cache, keys, paging, timelines
from echomate.cache import Command
from echomate.config import config
from echomate.errors import DependencyAway
from echomate.paging import Page, PageRequest
from feeds import sources
from feeds.selectors.windows import WINDOW, beyond, window
from posts.hydration import hydrate, show, shown
from posts.rules import Surface


def public_reads(request: PageRequest) -> list[Command]:
    """The command whose reply `public` takes as `opening`."""
    return [timelines.head(keys.public_list(), window(request))]


def public(viewer: int | None, request: PageRequest, *, opening: Sequence[Any] | None) -> Page[bytes]:
    """A page of all public posts."""
    kept = Kept(keys.public_list(), timelines.PUBLIC_SECONDS, sources.public_ids)
    source = Source(kept, opening[0] if opening is not None else (), window(request))
    return paging.fill(
        request,
        partial(source.fetch, newer=request.newer),
        lambda posts: show(viewer, posts, surface=Surface.PUBLIC),
        lambda post: post,
    )


def tagged_reads(tag: str, request: PageRequest) -> list[Command]:
    """The command whose reply `tagged` takes as `opening`."""
    return [timelines.head(keys.tag_list(tag), window(request))]


def tagged(
    viewer: int | None, tag: str, request: PageRequest, *, opening: Sequence[Any] | None
) -> Page[bytes]:
    """A page of the public posts that bear a hashtag; those from which an edit took it are no more among them."""

    def show_tagged(posts: Sequence[int]) -> list[bytes | None]:
        if not posts:
            return []
        found = hydrate(viewer, posts)
        bearing = {id_ for id_, post in found.posts.items() if tag in post.tags}
        return [shown(found, post, Surface.PUBLIC) if post in bearing else None for post in posts]

    kept = Kept(keys.tag_list(tag), timelines.TAG_SECONDS, partial(sources.tag_ids, tag))
    source = Source(kept, opening[0] if opening is not None else (), window(request))
    return paging.fill(request, partial(source.fetch, newer=request.newer), show_tagged, lambda post: post)


class ReadIds(Protocol):
    """Ids beyond a bound from the table, nearest to it first."""

    def __call__(self, *, below: int | None = None, above: int | None = None, limit: int) -> list[int]: ...


@dataclass(frozen=True, slots=True)
class Kept:
    """Where the newest of a timeline are kept in Redis, for how long, and how the rest is read."""

    key: str
    seconds: int
    read: ReadIds


class Source:
    """A list that holds everything down to its last element, and what the table tells below it."""

    def __init__(self, kept: Kept, elements: Sequence[bytes], window: int | None) -> None:
        self._kept = kept
        self._read(elements, partial=len(elements) == window)

    def _read(self, elements: Sequence[bytes], *, partial: bool) -> None:
        self._partial = partial
        self._line = timelines.source(elements)

    def fetch(self, bound: int | None, count: int, *, newer: bool) -> list[int]:
        """Ids beyond a bound, nearest first."""
        return self.above(bound or 0, count) if newer else self.below(bound, count)

    def above(self, bound: int, count: int) -> list[int]:
        """Oldest first. The table tells all that is old, the list all that is new; nothing is between them."""
        indexed = self._kept.read(above=bound, limit=count)
        horizon = indexed[-1] if len(indexed) == count else None
        recent = [post for post in self._line.ids if post > bound and (horizon is None or post <= horizon)]
        return sorted({*indexed, *recent})[:count]

    def below(self, bound: int | None, count: int) -> list[int]:
        """Newest first. What is read below the list's last element is appended to it."""
        listed = beyond(self._line.ids, bound, newer=False)[:count]
        if len(listed) == count or (self._line.ended and not self._partial):
            return listed
        if self._partial:
            self._read(cache.ask(timelines.head(self._kept.key))[0], partial=False)
            return self.below(bound, count)
        lowest = min((end for end in (bound, *self._line.ids[-1:]) if end is not None), default=None)
        wanted = max(count - len(listed), WINDOW)
        older = self._kept.read(below=lowest, limit=wanted)
        if lowest != bound or (bound is None and self._line.last is None):
            self._extend(older, ended=len(older) < wanted)
        return (listed + older)[:count]

    def _extend(self, older: Sequence[int], *, ended: bool) -> None:
        elements = [*older, *[timelines.END] * ended][: max(0, config.feed_cap - len(self._line.ids))]
        if not elements:
            return
        line = self._line
        oldest = line.ids[-1] if line.ids else None
        extension = timelines.Extension(self._kept.key, line.last, line.stale, elements, oldest)
        try:
            timelines.extend([extension], seconds=self._kept.seconds)
        except DependencyAway:
            return
