"""The schedule: one projector sends again the jobs that are due, and so needs no clock but the table's."""

import logging
import threading

from echomate import jobs
from echomate.errors import DependencyAway
from echomate.stream import leases
from echomate.stream.leases import Lease

SEND_SECONDS = 5.0
"""What a wake-up starts doesn't wait for this; a query of each kind and shard costs half a read unit."""
AWAY_SECONDS = 1.0
"""The same while the broker is away, which costs one try to send."""
JOIN_SECONDS = 2.0

logger = logging.getLogger(__name__)


class Schedule:
    """Holds the lease of the schedule if nobody else does, and sends what is due, in a thread of its own."""

    def __init__(self, owner: str) -> None:
        self._owner = owner
        self._lease: Lease | None = None
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def look(self, lease: Lease | None) -> None:
        """Take, renew or lose the lease as it was read just now."""
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
            pause = SEND_SECONDS
            try:
                if not sender.send_due():
                    pause = AWAY_SECONDS
            except DependencyAway as away:
                logger.warning("no jobs are sent: %s", away)
            except Exception:
                logger.exception("no jobs are sent; it is tried again")
