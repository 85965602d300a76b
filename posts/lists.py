"""Lists of posts that stand in no timeline: an author's, those liked, those bookmarked; a post's likers and history.

Lists of posts come from the index, which lags; what Redis knows already is put in its place, so that one's own post,
like or bookmark is there at once.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from echomate import cache, ids, keys, paging, table, timelines
from echomate.dynamodb import Wire
from echomate.errors import DependencyAway
from echomate.paging import Page, PageRequest
from posts import versions
from posts.hydration import cards_for, hydrate, show, shown
from posts.presentation import present_text
from posts.reading import Seen
from posts.recent import recent_bookmarks, recent_likes
from posts.selectors import BOOKMARKED, liked
from social.selectors import people

LATEST = 60
"""More than anybody posts while an index lags."""

MarkRow = tuple[int, int]
"""(id of the like or bookmark, post)"""


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

    def show_liked(rows: Sequence[MarkRow]) -> list[bytes | None]:
        """Of a like that was taken back, or made anew, the index may still tell."""
        wanted = [post for _, post in rows]
        still = liked(user, wanted)
        return [
            body if post in still and latest.get(post, like) == like else None
            for (like, post), body in zip(rows, show(viewer, wanted), strict=True)
        ]

    fetch = _fetching_marks(keys.likes_of(user), request, latest, post_in="PK")
    return paging.fill(request, fetch, show_liked, lambda row: row[0])


def bookmarks(user: int, *, request: PageRequest) -> Page[bytes]:
    """What a user has bookmarked and still sees, by bookmark id; for themselves alone."""
    latest = recent_bookmarks.edges(user)

    def show_bookmarked(rows: Sequence[MarkRow]) -> list[bytes | None]:
        """The index may be late here too."""
        if not rows:
            return []
        found = hydrate(user, [post for _, post in rows])
        return [
            shown(found, post)
            if found.bits.get(post, 0) & BOOKMARKED and latest.get(post, bookmark) == bookmark
            else None
            for bookmark, post in rows
        ]

    fetch = _fetching_marks(keys.bookmarks_of(user), request, latest, post_in="SK")
    return paging.fill(request, fetch, show_bookmarked, lambda row: row[0])


def _fetching_marks(
    partition: str, request: PageRequest, latest: Mapping[int, int], *, post_in: str
) -> Callable[[int | None, int], list[MarkRow]]:
    """The next marks of a partition beyond a bound: those of the index, and the latest ones (post → id)."""
    recent = {mark: post for post, mark in latest.items()}

    def fetch(bound: int | None, count: int) -> list[MarkRow]:
        items = _query(partition, request, bound, count)
        indexed = {int(item["GSI1SK"]["S"]): table.last_id(item[post_in]["S"]) for item in items}
        rows = indexed | recent
        return [(mark, rows[mark]) for mark in _nearest(rows, request, bound, count)]

    return fetch


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
    """Who likes a post and lets others see what they like, by account; the table tells, so nobody is late."""

    def fetch(bound: int | None, count: int) -> list[int]:
        partition = keys.post_partition(post)
        items = _query(partition, request, bound, count, prefix=keys.LIKE, index=None)
        return [table.last_id(item["SK"]["S"]) for item in items]

    def hydrate(users: Sequence[int]) -> list[bytes | None]:
        return [
            one.present() if one and (one.card.show_likes or one.card.id == viewer) else None
            for one in people(viewer, users)
        ]

    return paging.fill(request, fetch, hydrate, lambda user: user)


def history(post: int, *, seen: Seen, viewer: int | None, request: PageRequest) -> Page[bytes]:
    """What a post was before its edits, as its viewer may see it, by the number of the version, the last one first."""
    shows_all = seen.visibility != "mentioned" or seen.author == viewer
    kept = versions.numbers(seen.version)

    def fetch(bound: int | None, count: int) -> list[int]:
        return _nearest(kept, request, bound, count)

    def present(numbers: Sequence[int]) -> list[bytes | None]:
        found = versions.former(post, numbers, for_mentioned=None if shows_all else viewer or 0)
        known = cards_for(viewer, {user for version in found if version for user in version.mentioned})
        return [present_text(one.body, one.mentioned, known) if one else None for one in found]

    return paging.fill(request, fetch, present, lambda number: number)
