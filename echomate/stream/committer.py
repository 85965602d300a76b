"""What a worker has handled and not yet committed, and when it is committed."""

import logging
import time

import redis

from echomate import cache
from echomate.errors import DependencyAway
from echomate.projections import Effects
from echomate.stream import dead_letters, metrics
from echomate.stream.batch import Batch
from echomate.stream.commit import CounterRefused, commit
from echomate.stream.counters import CachedCounters
from echomate.stream.handling import dependency_away
from echomate.stream.leases import SHARD_END, TRIM_HORIZON, Lease
from echomate.stream.records import Record

COMMIT_SECONDS = 0.1
"""Between the commits of batches that aren't full."""
IDLE_COMMIT_SECONDS = 2.0
"""The same where no record had a handler, so that only the checkpoint moves."""

logger = logging.getLogger(__name__)


class Committer:
    """Gathers the effects of one shard's records under one lease."""

    def __init__(self, lease: Lease, shard: str) -> None:
        self.passed = lease.passed
        """What was written before this moment (Unix seconds) has had its effects."""
        self._lease = lease
        self._shard = shard
        self._batch = Batch(lease.checkpoint, lease.checkpoint)
        self._commands: list[cache.Command] = []
        self._counters = CachedCounters()
        self._counters.touch(lease.touched)
        self._committed_at = float("-inf")
        self.is_unsure = False
        """The answer to a commit was lost: the same one is made again before anything else."""

    @property
    def has_effects(self) -> bool:
        """Whether something was handled since the last commit."""
        return self._batch.has_effects

    @property
    def checkpoint(self) -> str:
        """How far the shard has been committed, or could be since no record after that had a handler."""
        return self._batch.start if self._batch.has_effects else self._batch.reached

    @property
    def touched(self) -> str:
        return self._counters.names_with(())

    def add(self, record: Record, effects: Effects) -> None:
        """Take in a record's effects; a batch that has no room for them is committed first."""
        if not self._batch.has_room_for(effects):
            self.commit()
        self._commands += effects.commands
        self._batch.add(record, effects)

    def next_due(self) -> float | None:
        """When `time.monotonic()` shows this there is something to do, even if nothing is read; None: nothing."""
        moments = [self._commit_at() if self._batch.records else None, self._counters.next_due()]
        return min((moment for moment in moments if moment is not None), default=None)

    def make_sure(self) -> None:
        if self.is_unsure:
            self.commit()

    def commit_if_due(self, *, now: bool = False) -> None:
        """Commit a batch that is full, or whose time has come, or any `now`."""
        is_time = now or self._batch.is_full or time.monotonic() >= self._commit_at()
        if is_time and self._batch.reached != self._batch.start:
            self.commit()

    def start_over(self) -> None:
        """The stream has nothing left of what the checkpoint says, so whoever takes over begins at its beginning."""
        self._batch.reached = TRIM_HORIZON
        self.commit()

    def end_shard(self) -> None:
        """The shard's last record has been handled."""
        self._batch.reached = SHARD_END
        self.commit()

    def commit(self) -> None:
        """Raises `LeaseLost` and `DependencyAway`; after the last, `make_sure` goes on."""
        self.run_commands()
        batch = self._batch
        passed = max(self.passed, batch.newest)
        self.is_unsure = True
        with metrics.COMMIT_SECONDS.time():
            self._write(batch, passed)
        self.is_unsure = False
        self._counters.touch(batch.cache_keys)
        self.passed = passed
        self._batch = Batch(batch.reached, batch.reached)
        self._committed_at = time.monotonic()
        metrics.BATCHES.inc()

    def run_commands(self) -> None:
        """What handlers want forgotten; again after a failure, and always before the checkpoint moves."""
        for reply in cache.reach(self._commands) if self._commands else ():
            if isinstance(reply, redis.ResponseError):
                if name := dependency_away(reply):
                    raise DependencyAway(name, str(reply))
                logger.error("a handler wants something forgotten in a way that Redis refuses: %s", reply)
        self._commands = []

    def flush(self, *, all_of_them: bool) -> None:
        """Delete the cached counters that commits have made stale."""
        self._counters.flush(all_of_them=all_of_them)

    def _commit_at(self) -> float:
        return self._committed_at + (COMMIT_SECONDS if self._batch.has_effects else IDLE_COMMIT_SECONDS)

    def _write(self, batch: Batch, passed: float) -> None:
        while True:
            touched = self._counters.names_with(batch.cache_keys)
            try:
                commit(
                    self._lease,
                    old=batch.start,
                    new=batch.reached,
                    deltas=batch.deltas,
                    touched=touched,
                    passed=passed,
                    has_jobs=batch.has_jobs,
                )
            except CounterRefused as refusal:
                self._set_aside(batch, refusal)
            else:
                return

    def _set_aside(self, batch: Batch, refusal: CounterRefused) -> None:
        """Park the records whose counters are refused. Where nobody says which, each is committed alone."""
        if len(batch.counted) > 1 and not refusal.keys:
            self._write_first(batch)
            return
        for record in batch.moving(refusal.keys):
            logger.error("a counter refuses its record, which is parked as a dead letter", exc_info=refusal)
            dead_letters.park(self._shard, record, refusal)
        batch.drop(refusal.keys)  # not before: were DynamoDB away meanwhile, nothing would park the rest

    def _write_first(self, batch: Batch) -> None:
        first = batch.first()
        self._write(first, self.passed)
        self._counters.touch(first.cache_keys)
        batch.drop_first()
