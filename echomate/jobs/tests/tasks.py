"""Kinds of jobs for tests, which write what they did into Redis, for other processes to see."""

import time
from typing import Any

from echomate import cache, jobs
from echomate.errors import DependencyAway
from echomate.jobs import Job


def note(payload: dict[str, Any], job: Job) -> None:
    """Counts its runs; sleeps, fails or finds something away as its payload says."""
    (runs,) = cache.ask(("INCR", f"ran:{job.id}"))
    if runs <= payload.get("hangs", 0):
        time.sleep(60)
    if runs <= payload.get("fails", 0):
        raise ValueError("as it was told")
    if runs <= payload.get("away", 0):
        raise DependencyAway("mail")
    if runs <= payload.get("goes_on", 0):
        raise jobs.Again(payload.get("pause", 0))


def enter() -> None:
    jobs.runs("test_note", lease_seconds=2, attempts=3)(note)
    jobs.runs("test_calm")(note)
    jobs.runs("test_passing", is_kept=False)(note)


def runs_of(job: Job) -> int:
    return int(cache.ask(("GET", f"ran:{job.id}"))[0] or 0)
