"""One post as one viewer sees it."""

from dataclasses import dataclass

from echomate.errors import NotFound
from posts.hydration import Hydrated, hydrate, shown
from posts.selectors import PostCounts


@dataclass(frozen=True, slots=True)
class Seen:
    """A post that the viewer may see: its JSON, and what its ETag and its toggles are made of."""

    body: bytes
    version: int
    author: int
    visibility: str
    counts: PostCounts
    bits: int


def look(viewer: int | None, post: int, *, found: Hydrated | None = None) -> Seen | None:
    """None where there is no such post, or the viewer may not know of it; `found` is what was read of it already."""
    return _seen(found or hydrate(viewer, [post]), post)


def must_see(viewer: int | None, post: int, *, found: Hydrated | None = None) -> Seen:
    """The same, with `NotFound` for None."""
    seen = look(viewer, post, found=found)
    if seen is None:
        raise NotFound
    return seen


def _seen(found: Hydrated, post: int) -> Seen | None:
    body = shown(found, post)
    if body is None:
        return None
    rendered = found.posts[post]
    return Seen(
        body,
        rendered.version,
        rendered.author,
        rendered.visibility,
        found.counts[post],
        found.bits.get(post, 0),
    )
