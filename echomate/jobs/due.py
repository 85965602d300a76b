"""Sends again the jobs that are due: those whose task was lost, that were put off, or whose worker died."""

import time
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

    def send_due(self) -> None:
        """Send a task for each job that is due and wasn't sent just now."""
        now = time.monotonic()
        self._sent = {sort: at for sort, at in self._sent.items() if now - at < REST_SECONDS}
        fresh = [sort for sort in _due(table.clock()) if sort not in self._sent]
        for sort in fresh:
            if not send(table.last_id(sort)):
                break
            self._sent[sort] = now


def _due(milliseconds: int) -> Iterator[str]:
    """The GSI2 sort keys (time, then job) of what is due."""
    end = keys.due_sort(milliseconds, 0)
    for kind in kinds():
        for shard in shards_of(kind):
            for entry in table.query(shard, index="GSI2", below=end, limit=PAGE, newest_first=False):
                yield entry["GSI2SK"]["S"]
