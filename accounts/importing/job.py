"""The job that takes an export in. Killed at any moment, it begins anew and finds what it has taken."""

from datetime import timedelta
from typing import Any

from accounts import removing
from accounts.importing import KIND
from accounts.importing.archive import OldExport
from accounts.importing.taking import Taking, active, files, unpacked
from echomate import ids, jobs, objects, table
from echomate.jobs import Again, Job, Progress, Refused

KEPT = timedelta(minutes=10)
"""So long the file stays after the end: a job that was killed just before runs once more."""
LONGEST = timedelta(hours=20)
"""Within a day, since pictures that nothing shows are removed after one."""
LONGEST_REST_SECONDS = 30


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
        etag = objects.etag(file)
        is_checked = job.note == etag
        progress = Progress(job, steps=export.size(files()) * (1 if is_checked else 2))
        export.on_read = progress.advance
        if not is_checked:
            export.check(files(), unpacked=unpacked())
        try:
            taking.take()
        except Again as again:
            raise _later(job, again.seconds, note=etag) from again
    return taking.report.document()


def _later(job: Job, seconds: float, *, note: str) -> Again:
    """Each round reads the rows anew as far as it comes, so the rests grow with the time that it takes."""
    passed = (table.clock() - ids.milliseconds(job.id)) / 1000
    if passed > LONGEST.total_seconds():
        raise Refused("The pictures and videos could not be processed within a day.")
    return Again(min(LONGEST_REST_SECONDS, max(seconds, passed / 20)), note=note)
