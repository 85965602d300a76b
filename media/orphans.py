"""What becomes of media that nothing uses a day after they began, and of the objects of those that are gone."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from echomate import dynamodb, ids, jobs, keys, table, transactions
from echomate.jobs import Job
from echomate.jobs import State as JobState
from media import files
from media.models import Media
from media.purposes import Purpose

KIND = "media-removal"
AFTER = timedelta(hours=24)
REST_SECONDS = 3600.0
EARLIEST = timedelta(seconds=1)


def expect(media: Mapping[str, Any], *, at: datetime) -> Job:
    """The job, not yet stored, that looks a day after its beginning whether something uses a medium (of a record).

    An imported one begins later than its id says.
    """
    due = max(ids.instant(media["Id"]), at) + AFTER
    return _job(media, "orphan", at=at, delay=max(due - datetime.now(UTC), EARLIEST))


def removal(media: Mapping[str, Any], *, at: datetime) -> Job:
    """The job, not yet stored, that removes the objects of a medium that is gone."""
    return _job(media, "removal", at=at, delay=timedelta(0))


def _job(media: Mapping[str, Any], purpose: str, *, at: datetime, delay: timedelta) -> Job:
    payload = {"media": str(media["Id"]), "owner": str(media["Owner"]), "purpose": media["Purpose"]}
    id_ = jobs.id_before(int(at.timestamp() * 1000), of=f"{KIND} {purpose} {media['Id']}")
    return jobs.job(KIND, payload, id=id_, user=media["Owner"], delay=delay)


def sweep(payload: dict[str, Any]) -> None:
    """Remove what nothing uses. The item goes first; a second job then finds it gone."""
    owner, media_id = int(payload["owner"]), int(payload["media"])
    media = Media.read(keys.media(media_id))
    if media is None:
        files.remove(Purpose(payload["purpose"]), owner, media_id)
    elif not _is_in_use(media):
        _remove(media)


def _is_in_use(media: Media) -> bool:
    """An import is over with its job, which has removed the file."""
    if not media.attached or media.purpose != Purpose.IMPORT:
        return bool(media.attached)
    job = Job.read(keys.job(table.last_id(media.attached)))
    if job is not None and job.state not in (JobState.DONE, JobState.FAILED):
        raise jobs.Again(REST_SECONDS)
    return False


def _remove(media: Media) -> None:
    """Unless something has begun to use it."""
    attached = {"attached": media.attached} if media.attached else {}
    condition = "#Attached = :attached" if attached else "attribute_not_exists(#Attached)"
    gone = transactions.delete((media.pk, media.sk), condition=condition, **attached)
    dynamodb.attempt("DeleteItem", gone["Delete"])
