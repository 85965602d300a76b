"""The facts that timelines are made of: ids of posts by author, of all public ones, and of those with a hashtag.

An index lags; what it doesn't show yet stands in the lists of Redis, which are announced to before anything is read.
"""

import heapq
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

from echomate import keys, table
from echomate.config import config

READERS = 8


def author_ids(author: int, *, below: int | None, limit: int) -> list[int]:
    """Posts of an author below a bound, newest first."""
    return list(_ids(keys.author(author), "GSI1", below=below, limit=limit))


def many_author_ids(wanted: Sequence[tuple[int, int | None]], *, limit: int) -> list[list[int]]:
    """The same for many (author, bound) at once, side by side."""
    return list(_readers().map(lambda one: author_ids(one[0], below=one[1], limit=limit), wanted))


def public_ids(*, below: int | None = None, above: int | None = None, limit: int) -> list[int]:
    """Public posts beyond a bound, nearest to it first: newest first below one, oldest first above one."""
    newest_first = above is None
    shards = [
        _ids(keys.public(shard), "GSI2", below=below, above=above, limit=limit)
        for shard in range(config.public_shards)
    ]
    return list(heapq.merge(*shards, reverse=newest_first))[:limit]


def tag_ids(name: str, *, below: int | None = None, above: int | None = None, limit: int) -> list[int]:
    """The same of posts that bear a hashtag; from the table itself, which doesn't lag."""
    return list(_ids(keys.tag(name), None, below=below, above=above, limit=limit))


def _ids(
    partition: str, index: str | None, *, below: int | None = None, above: int | None = None, limit: int
) -> Iterator[int]:
    sort = f"{index or ''}SK"
    items = table.query(
        partition,
        index=index,
        prefix=keys.POST,
        below=None if below is None else keys.post_sort(below),
        above=None if above is None else keys.post_sort(above),
        limit=limit,
        newest_first=above is None,
        attributes=(sort,),
    )
    return (table.last_id(item[sort]["S"]) for item in items)


@lru_cache(maxsize=1)
def _readers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(READERS, thread_name_prefix="feed-reader")
