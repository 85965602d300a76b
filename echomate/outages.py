"""While a store is away one call at a time finds out; the others are told so at once, and hold no thread."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from echomate.errors import DependencyAway


class Outage:
    def __init__(self, dependency: str) -> None:
        self._dependency = dependency
        self._away = False
        self._finding_out = threading.Lock()

    def over(self) -> None:
        self._away = False

    @contextmanager
    def passing(self) -> Iterator[None]:
        finds_out = self._away and self._finding_out.acquire(blocking=False)
        if self._away and not finds_out:
            raise DependencyAway(self._dependency)
        try:
            yield
        except DependencyAway:
            self._away = True
            raise
        else:
            self._away = False
        finally:
            if finds_out:
                self._finding_out.release()
