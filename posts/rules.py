"""Who may see a post, and where it shows. Every read of posts asks here, at the time of reading."""

from collections.abc import Set
from enum import Enum
from typing import NamedTuple

from posts.selectors import RenderedPost


class Surface(Enum):
    """Where a post is about to be shown."""

    DIRECT = "direct"
    """By its id, or in a list that someone asked for: an author's posts, posts liked."""
    HOME = "home"
    PUBLIC = "public"


_DIRECT, _PUBLIC = Surface.DIRECT, Surface.PUBLIC  # to read a member off its Enum takes ten times as long


class Standing(NamedTuple):
    """How a viewer stands to the authors at hand: whom they follow, whom they mute, who is blocked either way."""

    viewer: int | None
    following: Set[int] = frozenset()
    blocked: Set[int] = frozenset()
    muted: Set[int] = frozenset()


def may_see(post: RenderedPost, standing: Standing) -> bool:
    """Whether the viewer may know of the post at all."""
    if standing.viewer is not None and post.author == standing.viewer:
        return True
    if post.author in standing.blocked:
        return False
    match post.visibility:
        case "public":
            return True
        case "followers":
            return post.author in standing.following
        case "mentioned":
            return standing.viewer is not None and standing.viewer in post.mentioned
    return False


def shows(post: RenderedPost, standing: Standing, surface: Surface) -> bool:
    """Whether the post is shown to the viewer on this surface."""
    if not may_see(post, standing):
        return False
    if surface is _DIRECT:
        return True
    if post.author in standing.muted:
        return False
    if surface is _PUBLIC:
        return post.visibility == "public"
    return post.author == standing.viewer or post.author in standing.following


def may_see_comment(
    post: RenderedPost,
    standing: Standing,
    *,
    author: int | None,
    writer: int | None,
    hidden: bool,
    parted: bool,
) -> bool:
    """Whether the viewer may know of a comment on the post. What the post's author hid, its author sees still.

    `parted`: a block is between the two authors. The one it is under can't see it, nor hide it, so nobody sees it.
    Nobody is the author of a tombstone, which stays hidden with all that stands below it; `writer` is who was it,
    and a block that hid the comment hides the tombstone.
    """
    if parted or not may_see(post, standing) or writer in standing.blocked:
        return False
    return not hidden or (standing.viewer is not None and standing.viewer in (author, post.author))


def may_reply(post: RenderedPost, standing: Standing) -> bool:
    """Whether the viewer may comment on a post, or answer a comment on it."""
    if standing.viewer is None or not may_see(post, standing):
        return False
    if standing.viewer == post.author:
        return True
    match post.reply_policy:
        case "everyone":
            return True
        case "followers":
            return post.author in standing.following
        case "mentioned":
            return standing.viewer in post.mentioned
    return False
