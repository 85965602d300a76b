"""The import of a ZIP that was uploaded for it."""

from accounts.services.importing import new_import
from echomate import ids, jobs, keys, transactions
from echomate.dynamodb import DynamoDBError
from echomate.idempotency import Creation
from echomate.jobs import Job
from media import files
from media.purposes import Purpose
from media.services.attaching import attach_items, require_ready
from media.services.telling import tell

FIELD = "media_id"


def start_import(*, owner: int, media: int, creation: Creation | None = None) -> Job:
    """Begin the job that takes it in, once; what an earlier try has begun is found. Raises as `require_ready`."""
    id_ = creation.id if creation else ids.new_id()
    there = Job.read(keys.job(id_)) if creation and creation.is_repeated else None
    if there is not None:
        return there
    job = new_import(owner, key=files.upload(Purpose.IMPORT, owner, media), job=id_)
    require_ready(owner, [media], to=job.pk, purpose=Purpose.IMPORT, field=FIELD)
    try:
        transactions.commit(
            [*attach_items(owner, [media], to=job.pk, purpose=Purpose.IMPORT), jobs.put_item(job)]
        )
    except DynamoDBError as error:
        if not transactions.failed(error, 0):
            raise
        require_ready(owner, [media], to=job.pk, purpose=Purpose.IMPORT, field=FIELD)
        raise
    tell()
    return job
