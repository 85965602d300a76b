"""Work that must happen, but not within a request: mail, media, erasure, deliveries.

The job item is the truth, the Celery task only wakes a worker. A job runs at least once: its handler must
bear that.

    @jobs.runs("mail")                                   # in an app's tasks.py
    def send_mail(payload: dict[str, Any], job: Job) -> None: ...

    job = jobs.job("mail", {"to": ...}, user=user)       # then jobs.add(job), or within a transaction
"""

from echomate.jobs.due import Sender
from echomate.jobs.items import (
    Job,
    State,
    add,
    add_once,
    failed,
    id_before,
    id_beside,
    job,
    put_item,
    send,
    shards_of,
)
from echomate.jobs.progress import Progress
from echomate.jobs.running import Again, Busy, ClaimLost, Refused, is_shown, kinds, retry, run, runs

__all__ = [
    "Again",
    "Busy",
    "ClaimLost",
    "Job",
    "Progress",
    "Refused",
    "Sender",
    "State",
    "add",
    "add_once",
    "failed",
    "id_before",
    "id_beside",
    "is_shown",
    "job",
    "kinds",
    "put_item",
    "retry",
    "run",
    "runs",
    "send",
    "shards_of",
]
