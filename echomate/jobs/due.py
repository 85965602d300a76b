"""Sends again the jobs that are due: those whose task was lost, that were put off, or whose worker died."""

import time
from collections import deque
from collections.abc import Iterator

from echomate import keys, table
from echomate.jobs.items import send, shards_of
from echomate.jobs.running import kinds

REST_SECONDS = 10.0
PAGE = 200


class Sender:
    """Remembers what it has sent, so that a queue that is long doesn't become longer."""

    def __init__(self) -> None:
        self._sent: dict[str, float] = {}
        self._waiting: deque[str] = deque()

    def send_due(self) -> bool:
        """Send a task for each job that is due and wasn't sent just now. False: the broker is away.

        Then the next call begins with those that are left, and looks for others when they are sent: so it may come
        soon.
        """
        if not self._send_waiting():
            return False
        now = time.monotonic()
        self._sent = {sort: at for sort, at in self._sent.items() if now - at < REST_SECONDS}
        self._waiting.extend(sort for sort in _due(table.clock()) if sort not in self._sent)
        return self._send_waiting()

    def _send_waiting(self) -> bool:
        while self._waiting:
            if not send(table.last_id(self._waiting[0]), probes=True):
                return False
            self._sent[self._waiting.popleft()] = time.monotonic()
        return True


def _due(milliseconds: int) -> Iterator[str]:
    """The GSI2 sort keys (time, then job) of what is due."""
    end = keys.due_sort(milliseconds, 0)
    for kind in kinds():
        for shard in shards_of(kind):
            for entry in table.query(shard, index="GSI2", below=end, limit=PAGE, newest_first=False):
                yield entry["GSI2SK"]["S"]
