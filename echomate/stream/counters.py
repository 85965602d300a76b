"""Cached counters that commits have made stale: deleted after the commit, for a reader to fill again.

Each is deleted at most once a second, so that those of a hot post stay cached; what has to wait is deleted
later. The lease names what is still to be deleted, so that whoever takes over does it.
"""

import time
from collections.abc import Callable, Iterable

from echomate import cache
from echomate.errors import DependencyAway

REST_SECONDS = 1.0
WAITING_AT_MOST = 200
"""How many names a lease has to bear; beyond, they are deleted without rest."""


class CachedCounters:
    """Redis away means that deletions wait, until too many of them do."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._waiting: dict[str, None] = {}
        self._deleted: dict[str, float] = {}
        self._try_at = float("-inf")

    def names_with(self, keys: Iterable[str]) -> str:
        """What a lease names if these keys become stale as well."""
        return " ".join(self._waiting | dict.fromkeys(keys))

    def touch(self, keys: Iterable[str]) -> None:
        self._waiting |= dict.fromkeys(keys)

    def flush(self, *, all_of_them: bool = False) -> None:
        """Delete what has rested long enough. Raises `DependencyAway` only when too many names wait."""
        now = self._clock()
        all_of_them = all_of_them or len(self._waiting) > WAITING_AT_MOST
        due = [key for key in self._waiting if all_of_them or self._rested(key, now)]
        if not due:
            return
        try:
            cache.reach([("DEL", key) for key in due])
        except DependencyAway:
            self._try_at = now + REST_SECONDS
            if len(self._waiting) > WAITING_AT_MOST:
                raise
            return
        self._note(due, now)

    def next_due(self) -> float | None:
        """When the clock shows this, `flush` has something to delete; None: nothing waits."""
        rested = (self._deleted.get(key, 0) + REST_SECONDS for key in self._waiting)
        return max(min(rested), self._try_at) if self._waiting else None

    def _rested(self, key: str, now: float) -> bool:
        return now - self._deleted.get(key, -REST_SECONDS) >= REST_SECONDS

    def _note(self, deleted: list[str], now: float) -> None:
        for key in deleted:
            self._waiting.pop(key, None)
        self._deleted = {key: at for key, at in self._deleted.items() if now - at < REST_SECONDS}
        self._deleted |= dict.fromkeys(deleted, now)
