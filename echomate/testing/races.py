"""Threads that begin at once, and steps that take their time."""

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

PATIENCE_SECONDS = 30


def together(*actions: Callable[[], Any]) -> list[Any]:
    """Run the actions in a thread each, all from the same moment on; their results, in order, or the first error."""
    start = threading.Barrier(len(actions))

    def run(action: Callable[[], Any]) -> Any:
        start.wait(PATIENCE_SECONDS)
        return action()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


def dawdle(monkeypatch: pytest.MonkeyPatch, where: Any, *names: str, seconds: float = 0.02) -> None:
    """Make functions of a module wait at random before and after they do what they do, so that races are close."""

    def slow(function: Callable[..., Any]) -> Callable[..., Any]:
        def dawdling(*args: Any, **named: Any) -> Any:
            time.sleep(random.uniform(0, seconds))  # noqa: S311 - no secret
            try:
                return function(*args, **named)
            finally:
                time.sleep(random.uniform(0, seconds))  # noqa: S311 - no secret

        return dawdling

    for name in names:
        monkeypatch.setattr(where, name, slow(getattr(where, name)))
