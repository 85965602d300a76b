"""A projector within a test's own process, and a way to wait for it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from echomate import cache
from echomate.errors import DependencyAway
from echomate.stream import wake
from echomate.stream.projector import Projector


class Projecting:
    """A projector that runs in threads of this process."""

    def __init__(self) -> None:
        self.projector = Projector()
        self._thread = threading.Thread(target=self.projector.run, daemon=True)
        self._thread.start()

    def catch_up(self, *, within: float = 90) -> None:
        """Wait until all that was written before this call has had its effects.

        To them belongs the deletion of cached counters, unless Redis is away.
        """
        moment = time.time()
        end = time.monotonic() + within
        while not (self.projector.has_passed(moment) and self._has_deleted()):
            if time.monotonic() > end:
                raise TimeoutError(f"the projector did not catch up within {within} s")
            wake.wake()
            time.sleep(0.02)

    def _has_deleted(self) -> bool:
        if not any(one.worker.done.touched for one in list(self.projector._held.values())):
            return True
        try:
            cache.run([("PING",)])
        except DependencyAway:
            return True
        return False

    def stop(self) -> None:
        """No thread of it is left: the next module's tables are others."""
        self.projector.stop()
        self._thread.join()
        threads = [held.thread for held in self.projector._held.values()]
        for thread in (*threads, self.projector._schedule._thread):
            if thread:
                thread.join()

    def drop(self) -> None:
        """End it in the midst: nothing more is read or committed, and its leases run out by themselves."""
        for held in list(self.projector._held.values()):
            held.worker.lost.set()
            held.worker.rhythm.hurry()
        self.stop()


@contextmanager
def projecting() -> Iterator[Projecting]:
    """A projector that runs while the block does."""
    running = Projecting()
    try:
        yield running
    finally:
        running.stop()
