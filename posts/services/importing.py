"""Many posts and likes at once, for what fills a table: nothing is checked, and nothing told but by the stream."""

from collections.abc import Iterable

from echomate import table
from posts.services.liking import new_like
from posts.services.publishing import Draft, new_post


def import_posts(posts: Iterable[tuple[int, int, Draft]]) -> int:
    """Put the posts (id, author, draft) that are missing; how many those were."""
    return table.put_missing([new_post(id_, author, draft).wire() for id_, author, draft in posts])


def import_likes(likes: Iterable[tuple[int, int, int]]) -> int:
    """Put the likes (id, user, post) that are missing; how many those were."""
    return table.put_missing(
        [new_like(user=user, post=post, like_id=id_).wire() for id_, user, post in likes]
    )
