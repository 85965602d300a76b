"""The job that makes an export, and the one that removes it a day later.

Killed at any moment, it begins anew and writes the same object. A file is shown to a session that was stepped up only:
one that was left open must not take everything along.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from accounts import mail, stepping_up
from accounts.exporting import KEPT_SECONDS, KIND, key_of
from accounts.exporting.writing import Export
from accounts.models import ACTIVE, User
from accounts.selectors import stats
from echomate import ids, jobs, keys, objects
from echomate.config import config
from echomate.ids import rfc3339
from echomate.jobs import Job, Progress
from echomate.jobs.presentation import leads_to
from echomate.views import Viewer

REMOVAL = "export-removal"
LINK_SECONDS = 3600
CONTENT_TYPE = "application/zip"


@jobs.runs(KIND, is_shown=True)
def make(payload: dict[str, Any], job: Job) -> dict[str, Any]:
    """Write the export, announce it, and see to its end."""
    owner = _owner(payload)
    progress = Progress(job, steps=_rows_expected(owner.id) * 2)
    with objects.upload(key_of(owner.id, job.id), content_type=CONTENT_TYPE) as stream:
        export = Export(stream, owner, at=datetime.now(UTC), progress=progress)
        export.write()
        _owner(payload)
    expires = datetime.now(UTC) + timedelta(seconds=KEPT_SECONDS)
    _add_once(_removal(owner.id, job))
    _add_once(_mail(owner.id, job, expires))
    return {"bytes": stream.bytes, "rows": export.rows, "expires_at": rfc3339(expires)}


def _owner(payload: dict[str, Any]) -> User:
    user = User.read(keys.user(int(payload["user"])))
    if user is None or user.state != ACTIVE:
        raise jobs.Refused("The account is not active.")
    return user


def _rows_expected(user: int) -> int:
    return sum(stats.get([user])[user])


def _removal(user: int, job: Job) -> Job:
    return jobs.job(
        REMOVAL,
        {"key": key_of(user, job.id)},
        id=_id_beside(job, REMOVAL),
        user=user,
        delay=timedelta(seconds=KEPT_SECONDS),
    )


def _mail(user: int, job: Job, expires: datetime) -> Job:
    return mail.job(
        "export-ready",
        to=user,
        id_=_id_beside(job, "mail"),
        until=expires.strftime("%Y-%m-%d %H:%M UTC"),
        page=f"{config.web_url}/exports/{job.id}" if config.web_url else "",
    )


def _id_beside(job: Job, purpose: str) -> int:
    """The same for the same job, of a moment in the 17 minutes before it, so that nothing else has it."""
    digest = hashlib.sha256(f"{purpose} {job.id}".encode()).digest()
    return job.id - int.from_bytes(digest[:8], "big") % 2**42


def _add_once(job: Job) -> None:
    """A first try may have added it, with other words."""
    if Job.read(keys.job(job.id)) is None:
        jobs.add(job)


@jobs.runs(REMOVAL, is_kept=False)
def remove(payload: dict[str, Any], job: Job) -> None:
    objects.remove(payload["key"])


@leads_to(KIND)
def link(job: Job, viewer: Viewer) -> str | None:
    """Where the file is, for a day. Raises `Forbidden` (`step-up-required`)."""
    left = datetime.fromisoformat((job.result or {})["expires_at"]) - datetime.now(UTC)
    seconds = int(left.total_seconds())
    if seconds <= 0:
        return None
    stepping_up.require(viewer)
    name = f"export-{ids.instant(job.id):%Y-%m-%d}.zip"
    return objects.link(key_of(viewer.id, job.id), file_name=name, seconds=min(seconds, LINK_SECONDS))
