"""The job that takes an export in. Killed at any moment, it begins anew and finds what it has taken."""

from datetime import timedelta
from typing import Any

from accounts import removing
from accounts.importing import KIND
from accounts.importing.archive import OldExport
from accounts.importing.taking import Taking, active, files
from echomate import jobs, objects
from echomate.jobs import Job, Progress, Refused

KEPT = timedelta(minutes=10)
"""So long the file stays after the end: a job that was killed just before runs once more."""


@jobs.runs(KIND, is_shown=True)
def take_in(payload: dict[str, Any], job: Job) -> dict[str, Any]:
    """The report of what was taken."""
    user, key = int(payload["user"]), str(payload["key"])
    end = removing.removal(key, after=KEPT, user=user, of=job)
    try:
        report = _take(user, key, job)
    except Refused:
        jobs.add_once(end)
        raise
    jobs.add_once(end)
    return report


def _take(user: int, key: str, job: Job) -> dict[str, Any]:
    active(user)
    file = objects.read(key)
    if file is None:
        raise Refused("The file is not there any more.")
    with file, OldExport(file) as export:
        taking = Taking(user, export)
        progress = Progress(job, steps=2 * export.size(files()))
        export.on_read = progress.advance
        export.check(files())
        taking.take()
    return taking.report.document()
