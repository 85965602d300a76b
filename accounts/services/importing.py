"""Bringing an export."""

from typing import BinaryIO

from accounts.importing import KIND, key_of
from accounts.models import User
from echomate import ids, jobs, objects
from echomate.jobs import Job


def start_import(user: User, file: BinaryIO) -> Job:
    """Store the ZIP and the job that takes it into the account. The caller runs it, or leaves it to the schedule."""
    job_id = ids.new_id()
    key = key_of(user.id, job_id)
    objects.put(key, file, content_type="application/zip")
    job = new_import(user.id, key=key, job=job_id, sends_itself=True)
    jobs.add(job)
    return job


def new_import(user: int, *, key: str, job: int, sends_itself: bool = False) -> Job:
    """The job that takes a ZIP of the private bucket into an account, not yet stored."""
    return jobs.job(KIND, {"user": str(user), "key": key}, id=job, user=user, sends_itself=sends_itself)
