"""What the process keeps of values as they were parsed, by their bytes: those that are read all the time."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar, TypeVarTuple

KEPT_BYTES_AT_MOST = 16_384
"""A thousand values of 300 KB would take half a gigabyte."""

Rest = TypeVarTuple("Rest")
T = TypeVar("T")


def kept_while_small(most: int) -> Callable[[Callable[[bytes, *Rest], T]], Callable[[bytes, *Rest], T]]:
    """Keep so many results of a function of bytes; those of large values are made again each time."""

    def keep(parse: Callable[[bytes, *Rest], T]) -> Callable[[bytes, *Rest], T]:
        once = lru_cache(maxsize=most)(parse)

        @wraps(parse)
        def kept(value: bytes, /, *rest: *Rest) -> T:
            if len(value) > KEPT_BYTES_AT_MOST:
                return parse(value, *rest)
            return once(value, *rest)

        return kept

    return keep
