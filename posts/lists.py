"""Lists of posts that stand in no timeline: an author's, and what somebody likes; and the likers of a post.

The first two come from the index, which lags; what Redis knows already is put in its place, so that one's own post
or like is there at once.
"""

from collections.abc import Iterable, Sequence

from echomate import cache, ids, keys, paging, table, timelines
from echomate.dynamodb import Wire
from echomate.errors import DependencyAway
from echomate.paging import Page, PageRequest
from posts.hydration import show
from posts.recent import recent_likes
from posts.selectors import liked
from social.selectors import people

LATEST = 60
"""More than anybody posts while an index lags."""

LikeRow = tuple[int, int]
"""(like id, post)"""


def posts_of(author: int, *, viewer: int | None, request: PageRequest) -> Page[bytes]:
    """An author's posts as the viewer sees them, by id."""
    announced = _announced(author)

    def fetch(bound: int | None, count: int) -> list[int]:
        items = _query(keys.author(author), request, bound, count, prefix=keys.POST)
        indexed = {table.last_id(item["PK"]["S"]) for item in items}
        return _nearest(indexed.union(announced), request, bound, count)

    return paging.fill(request, fetch, lambda posts: show(viewer, posts), lambda post: post)


def _announced(author: int) -> list[int]:
    """The newest of the author's list in Redis, some of which the index may not show yet."""
    try:
        (reply,) = cache.ask(timelines.head(keys.author_list(author), LATEST))
    except DependencyAway:
        return []
    return timelines.timeline(reply).ids


def posts_liked_by(user: int, *, viewer: int | None, request: PageRequest) -> Page[bytes]:
    """What a user likes, as the viewer sees it, by like id."""
    latest = recent_likes.edges(user)
    posts = {like: post for post, like in latest.items()}

    def fetch(bound: int | None, count: int) -> list[LikeRow]:
        items = _query(keys.likes_of(user), request, bound, count)
        indexed = {int(item["GSI1SK"]["S"]): table.last_id(item["PK"]["S"]) for item in items}
        rows = indexed | posts
        return [(like, rows[like]) for like in _nearest(rows, request, bound, count)]

    def hydrate(rows: Sequence[LikeRow]) -> list[bytes | None]:
        """Of a like that was taken back, or made anew, the index may still tell."""
        wanted = [post for _, post in rows]
        still = liked(user, wanted)
        return [
            body if post in still and latest.get(post, like) == like else None
            for (like, post), body in zip(rows, show(viewer, wanted), strict=True)
        ]

    return paging.fill(request, fetch, hydrate, lambda row: row[0])


def _query(
    partition: str,
    request: PageRequest,
    bound: int | None,
    count: int,
    *,
    prefix: str = "",
    index: str | None = "GSI1",
) -> Iterable[Wire]:
    """The next entries of a partition beyond a bound, in the request's direction."""
    edge = None if bound is None else prefix + ids.pad(bound)
    return table.query(
        partition,
        index=index,
        prefix=prefix,
        below=None if request.newer else edge,
        above=edge if request.newer else None,
        limit=count,
        newest_first=not request.newer,
    )


def _nearest(found: Iterable[int], request: PageRequest, bound: int | None, count: int) -> list[int]:
    """The first of some ids beyond a bound, in the request's direction."""
    if request.newer:
        return sorted(id_ for id_ in found if bound is None or id_ > bound)[:count]
    return sorted((id_ for id_ in found if bound is None or id_ < bound), reverse=True)[:count]


def likers(post: int, *, viewer: int, request: PageRequest) -> Page[bytes]:
    """Who likes a post, by account; the table tells, so nobody is late."""

    def fetch(bound: int | None, count: int) -> list[int]:
        partition = keys.post_partition(post)
        items = _query(partition, request, bound, count, prefix=keys.LIKE, index=None)
        return [table.last_id(item["SK"]["S"]) for item in items]

    def hydrate(users: Sequence[int]) -> list[bytes | None]:
        return [one.present() if one else None for one in people(viewer, users)]

    return paging.fill(request, fetch, hydrate, lambda user: user)
