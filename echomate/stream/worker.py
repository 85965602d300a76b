"""Reads one shard under its lease: records to handlers, their effects to the committer."""

import logging
import threading
import time
from collections import deque

from echomate.errors import DependencyAway
from echomate.stream import leases, losses, metrics
from echomate.stream.commit import LeaseLost
from echomate.stream.committer import Committer
from echomate.stream.handling import handle
from echomate.stream.leases import TRIM_HORIZON, Lease
from echomate.stream.reader import Page, Reader, ShardGone, Trimmed
from echomate.stream.records import Record, written_at
from echomate.stream.shards import Shard
from echomate.stream.wake import LADDER, POLL_SECONDS, Rhythm

RISK_SECONDS = 5.0
"""So long may the last owner have gone on, before it noticed that the lease is another's."""
BACKOFF_SECONDS = 5.0
BEHIND_SECONDS = 3.0
"""Whoever finds records that old reads on without a rest; they are dated in whole seconds."""

logger = logging.getLogger(__name__)


class Worker:
    """Runs in a thread of its own until the shard ends, the lease is lost, or `stop` is called."""

    def __init__(self, lease: Lease, shard: Shard) -> None:
        self.lease = lease
        self.shard = shard
        self.rhythm = Rhythm()
        self.done = Committer(lease, shard.id)
        self.lost = threading.Event()
        """Set by whoever finds out that the lease is another's."""
        self.drained = False
        self.ended = False
        self._reader = Reader(shard, lease.checkpoint)
        self._records: deque[Record] = deque()
        self._risky_until = time.time() + RISK_SECONDS
        self._may_be_forgotten = lease.drained
        self._empty_since: float | None = None
        self._stop_by: float | None = None
        self._failures = 0
        self._has_looked_back = False

    def stop(self, *, within: float) -> None:
        """Drain: read what there is, commit it, and end, in `within` seconds at most."""
        self._stop_by = time.monotonic() + within
        self.rhythm.hurry()

    def run(self) -> None:
        while not (self.ended or self.lost.is_set() or self.drained or self._is_late()):
            try:
                self._step()
                self._failures = 0
            except LeaseLost:
                logger.info("shard %s is another projector's now", self.shard.id)
                self.lost.set()
            except DependencyAway as away:
                self._rest(away.dependency)
            except Exception as error:
                logger.exception("shard %s stopped", self.shard.id)
                self._rest(type(error).__name__)

    def _step(self) -> None:
        self.done.make_sure()
        if not self._records:
            self._wait_and_read()
        self._handle_all()
        self.done.commit_if_due(now=self._is_draining())
        self.done.flush(all_of_them=self._is_draining())

    def _is_draining(self) -> bool:
        return self._stop_by is not None

    def _is_late(self) -> bool:
        return self._stop_by is not None and time.monotonic() > self._stop_by

    # --- reading

    def _wait_and_read(self) -> None:
        if not self._is_draining():
            self.rhythm.wait(until=self.done.next_due())
        if self._is_draining() or self.rhythm.is_due:
            self._read()

    def _read(self) -> None:
        began = time.time()
        self._look_back(began)
        try:
            page = self._reader.read()
        except Trimmed:
            self._note_loss("the stream no longer reaches back to the checkpoint")
            self._reader.start_over()
            self.done.start_over()
        except ShardGone:
            if self.done.has_effects:
                self.done.commit()
            self._note_loss("the shard is gone")
            self.ended = leases.remove(self.lease)
            self.lost.set()
        else:
            self._may_be_forgotten = False
            self._take_in(page, began)

    def _look_back(self, now: float) -> None:
        """Where no record was committed yet, the stream doesn't say that its first ones have run out meanwhile."""
        if self._has_looked_back:
            return
        is_untouched = self.lease.checkpoint == TRIM_HORIZON
        if is_untouched and 0 < self.lease.passed < now - losses.RETENTION_SECONDS:
            self._note_loss("nobody has read for longer than the stream reaches back")
        self._has_looked_back = True

    def _note_loss(self, what: str) -> None:
        if not (self._may_be_forgotten and losses.is_forgotten(self.lease)):
            losses.note(self.lease, what)

    def _take_in(self, page: Page, began: float) -> None:
        metrics.RECORDS.inc(len(page.records))
        self._records.extend(page.records)
        self.rhythm.has_read(again_after=_rest_after(page, began))
        if page.ended:
            self._end_with_shard()
        elif page.records or self.done.has_effects:
            self._empty_since = None
        else:
            self._note_emptiness(began)

    def _note_emptiness(self, began: float) -> None:
        """There was nothing to read. A stream may say so while it has more, hence the second time counts."""
        self.done.passed = max(self.done.passed, self._empty_since or 0)
        self._empty_since = began
        self.drained = self._is_draining()

    def _end_with_shard(self) -> None:
        self._handle_all()
        if self._records:
            return  # told to stop meanwhile; whoever reads on finds the end again
        self.done.end_shard()
        self.ended = True
        logger.info("shard %s is read to its end", self.shard.id)

    # --- handling

    def _handle_all(self) -> None:
        while self._records and not self.lost.is_set() and not self._is_late():
            record = self._records[0]
            at_risk = self._failures > 0 or written_at(record) <= self._risky_until
            self.done.add(record, handle(self.shard.id, record, at_risk=at_risk))
            self._records.popleft()
            self.done.commit_if_due()
        self.done.run_commands()

    def _rest(self, name: str) -> None:
        """Something is away: the shard stands still for a while, and nothing of it is given up."""
        self._failures += 1
        metrics.STOPPED.labels(name).inc()
        logger.warning("shard %s waits: %s", self.shard.id, name)
        self._reader.reopen()
        pause = min(0.1 * 2**self._failures, BACKOFF_SECONDS)
        if self._stop_by is not None:
            pause = min(pause, self._stop_by - time.monotonic())
        self.lost.wait(pause)


def _rest_after(page: Page, began: float) -> float:
    """Where there was something, there may be more; a small page of new records lets some gather first."""
    if not page.records:
        return POLL_SECONDS
    is_behind = began - written_at(page.records[-1]) > BEHIND_SECONDS
    return 0 if page.is_full or is_behind else LADDER[0]
