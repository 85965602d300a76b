"""Asking for an export."""

from accounts.exporting import KIND
from accounts.models import ACTIVE, User
from echomate import cache, jobs, keys, transactions
from echomate.dynamodb import DynamoDBError
from echomate.errors import Conflict
from echomate.idempotency import Creation
from echomate.jobs import Job, State
from echomate.stream import wake


def export_begun(user: User, creation: Creation | None = None) -> Job | None:
    """The one that an earlier try of the creation has begun; else the one that is being made, or waits to be."""
    begun = Job.read(keys.job(creation.id)) if creation and creation.is_repeated else None
    return begun or _under_way(user)


def _under_way(user: User) -> Job | None:
    job = Job.read(keys.job(int(user.export_job))) if user.export_job else None
    return None if job is None or job.state in (State.DONE, State.FAILED) else job


def start_export(user: User, creation: Creation | None = None) -> Job:
    """Start the job that makes an export; the one that another call has started meanwhile, where there is one."""
    job = jobs.job(KIND, {"user": str(user.id)}, id=creation.id if creation else None, user=user.id)
    mine = transactions.update(
        keys.user(user.id),
        change="SET #ExportJob = :job",
        condition="#State = :active AND (attribute_not_exists(#ExportJob) OR #ExportJob = :seen)",
        job=job.id,
        active=ACTIVE,
        seen=int(user.export_job or 0),
    )
    try:
        transactions.commit([mine, jobs.put_item(job)])
    except DynamoDBError as error:
        if not transactions.failed(error, 0):
            raise
        return _others(user)
    cache.forget_parts([wake.COMMAND])
    return job


def _others(user: User) -> Job:
    found = User.read(keys.user(user.id))
    job = _under_way(found) if found else None
    if job is None:
        raise Conflict
    return job
