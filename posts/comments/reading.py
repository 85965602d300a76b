"""One comment as one viewer sees it."""

from dataclasses import dataclass

from echomate.errors import NotFound, Unauthenticated
from posts.comments.hydration import Hydrated, hydrate, shown
from posts.comments.presentation import present
from posts.comments.rendering import RenderedComment
from posts.comments.selectors import NO_COUNTS, CommentCounts
from posts.hydration import cards_for


@dataclass(frozen=True, slots=True)
class Seen:
    """A comment that the viewer may see: its JSON, and what its ETag and its toggles are made of."""

    body: bytes
    comment: RenderedComment
    post_author: int
    counts: CommentCounts
    liked: bool


def look(viewer: int | None, comment: int, *, found: Hydrated | None = None) -> Seen | None:
    """None where there is no such comment, or the viewer may not know of it. `found` is what was read of it already."""
    found = found or hydrate(viewer, [comment])
    body = shown(found, comment)
    if body is None:
        return None
    seen = found.comments[comment]
    return Seen(
        body, seen, found.posts[seen.post].author, found.counts[comment], liked=comment in found.liked
    )


def must_see(viewer: int | None, comment: int, *, found: Hydrated | None = None) -> Seen:
    """The same, with `NotFound` for None."""
    seen = look(viewer, comment, found=found)
    if seen is None:
        raise NotFound
    return seen


def must_react(viewer: int, comment: int) -> Seen:
    """The same for those who want to do something with it: a tombstone is nothing to react to."""
    seen = must_see(viewer, comment)
    if seen.comment.author is None:
        raise NotFound
    return seen


def present_new(author: int, comment: RenderedComment) -> bytes:
    """A comment of a moment ago as its author sees it. Raises `Unauthenticated` where they are gone."""
    people = cards_for(author, comment.people)
    if author not in people:
        raise Unauthenticated(type="session-revoked")
    return present(comment, people, NO_COUNTS, liked=False)
