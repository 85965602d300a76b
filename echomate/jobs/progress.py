"""How far a long job has come."""

import time

from echomate.jobs.items import Job
from echomate.jobs.running import keep

REST_SECONDS = 1.0


class Progress:
    """Counts steps within a job's handler, and writes the percent, which prolongs the claim, once a second at most."""

    def __init__(self, job: Job, *, steps: int) -> None:
        """`steps` is what is expected; with more than that it stays at 99."""
        self._job = job
        self._steps = max(1, steps)
        self._done = 0
        self._told = 0.0

    def advance(self, steps: int = 1) -> None:
        """Raises `ClaimLost`."""
        self._done += steps
        now = time.monotonic()
        if now - self._told >= REST_SECONDS:
            self._told = now
            keep(self._job, percent=min(99, self._done * 100 // self._steps))
