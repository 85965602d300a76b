"""The schedule: one projector sends again the jobs that are due, and so needs no clock but the table's.

What is due stands in as many partitions of an index as there are kinds and shards. While no job is written they are
looked at each five minutes, and when what they showed falls due. A commit that holds the record of a job says so in its
lease (`Lease.jobs_at`), so what the leases have `passed` holds no other.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence

from echomate import jobs
from echomate.config import config
from echomate.errors import DependencyAway
from echomate.stream import leases
from echomate.stream.leases import Lease

SEND_SECONDS = 5.0
"""What a wake-up starts doesn't wait for this; a query of each kind and shard costs half a read unit."""
GLANCE_SECONDS = 1.0
"""Between two glances at the clock, while there is nothing to look for."""
INDEX_SECONDS = 30.0
"""So long after a job was written it is looked for: an index shows it a little later."""
AWAY_SECONDS = 1.0
"""The same while the broker is away, which costs one try to send."""
JOIN_SECONDS = 2.0

logger = logging.getLogger(__name__)


class Quiet:
    """Whether the leases show that no job was written of late."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._written: dict[str, float] = {}
        self._loud_until = float("-inf")
        self._known_until = float("-inf")

    def note(self, found: Sequence[Lease]) -> None:
        """See the leases as they were read just now."""
        now = self._clock()
        shards = [lease for lease in found if lease.shard and not lease.is_done]
        written = {lease.name: lease.jobs_at for lease in shards}
        if written != self._written:
            self._written, self._loud_until = written, now + INDEX_SECONDS
        recently = leases.now() - config.lease_seconds - GLANCE_SECONDS
        if shards and all(lease.passed >= recently for lease in shards):
            self._known_until = now + config.lease_seconds

    def __bool__(self) -> bool:
        return self._loud_until < self._clock() < self._known_until


class Schedule:
    """Holds the lease of the schedule if nobody else does, and sends what is due, in a thread of its own."""

    def __init__(self, owner: str) -> None:
        self._owner = owner
        self._quiet = Quiet()
        self._lease: Lease | None = None
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def look(self, found: Sequence[Lease]) -> None:
        """Take, renew or lose the lease, as all leases were read just now."""
        self._quiet.note(found)
        lease = next((lease for lease in found if lease.shard is None), None)
        if lease is None:
            return
        if self._lease is not None:
            if not leases.renew(self._lease, passed=0):
                self._end()
        elif lease.is_free(leases.now()):
            self._begin(leases.take(lease, self._owner))

    def release(self) -> None:
        if self._lease is None:
            return
        lease = self._lease
        self._end()
        try:
            leases.release(lease, checkpoint=leases.TRIM_HORIZON, touched="", drained=False)
        except DependencyAway:
            logger.warning("the schedule keeps its lease until it runs out")

    def _begin(self, lease: Lease | None) -> None:
        if lease is None:
            return
        logger.info("the schedule is kept here")
        self._lease = lease
        self._ending.clear()
        self._thread = threading.Thread(target=self._send, name="schedule", daemon=True)
        self._thread.start()

    def _end(self) -> None:
        self._lease = None
        self._ending.set()
        if self._thread:
            self._thread.join(JOIN_SECONDS)

    def _send(self) -> None:
        sender = jobs.Sender()
        pause = SEND_SECONDS
        while not self._ending.wait(pause):
            if self._quiet and not sender.is_due:
                pause = GLANCE_SECONDS
                continue
            pause = SEND_SECONDS
            try:
                if not sender.send_due():
                    pause = AWAY_SECONDS
            except DependencyAway as away:
                logger.warning("no jobs are sent: %s", away)
            except Exception:
                logger.exception("no jobs are sent; it is tried again")
