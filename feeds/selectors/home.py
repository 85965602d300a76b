"""The home timeline of a reader."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from echomate import cache, keys, paging, timelines
from echomate.cache import Command
from echomate.config import config
from echomate.errors import DependencyAway
from echomate.paging import Page, PageRequest
from feeds.building import build, build_without_redis
from feeds.selectors.windows import beyond, window
from posts.hydration import show
from posts.rules import Surface

BUILDS = 8
"""At most so many for a page, like refills of other lists."""
VISIT_SECONDS = 24 * 3600

State = Literal["complete", "rebuilding"]


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
        batch = beyond(skeleton.ids, bound, newer=request.newer)[:missing]
        if batch:
            bound = batch[-1]
            yield from zip(batch, show(reader, batch, surface=Surface.HOME), strict=True)
        elif skeleton.partial:
            _widen(reader, skeleton)
        elif skeleton.ended or request.newer or not builds:
            return
        else:
            builds -= 1
            merged = build(reader)
            older = beyond(merged.ids, bound, newer=False)
            skeleton.ids, skeleton.ended = merged.ids, merged.ended or not older


def _widen(reader: int, skeleton: Skeleton) -> None:
    (elements,) = cache.ask(timelines.head(keys.feed(reader)))
    line = timelines.timeline(elements)
    skeleton.ids, skeleton.ended, skeleton.partial = line.ids, line.ended, False


def _more(skeleton: Skeleton, request: PageRequest, last: int | None) -> bool:
    """Whether the list goes on beyond the last post that was looked at, as it may do below its last element."""
    if request.newer or skeleton.ended:
        return bool(beyond(skeleton.ids, last, newer=request.newer))
    return True
