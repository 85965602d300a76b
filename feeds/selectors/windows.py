"""How much of a list a page needs."""

from collections.abc import Sequence

from echomate.paging import PageRequest

WINDOW = 40
"""Posts may stand out of order by so many places; order is settled within limit + 40."""


def window(request: PageRequest) -> int | None:
    """How many elements of a list a page needs: the newest page few, all others the whole list."""
    return request.limit + WINDOW if request.bound is None else None


def beyond(ids: Sequence[int], bound: int | None, *, newer: bool) -> list[int]:
    """Ids beyond a bound, nearest first."""
    if bound is None:
        return list(ids)
    if newer:
        return [post for post in reversed(ids) if post > bound]
    return [post for post in ids if post < bound]
