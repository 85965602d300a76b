"""How long something takes, on a machine that may have other things to do."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

marked = True
"""Whether the test that runs bears the mark `timed`, or another that CI does not run."""

TRIES = 5


def within(seconds: float, act: Callable[[], T]) -> T:
    """What an action gives that takes less than so long, once in five times.

    A busy machine is slow by chance, what waits for too long is so each time.
    """
    needs_mark()
    took = []
    for _ in range(TRIES):
        began = time.monotonic()
        result = act()
        took.append(time.monotonic() - began)
        if took[-1] < seconds:
            return result
    raise AssertionError(f"it took {[round(one, 1) for one in took]} s, should take less than {seconds}")


def needs_mark() -> None:
    """Raises where a test kills or times something and isn't marked as one that may fail by chance."""
    assert marked, "This test kills or times something: it needs the mark `timed`."
