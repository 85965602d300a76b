"""A projector: holds its share of the shards, a worker in a thread for each, until it is told to stop."""

import logging
import os
import secrets
import socket
import threading
import time
from dataclasses import dataclass

from echomate.config import config
from echomate.errors import DependencyAway
from echomate.stream import leases, metrics, shards, sharing, wake
from echomate.stream.leases import Lease
from echomate.stream.schedule import Schedule
from echomate.stream.worker import Worker

TICK_SECONDS = 0.5
DISCOVER_SECONDS = 10.0
DRAIN_SECONDS = 4.0

logger = logging.getLogger(__name__)


@dataclass
class Held:
    """A lease of this process and the thread that works under it."""

    worker: Worker
    thread: threading.Thread
    renewed: float


class Projector:
    """One process's part of the projection. `run` blocks until `stop` was called, by a signal say."""

    def __init__(self) -> None:
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._stopping = threading.Event()
        self._held: dict[str, Held] = {}
        self._schedule = Schedule(self.owner)
        self._stream = ""
        self._discovered = float("-inf")
        self._looked = float("-inf")

    def stop(self) -> None:
        self._stopping.set()

    def has_passed(self, moment: float) -> bool:
        """Whether what was written before a moment (Unix seconds) has had its effects, on the shards held here."""
        held = list(self._held.values())
        return bool(held) and all(one.worker.done.passed >= moment for one in held)

    def run(self) -> None:
        listener = threading.Thread(
            target=wake.listen, args=(self._wake, self._stopping), name="wake", daemon=True
        )
        listener.start()
        logger.info("projector %s starts", self.owner)
        while not self._stopping.is_set():
            try:
                self._tick(time.monotonic())
            except DependencyAway as away:
                logger.warning("the leases can't be looked at: %s", away)
            except Exception:
                logger.exception("the leases can't be looked at; the shards that are held are read on")
            self._stopping.wait(TICK_SECONDS)
        self._drain()
        listener.join()
        logger.info("projector %s has stopped", self.owner)

    def _wake(self) -> None:
        for held in list(self._held.values()):
            held.worker.rhythm.wake()

    # --- each half second

    def _tick(self, now: float) -> None:
        self._bury()
        self._renew(now)
        if now - self._looked >= config.lease_seconds / 4:
            self._looked = now
            self._look(now)
        self._show_lag()

    def _bury(self) -> None:
        """Forget the workers that have ended; after the end of a shard its children are there to be taken."""
        for name, held in list(self._held.items()):
            if not held.thread.is_alive():
                del self._held[name]
                if held.worker.ended:
                    self._discovered = self._looked = float("-inf")

    def _renew(self, now: float) -> None:
        for held in self._held.values():
            if now - held.renewed >= config.lease_seconds / 4 and not held.worker.lost.is_set():
                held.renewed = now
                if not leases.renew(held.worker.lease, passed=held.worker.done.passed):
                    held.worker.lost.set()
                    held.worker.rhythm.hurry()

    def _look(self, now: float) -> None:
        """See what there is to read, and take a share of it."""
        found = leases.read_all()
        if now - self._discovered >= DISCOVER_SECONDS or not found:
            if self._discover(found):
                found = leases.read_all()
            self._discovered = now
        readable = sharing.readable(found, stream=self._stream)
        for lease in readable:
            if lease.owner == self.owner and lease.name not in self._held:
                self._work(lease)  # taken, and only the answer was lost
        for choice in sharing.choose(readable, me=self.owner, now=time.time()):
            self._take(choice)
        self._schedule.look(found)

    def _discover(self, found: list[Lease]) -> bool:
        """Make the leases that are missing, remove those of shards that are gone. Whether there were any."""
        self._stream = shards.current_stream()
        listed = shards.describe(self._stream)
        there = {lease.shard for lease in found}
        new = [shard for shard in listed if shard not in there]
        for shard in new:
            leases.create(shard)
        if None not in there:
            leases.create_schedule()
        ids = {shard.id for shard in listed}
        gone = [
            lease
            for lease in found
            if lease.shard
            and lease.is_done
            and (lease.shard.stream != self._stream or lease.shard.id not in ids)
        ]
        for lease in gone:
            leases.remove(lease)
        return bool(new or gone or None not in there)

    def _take(self, choice: sharing.Choice) -> None:
        if choice.lease.name in self._held:
            return  # the last worker is still on its way out
        taken = leases.take(choice.lease, self.owner, by_force=choice.by_force)
        if taken is not None:
            self._work(taken)

    def _work(self, lease: Lease) -> None:
        if lease.shard is None:
            raise TypeError(f"{lease.name} is no shard's lease")
        logger.info("shard %s is read from %s", lease.shard.id, lease.checkpoint)
        worker = Worker(lease, lease.shard)
        thread = threading.Thread(target=worker.run, name=lease.shard.id, daemon=True)
        self._held[lease.name] = Held(worker, thread, time.monotonic())
        thread.start()

    def _show_lag(self) -> None:
        for held in self._held.values():
            metrics.LAG.labels(held.worker.shard.id).set(max(0, time.time() - held.worker.done.passed))

    # --- at the end

    def _drain(self) -> None:
        self._schedule.release()
        for held in self._held.values():
            held.worker.stop(within=DRAIN_SECONDS)
        for held in self._held.values():
            held.thread.join(DRAIN_SECONDS + 1)
            self._release(held)

    def _release(self, held: Held) -> None:
        worker = held.worker
        if held.thread.is_alive() or worker.lost.is_set() or worker.ended:
            return
        if worker.done.is_unsure:  # the checkpoint may be where that commit has put it
            logger.warning(
                "shard %s keeps its lease: nobody knows whether its last commit was made", worker.shard.id
            )
            return
        try:
            leases.release(
                worker.lease,
                checkpoint=worker.done.checkpoint,
                touched=worker.done.touched,
                drained=worker.drained,
            )
        except DependencyAway:
            logger.warning("shard %s keeps its lease until it runs out", worker.shard.id)
