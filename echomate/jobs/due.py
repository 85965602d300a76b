"""Sends again the jobs that are due: those whose task was lost, that were put off, or whose worker died."""

import time
from collections import deque
from collections.abc import Iterator

from echomate import keys, table
from echomate.jobs.items import send, shards_of
from echomate.jobs.running import kinds

REST_SECONDS = 10.0
AHEAD_SECONDS = 300.0
"""So far a look sees ahead: what falls due later than that is for the next one."""
PAGE = 200


class Sender:
    """Remembers what it has sent, so that a queue that is long doesn't become longer."""

    def __init__(self) -> None:
        self._sent: dict[str, float] = {}
        self._waiting: deque[str] = deque()
        self._next_at = 0

    @property
    def is_due(self) -> bool:
        """Whether something is due by now, of what the last look saw, or it is time for the next look."""
        return table.clock() >= self._next_at

    def send_due(self) -> bool:
        """Send a task for each job that is due and wasn't sent just now. False: the broker is away.

        Then the next call begins with those that are left, and looks for others when they are sent: so it may come
        soon.
        """
        self._next_at = 0
        if not self._send_waiting():
            return False
        now = time.monotonic()
        self._sent = {sort: at for sort, at in self._sent.items() if now - at < REST_SECONDS}
        due, next_at = _look(table.clock())
        self._waiting.extend(sort for sort in due if sort not in self._sent)
        is_there = self._send_waiting()
        self._next_at = next_at
        return is_there

    def _send_waiting(self) -> bool:
        while self._waiting:
            if not send(table.last_id(self._waiting[0]), probes=True):
                return False
            self._sent[self._waiting.popleft()] = time.monotonic()
        return True


def _look(now: int) -> tuple[list[str], int]:
    """The GSI2 sort keys (time, then job) of what is due, and when to look again: at once where something is."""
    ahead = now + int(AHEAD_SECONDS * 1000)
    present, next_at = keys.due_sort(now, 0), keys.due_sort(ahead, 0)
    due: list[str] = []
    for sort in _listed(until=next_at):
        if sort < present:
            due.append(sort)
        next_at = min(next_at, sort)
    return due, keys.due_at(next_at)


def _listed(*, until: str) -> Iterator[str]:
    for kind in kinds():
        for shard in shards_of(kind):
            for entry in table.query(shard, index="GSI2", below=until, limit=PAGE, newest_first=False):
                yield entry["GSI2SK"]["S"]
