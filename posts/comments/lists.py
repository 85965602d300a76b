"""Lists of comments: those right under a post, the answers to one, those of an author.

What others stand under begins with a head that is cached. All else comes from an index, which lags; what Redis knows
already is put in its place, so a new comment is there at once.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

from echomate import keys, paging
from echomate.cache import Command
from echomate.paging import Page, PageRequest
from posts.comments.heads import Head, Heads, heads_of_comments, heads_of_posts, ids_in, nearest
from posts.comments.hydration import show
from posts.comments.recent import recent_comments_of
from posts.comments.sort import Sort


def comments_reads(post: int, sort: Sort) -> list[Command]:
    """What `comments_on` asks Redis first, for views that join it with their own reads."""
    return [heads_of_posts.command([post], sort=sort)]


def comments_on(
    post: int, *, viewer: int | None, request: PageRequest, sort: Sort, replies: Sequence[Any] | None = None
) -> Page[bytes]:
    """The comments right under a post; `replies` are those of `comments_reads`."""
    return _page(viewer, request, sort, _fetching_in(heads_of_posts, post, request, sort, replies))


def replies_reads(comment: int, sort: Sort) -> list[Command]:
    """The same of `replies_to`."""
    return [heads_of_comments.command([comment], sort=sort)]


def replies_to(
    comment: int,
    *,
    viewer: int | None,
    request: PageRequest,
    sort: Sort,
    replies: Sequence[Any] | None = None,
) -> Page[bytes]:
    return _page(viewer, request, sort, _fetching_in(heads_of_comments, comment, request, sort, replies))


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


Fetch = Callable[[int | None, int], Sequence[int]]


def _page(viewer: int | None, request: PageRequest, sort: Sort, fetch: Fetch) -> Page[bytes]:
    return paging.fill(request, fetch, lambda comments: show(viewer, comments), sort.bound)


def _fetching_in(
    heads: Heads, place: int, request: PageRequest, sort: Sort, replies: Sequence[Any] | None
) -> Fetch:
    """The next comments in a place beyond a bound: from its head, and from the index where that doesn't reach."""
    head = heads.get([place], sort=sort, reply=replies and replies[0])[place]

    @cache
    def from_index() -> Fetch:
        recent = heads.recent.edges(place)
        return _fetching(heads.partition(place), "GSI1", recent, request, sort)

    def fetch(bound: int | None, count: int) -> Sequence[int]:
        found = _in_head(head, bound, count, sort, newer=request.newer)
        return from_index()(bound, count) if found is None else found

    return fetch


def _in_head(head: Head, bound: int | None, count: int, sort: Sort, *, newer: bool) -> Sequence[int] | None:
    """The next comments beyond a bound; None where others may stand there that are not in the head."""

    def place(comment: int) -> int:
        return -sort.bound(comment)

    if newer:
        at = bisect_left(head.ids, -(bound or 0), key=place)
        return head.ids[:at][::-1][:count] if at < len(head.ids) or head.is_whole else None
    at = 0 if bound is None else bisect_right(head.ids, -bound, key=place)
    found = head.ids[at : at + count]
    return found if len(found) == count or head.is_whole else None


def _fetching(partition: str, index: str, recent: Iterable[int], request: PageRequest, sort: Sort) -> Fetch:
    """The next comments of a partition beyond a bound: those of the index, and the latest ones."""
    newest_first = (sort is Sort.NEWEST) != request.newer

    def fetch(bound: int | None, count: int) -> list[int]:
        edge = None if bound is None else sort.comment(bound)
        indexed = ids_in(partition, index, beyond=edge, newest_first=newest_first, limit=count)
        return nearest([*indexed, *recent], beyond=edge, newest_first=newest_first)[:count]

    return fetch
