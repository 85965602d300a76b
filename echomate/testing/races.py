"""Threads that begin at once, threads that go on meanwhile, and steps that halt or take their time."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

PATIENCE_SECONDS = 60


def together(*actions: Callable[[], Any]) -> list[Any]:
    """Run the actions in a thread each, all from the same moment on; their results, in order, or the first error."""
    start = threading.Barrier(len(actions))

    def run(action: Callable[[], Any]) -> Any:
        start.wait(PATIENCE_SECONDS)
        return action()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


@contextmanager
def busy(*actions: Callable[[], Any]) -> Iterator[None]:
    """Do these again and again meanwhile; what they raise is raised at the end."""
    ending, errors = threading.Event(), []

    def repeat(action: Callable[[], Any]) -> None:
        try:
            while not ending.is_set():
                action()
        except BaseException as error:  # noqa: BLE001 - it is raised below
            errors.append(error)

    threads = [threading.Thread(target=repeat, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ending.set()
        for thread in threads:
            thread.join()
    assert not errors, errors


class Halt:
    """A step at which the first who comes stands still until told to go on."""

    def __init__(self) -> None:
        self._came, self._goes_on = threading.Event(), threading.Event()

    def wait(self) -> None:
        """Until somebody has come."""
        assert self._came.wait(PATIENCE_SECONDS), "nobody came"

    def go_on(self) -> None:
        self._goes_on.set()

    def stand(self) -> None:
        if not self._came.is_set():
            self._came.set()
            assert self._goes_on.wait(PATIENCE_SECONDS), "nobody said to go on"


@contextmanager
def halting(where: Any, name: str, *, after: bool) -> Iterator[Halt]:
    """Whoever first calls a function of a module stands still before or after it, while the block goes on."""
    function, halt = getattr(where, name), Halt()

    def halted(*args: Any, **named: Any) -> Any:
        if not after:
            halt.stand()
        result = function(*args, **named)
        if after:
            halt.stand()
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(where, name, halted)
        try:
            yield halt
        finally:
            halt.go_on()


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
