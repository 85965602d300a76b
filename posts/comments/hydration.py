"""From ids of comments to what is shown.

Comments, counters and likes come in one round trip, posts and people in the next, the blocks of the posts' authors in
the third.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from accounts.selectors import Card
from echomate import cache, keys
from posts import hydration, rules
from posts.comments import selectors
from posts.comments.presentation import present
from posts.comments.rendering import RenderedComment
from posts.comments.selectors import CommentCounts, rendered, stats
from posts.hydration import by_id
from posts.rules import Standing
from posts.selectors import RenderedPost
from social.selectors import parted, parting_read


@dataclass(frozen=True, slots=True)
class Hydrated:
    """All that showing some comments takes."""

    comments: dict[int, RenderedComment]
    counts: dict[int, CommentCounts]
    liked: set[int]
    posts: dict[int, RenderedPost]
    standing: Standing
    cards: dict[int, Card]
    parted: Set[tuple[int, int]] = frozenset()
    """Authors of posts and those who commented on them, with a block between them."""


def show(viewer: int | None, comments: Sequence[int]) -> list[bytes | None]:
    """The JSON of each comment as the viewer sees it, in order; None where they may not know of it."""
    if not comments:
        return []
    found = hydrate(viewer, comments)
    return [shown(found, comment) for comment in comments]


def shown(found: Hydrated, id_: int) -> bytes | None:
    """The JSON of one of the comments, or None."""
    if not is_shown(found, id_):
        return None
    liked = None if found.standing.viewer is None else id_ in found.liked
    return present(found.comments[id_], found.cards, found.counts[id_], liked=liked)


def is_shown(found: Hydrated, id_: int) -> bool:
    comment = found.comments.get(id_)
    post = found.posts.get(comment.post) if comment else None
    if comment is None or post is None or post.author not in found.cards:
        return False
    is_allowed = rules.may_see_comment(
        post,
        found.standing,
        author=comment.author,
        writer=comment.writer,
        hidden=comment.hidden,
        parted=(post.author, comment.writer) in found.parted,
    )
    return is_allowed and (comment.author is None or comment.author in found.cards)


def hydrate(viewer: int | None, comments: Sequence[int]) -> Hydrated:
    """Everything about some comments, rules not yet applied."""
    n = len(comments)
    marks = [("HMGET", keys.comment_viewer_hash(viewer), *comments)] if viewer is not None else []
    names = [*map(keys.cached_comment, comments), *map(keys.cached_comment_stats, comments)]
    replies = cache.asked([("MGET", *names), *marks])
    values = replies and replies[0]
    found = rendered.get(comments, found=by_id(comments, values and values[:n]))
    if not found:
        return Hydrated({}, {}, set(), {}, Standing(viewer), {})
    about = hydration.hydrate(
        viewer,
        list({comment.post for comment in found.values()}),
        others={
            user
            for comment in found.values()
            for user in (*comment.people, comment.writer)
            if user is not None
        },
    )
    return Hydrated(
        found,
        stats.get(found, found=by_id(comments, values and values[n:])),
        set()
        if viewer is None
        else selectors.liked(viewer, list(found), found=by_id(comments, replies and replies[1])),
        about.posts,
        about.standing,
        about.cards,
        _parted(about.posts, found.values()),
    )


def _parted(posts: Mapping[int, RenderedPost], comments: Iterable[RenderedComment]) -> set[tuple[int, int]]:
    """In one round trip, none where nobody comments on another's post."""
    met: dict[int, set[int]] = {}
    for comment in comments:
        post = posts.get(comment.post)
        if post is not None and comment.writer is not None and comment.writer != post.author:
            met.setdefault(post.author, set()).add(comment.writer)
    asked = {author: sorted(others) for author, others in met.items()}
    replies = cache.asked([parting_read(author, others) for author, others in asked.items()])
    return {
        (author, other)
        for n, (author, others) in enumerate(asked.items())
        for other in parted(author, others, reply=replies and replies[n])
    }
