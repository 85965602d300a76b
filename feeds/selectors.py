"""Reads of timelines: skeleton (ids), then hydrate, rules and present, which are `posts`' own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from echomate import cache, keys, paging, timelines
from echomate.cache import Command
from echomate.config import config
from echomate.errors import DependencyAway
from echomate.paging import Page, PageRequest
from feeds import sources
from feeds.building import build, build_without_redis
from posts.hydration import show
from posts.rules import Surface

WINDOW = 40
"""Posts may stand out of order by so many places; order is settled within limit + 40."""
BUILDS = 8
"""At most so many for a page, like refills of other lists."""
VISIT_SECONDS = 24 * 3600

State = Literal["complete", "rebuilding"]


def window(request: PageRequest) -> int | None:
    """How many elements of a list a page needs: the newest page few, all others the whole list."""
    return request.limit + WINDOW if request.bound is None else None


# --- home -------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Skeleton:
    """Ids of a home, newest first; `partial` where more of the list may be read, `ended` where nothing older exists."""

    ids: list[int]
    ended: bool
    partial: bool = False
    state: State = "complete"


def home_reads(reader: int, request: PageRequest) -> list[Command]:
    """The commands whose replies `home` takes as `opening`."""
    key = keys.feed(reader)
    return [timelines.head(key, window(request)), ("TTL", key)]


def home(reader: int, request: PageRequest, *, opening: Sequence[Any] | None) -> tuple[Page[bytes], State]:
    """A page of a reader's home feed, which ends after the newest `FEED_DEPTH` posts that pass the rules."""
    skeleton = _skeleton(reader, request, opening)
    wanted = min(request.limit, config.feed_depth - request.seen)
    kept: list[tuple[int, bytes]] = []
    last = request.bound
    for post, shown in _shown(reader, request, skeleton, wanted, kept):
        last = post
        if shown is not None:
            kept.append((post, shown))
    reached = request.newer or request.seen + len(kept) < config.feed_depth
    page = paging.cut(request, kept, last_seen=last, ended=not (reached and _more(skeleton, request, last)))
    seen = len(kept) + (0 if request.newer else request.seen)
    return Page(page.items, page.next, page.previous, seen), skeleton.state


def _skeleton(reader: int, request: PageRequest, opening: Sequence[Any] | None) -> Skeleton:
    try:
        if opening is None:
            raise DependencyAway("redis")
        elements, left = opening
        line = timelines.timeline(elements)
        if not elements or line.making:
            merged = build(reader)
            return Skeleton(merged.ids, merged.ended)
        if timelines.YOUNG_SECONDS < left < timelines.HOME_SECONDS - VISIT_SECONDS:
            cache.ask(("EXPIRE", keys.feed(reader), timelines.HOME_SECONDS))
        return Skeleton(line.ids, line.ended, partial=len(elements) == window(request))
    except DependencyAway as away:
        if away.dependency != "redis":
            raise
        merged = build_without_redis(reader)
        return Skeleton(merged.ids, merged.ended, state="rebuilding")


def _shown(
    reader: int, request: PageRequest, skeleton: Skeleton, wanted: int, kept: Sequence[object]
) -> Iterator[tuple[int, bytes | None]]:
    """Posts in the request's direction with what is shown of each, until enough are kept or there are no more.

    A list that runs out before the feed's end without its end mark is widened, then built again, as long as that
    brings anything: what was found to be hidden meanwhile is left out then.
    """
    bound, builds = request.bound, 0 if skeleton.state == "rebuilding" else BUILDS
    while (missing := wanted - len(kept)) > 0:
        batch = _beyond(skeleton.ids, bound, newer=request.newer)[:missing]
        if batch:
            bound = batch[-1]
            yield from zip(batch, show(reader, batch, surface=Surface.HOME), strict=True)
        elif skeleton.partial:
            _widen(reader, skeleton)
        elif skeleton.ended or request.newer or not builds:
            return
        else:
            merged = build(reader)
            skeleton.ids, skeleton.ended = merged.ids, merged.ended
            builds = builds - 1 if _beyond(merged.ids, bound, newer=False) else 0


def _widen(reader: int, skeleton: Skeleton) -> None:
    (elements,) = cache.ask(timelines.head(keys.feed(reader)))
    line = timelines.timeline(elements)
    skeleton.ids, skeleton.ended, skeleton.partial = line.ids, line.ended, False


def _beyond(ids: Sequence[int], bound: int | None, *, newer: bool) -> list[int]:
    """Ids beyond a bound, nearest first."""
    if bound is None:
        return list(ids)
    if newer:
        return [post for post in reversed(ids) if post > bound]
    return [post for post in ids if post < bound]


def _more(skeleton: Skeleton, request: PageRequest, last: int | None) -> bool:
    """Whether the list goes on beyond the last post that was looked at."""
    return skeleton.partial or bool(_beyond(skeleton.ids, last, newer=request.newer))


# --- public -----------------------------------------------------------------------------------------------------------


def public_reads(request: PageRequest) -> list[Command]:
    """The command whose reply `public` takes as `opening`."""
    return [timelines.head(keys.public_list(), window(request))]


def public(viewer: int | None, request: PageRequest, *, opening: Sequence[Any] | None) -> Page[bytes]:
    """A page of all public posts."""
    line = _PublicList(opening[0] if opening is not None else (), window(request))

    def fetch(bound: int | None, count: int) -> list[int]:
        return line.above(bound or 0, count) if request.newer else line.below(bound, count)

    return paging.fill(
        request, fetch, lambda posts: show(viewer, posts, surface=Surface.PUBLIC), lambda post: post
    )


class _PublicList:
    """The public list, which holds everything down to its last element, and the index below it."""

    def __init__(self, elements: Sequence[bytes], window: int | None) -> None:
        self._read(elements, partial=len(elements) == window)

    def _read(self, elements: Sequence[bytes], *, partial: bool) -> None:
        self._partial = partial
        self._line = timelines.source(elements)

    def above(self, bound: int, count: int) -> list[int]:
        """Oldest first. The index tells all that is old, the list all that is new; nothing is between them."""
        indexed = sources.public_ids(above=bound, limit=count)
        horizon = indexed[-1] if len(indexed) == count else None
        recent = [post for post in self._line.ids if post > bound and (horizon is None or post <= horizon)]
        return sorted({*indexed, *recent})[:count]

    def below(self, bound: int | None, count: int) -> list[int]:
        """Newest first. What is read below the list's last element is appended to it."""
        listed = _beyond(self._line.ids, bound, newer=False)[:count]
        if len(listed) == count or (self._line.ended and not self._partial):
            return listed
        if self._partial:
            self._read(cache.ask(timelines.head(keys.public_list()))[0], partial=False)
            return self.below(bound, count)
        lowest = min((end for end in (bound, *self._line.ids[-1:]) if end is not None), default=None)
        wanted = max(count - len(listed), WINDOW)
        older = sources.public_ids(below=lowest, limit=wanted)
        if lowest != bound or (bound is None and self._line.last is None):
            self._extend(older, ended=len(older) < wanted)
        return (listed + older)[:count]

    def _extend(self, older: Sequence[int], *, ended: bool) -> None:
        elements = [*older, *[timelines.END] * ended][: max(0, config.feed_cap - len(self._line.ids))]
        if not elements:
            return
        line = self._line
        oldest = line.ids[-1] if line.ids else None
        extension = timelines.Extension(keys.public_list(), line.last, line.stale, elements, oldest)
        try:
            timelines.extend([extension], seconds=timelines.PUBLIC_SECONDS)
        except DependencyAway:
            return
