"""Removes files of the private bucket when their time has come."""

from datetime import timedelta
from typing import Any

from echomate import jobs, objects
from echomate.jobs import Job

KIND = "file-removal"


def removal(key: str, *, after: timedelta, user: int, of: Job) -> Job:
    """The job that does so, not yet stored; the same for the same job `of` which the file is."""
    return jobs.job(KIND, {"key": key}, id=jobs.id_beside(of, KIND), user=user, delay=after)


@jobs.runs(KIND, is_kept=False)
def remove(payload: dict[str, Any], job: Job) -> None:
    objects.remove(payload["key"])
