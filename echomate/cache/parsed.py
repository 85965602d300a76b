"""What the process keeps of values as they were parsed, by their bytes: those that are read all the time."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Concatenate, ParamSpec, TypeVar

KEPT_BYTES_AT_MOST = 16_384
"""A thousand values of 300 KB would take half a gigabyte."""

P = ParamSpec("P")
T = TypeVar("T")
Parse = Callable[Concatenate[bytes, P], T]


def kept_while_small(most: int) -> Callable[[Parse[P, T]], Parse[P, T]]:
    """Keep so many results of a function of bytes; those of large values are made again each time."""

    def keep(parse: Parse[P, T]) -> Parse[P, T]:
        once = lru_cache(maxsize=most)(parse)

        @wraps(parse)
        def kept(value: bytes, /, *rest: P.args, **named: P.kwargs) -> T:
            if len(value) > KEPT_BYTES_AT_MOST:
                return parse(value, *rest, **named)
            return once(value, *rest, **named)  # type: ignore[arg-type]  # all that is cached by is hashable

        return kept

    return keep
