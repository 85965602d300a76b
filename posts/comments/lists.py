"""Lists of comments: those right under a post, the answers to one, those of an author.

All come from an index, which lags; what Redis knows already is put in its place, so a new comment is there at once.
"""

from collections.abc import Callable, Iterable
from enum import Enum

from echomate import ids, keys, paging, table
from echomate.paging import Page, PageRequest
from posts.comments.hydration import show
from posts.comments.recent import recent_comments, recent_comments_of, recent_replies


class Sort(Enum):
    OLDEST = "oldest"
    NEWEST = "newest"

    def bound(self, comment: int) -> int:
        """A comment's place as a page's bound: pages run from the greatest bound down."""
        return ids.MAX_ID - comment if self is Sort.OLDEST else comment

    comment = bound
    """The comment at a place: the same, the other way."""


def comments_on(post: int, *, viewer: int | None, request: PageRequest, sort: Sort) -> Page[bytes]:
    """The comments right under a post."""
    recent = recent_comments.edges(post)
    return _page(viewer, request, sort, _fetching(keys.replies_to_post(post), "GSI1", recent, request, sort))


def replies_to(comment: int, *, viewer: int | None, request: PageRequest, sort: Sort) -> Page[bytes]:
    recent = recent_replies.edges(comment)
    partition = keys.replies_to_comment(comment)
    return _page(viewer, request, sort, _fetching(partition, "GSI1", recent, request, sort))


def name_of_replies(comment: int, sort: Sort) -> str:
    """The list's name, to which its cursors belong."""
    return f"replies:{comment}:{sort.value}"


def replies_after(comment: int, last: int, *, sort: Sort, url: str) -> str:
    """Where the answers to a comment go on beyond one of them; `url` is that of the list."""
    asked = PageRequest(name_of_replies(comment, sort))
    return paging.link(asked, url, bound=sort.bound(last), newer=False)


def comments_of(author: int, *, viewer: int | None, request: PageRequest) -> Page[bytes]:
    """What an author has commented wherever the viewer sees it, newest first."""
    recent, sort = recent_comments_of.edges(author), Sort.NEWEST
    partition = keys.comments_of(author)
    return _page(viewer, request, sort, _fetching(partition, "GSI2", recent, request, sort))


Fetch = Callable[[int | None, int], list[int]]


def _page(viewer: int | None, request: PageRequest, sort: Sort, fetch: Fetch) -> Page[bytes]:
    return paging.fill(request, fetch, lambda comments: show(viewer, comments), sort.bound)


def _fetching(partition: str, index: str, recent: Iterable[int], request: PageRequest, sort: Sort) -> Fetch:
    """The next comments of a partition beyond a bound: those of the index, and the latest ones."""
    newest_first = (sort is Sort.NEWEST) != request.newer

    def fetch(bound: int | None, count: int) -> list[int]:
        edge = None if bound is None else sort.comment(bound)
        indexed = ids_in(partition, index, beyond=edge, newest_first=newest_first, limit=count)
        return nearest([*indexed, *recent], beyond=edge, newest_first=newest_first)[:count]

    return fetch


def ids_in(
    partition: str, index: str, *, beyond: int | None = None, newest_first: bool = False, limit: int
) -> list[int]:
    """Comments of a partition beyond one of them, from the index."""
    edge = None if beyond is None else keys.comment_sort(beyond)
    items = table.query(
        partition,
        index=index,
        prefix=keys.COMMENT,
        below=edge if newest_first else None,
        above=None if newest_first else edge,
        limit=limit,
        newest_first=newest_first,
        attributes=(f"{index}SK",),
    )
    return [table.last_id(item[f"{index}SK"]["S"]) for item in items]


def nearest(comments: Iterable[int], *, beyond: int | None, newest_first: bool) -> list[int]:
    """Comments beyond one of them in a direction, each once, in order."""
    if newest_first:
        return sorted({one for one in comments if beyond is None or one < beyond}, reverse=True)
    return sorted({one for one in comments if beyond is None or one > beyond})
