"""Reads one shard under its lease: records to handlers, effects to a batch, the batch to a commit."""

import logging
import threading
import time
from collections import deque

import redis

from echomate import cache
from echomate.errors import DependencyAway
from echomate.stream import dead_letters, leases, losses, metrics
from echomate.stream.batch import Batch
from echomate.stream.commit import CounterRefused, LeaseLost, commit
from echomate.stream.counters import CachedCounters
from echomate.stream.handling import dependency_away, handle
from echomate.stream.leases import SHARD_END, Lease
from echomate.stream.reader import Page, Reader, ShardGone, Trimmed
from echomate.stream.records import Record, written_at
from echomate.stream.shards import Shard
from echomate.stream.wake import LADDER, POLL_SECONDS, Rhythm

COMMIT_SECONDS = 0.1
"""Between the commits of batches that aren't full."""
IDLE_COMMIT_SECONDS = 2.0
"""The same where no record had a handler, so that only the checkpoint moves."""
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
        self.lost = threading.Event()
        """Set by whoever finds out that the lease is another's."""
        self.passed = lease.passed
        self.drained = False
        self.ended = False
        self._reader = Reader(shard, lease.checkpoint)
        self._records: deque[Record] = deque()
        self._batch = Batch(lease.checkpoint, lease.checkpoint)
        self._commands: list[cache.Command] = []
        self._counters = CachedCounters()
        self._counters.touch(lease.touched)
        self._risky_until = time.time() + RISK_SECONDS
        self._may_be_forgotten = lease.drained
        self._empty_since: float | None = None
        self._committed_at = 0.0
        self._is_unsure = False
        """The answer to a commit was lost: the same one is made again before anything else."""
        self._stop_by: float | None = None
        self._failures = 0

    @property
    def checkpoint(self) -> str:
        """How far the shard has been committed, or could be since no record after that had a handler."""
        return self._batch.start if self._batch.has_effects else self._batch.reached

    @property
    def touched(self) -> str:
        return self._counters.names_with(())

    def stop(self, *, within: float) -> None:
        """Drain: read what there is, commit it, and end, in `within` seconds at most."""
        self._stop_by = time.monotonic() + within
        self.rhythm.hurry()

    def run(self) -> None:
        while not (self.ended or self.lost.is_set() or self._has_stopped()):
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

    def _has_stopped(self) -> bool:
        return self.drained or self._is_late()

    def _is_draining(self) -> bool:
        return self._stop_by is not None

    def _is_late(self) -> bool:
        return self._stop_by is not None and time.monotonic() > self._stop_by

    def _step(self) -> None:
        if self._is_unsure:
            self._commit()
        if not self._records:
            self._wait()
            if self._is_draining() or self.rhythm.is_due:
                self._read()
        self._handle_all()
        self._commit_if_due()
        self._counters.flush(all_of_them=self._is_draining())

    def _wait(self) -> None:
        if not self._is_draining():
            moments = [self._commit_at() if self._batch.records else None, self._counters.next_due()]
            self.rhythm.wait(until=min((moment for moment in moments if moment is not None), default=None))

    # --- reading

    def _read(self) -> None:
        began = time.time()
        try:
            page = self._reader.read()
        except Trimmed:
            self._note_loss("the stream no longer reaches back to the checkpoint")
            self._reader.start_over()
        except ShardGone:
            if self._batch.has_effects:
                self._commit()
            self._note_loss("the shard is gone")
            self.ended = leases.remove(self.lease)
            self.lost.set()
        else:
            self._may_be_forgotten = False
            self._take_in(page, began)

    def _note_loss(self, what: str) -> None:
        if not (self._may_be_forgotten and losses.is_forgotten(self.lease)):
            losses.note(self.lease, what)

    def _take_in(self, page: Page, began: float) -> None:
        metrics.RECORDS.inc(len(page.records))
        self._records.extend(page.records)
        self.rhythm.has_read(again_after=_rest_after(page, began))
        if page.ended:
            self._end_with_shard()
        elif page.records or self._batch.has_effects:
            self._empty_since = None
        else:
            self._note_emptiness(began)

    def _note_emptiness(self, began: float) -> None:
        """There was nothing to read. A stream may say so while it has more, hence the second time counts."""
        self.passed = max(self.passed, self._empty_since or 0)
        self._empty_since = began
        self.drained = self._is_draining()

    def _end_with_shard(self) -> None:
        self._handle_all()
        self._batch.reached = SHARD_END
        self._commit()
        self.ended = True
        logger.info("shard %s is read to its end", self.shard.id)

    # --- handling

    def _handle_all(self) -> None:
        while self._records and not self.lost.is_set() and not self._is_late():
            self._handle(self._records[0])
            self._records.popleft()
            self._commit_if_due()
        self._run_commands()

    def _handle(self, record: Record) -> None:
        at_risk = self._failures > 0 or written_at(record) <= self._risky_until
        effects = handle(self.shard.id, record, at_risk=at_risk)
        if not self._batch.has_room_for(effects):
            self._commit()
        self._commands += effects.commands
        self._batch.add(record, effects)

    def _run_commands(self) -> None:
        """What handlers want forgotten; again after a failure, and always before the checkpoint moves."""
        for reply in cache.run(self._commands):
            if isinstance(reply, redis.ResponseError):
                if name := dependency_away(reply):
                    raise DependencyAway(name, str(reply))
                logger.error("a handler wants something forgotten in a way that Redis refuses: %s", reply)
        self._commands = []

    # --- committing

    def _commit_at(self) -> float:
        return self._committed_at + (COMMIT_SECONDS if self._batch.has_effects else IDLE_COMMIT_SECONDS)

    def _commit_if_due(self) -> None:
        batch = self._batch
        is_time = batch.is_full or time.monotonic() >= self._commit_at() or self._is_draining()
        if is_time and batch.reached != batch.start:
            self._commit()

    def _commit(self) -> None:
        self._run_commands()
        batch = self._batch
        passed = max(self.passed, batch.newest)
        with metrics.COMMIT_SECONDS.time():
            self._is_unsure = True
            self._write(batch, passed)
            self._is_unsure = False
        self.passed = passed
        self._counters.touch(batch.cache_keys)
        self._batch = Batch(batch.reached, batch.reached)
        self._committed_at = time.monotonic()
        metrics.BATCHES.inc()

    def _write(self, batch: Batch, passed: float) -> None:
        while True:
            touched = self._counters.names_with(batch.cache_keys)
            try:
                commit(
                    self.lease,
                    old=batch.start,
                    new=batch.reached,
                    deltas=batch.deltas,
                    touched=touched,
                    passed=passed,
                )
            except CounterRefused as refusal:
                self._set_aside(batch, refusal)
            else:
                return

    def _set_aside(self, batch: Batch, refusal: CounterRefused) -> None:
        """Park the records whose counters DynamoDB refuses. Where it doesn't say which, each is committed alone."""
        if len(batch.counted) > 1 and not refusal.keys:
            self._write_first(batch)
            return
        for record in batch.without(refusal.keys):
            logger.error("a counter refuses its record, which is parked as a dead letter", exc_info=refusal)
            dead_letters.park(self.shard.id, record, refusal)

    def _write_first(self, batch: Batch) -> None:
        first = batch.first()
        self._write(first, self.passed)
        self._counters.touch(first.cache_keys)
        batch.drop_first()

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
