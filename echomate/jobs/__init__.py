"""Work that must happen, but not within a request: mail, media, erasure, deliveries.

The job item is the truth, the Celery task only wakes a worker. A job runs at least once: its handler must
bear that.

    @jobs.runs("mail")                                   # in an app's tasks.py
    def send_mail(payload: dict[str, Any], job: Job) -> None: ...

    job = jobs.job("mail", {"to": ...}, user=user)       # then jobs.add(job), or within a transaction
"""

from echomate.jobs.due import Sender
from echomate.jobs.items import Job, State, add, failed, job, put_item, send, shards_of
from echomate.jobs.running import Again, kinds, retry, run, runs

__all__ = [
    "Again",
    "Job",
    "Sender",
    "State",
    "add",
    "failed",
    "job",
    "kinds",
    "put_item",
    "retry",
    "run",
    "runs",
    "send",
    "shards_of",
]
