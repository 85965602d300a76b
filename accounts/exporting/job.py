"""The job that makes an export.

Killed at any moment, it begins anew and writes the same object. A file is shown to a session that was stepped up only:
one that was left open must not take everything along.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from accounts import mail, removing, stepping_up
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
    kept = timedelta(seconds=KEPT_SECONDS)
    expires = datetime.now(UTC) + kept
    jobs.add_once(removing.removal(key_of(owner.id, job.id), after=kept, user=owner.id, of=job))
    jobs.add_once(_mail(owner.id, job, expires))
    return {"bytes": stream.bytes, "rows": export.rows, "expires_at": rfc3339(expires)}


def _owner(payload: dict[str, Any]) -> User:
    user = User.read(keys.user(int(payload["user"])))
    if user is None or user.state != ACTIVE:
        raise jobs.Refused("The account is not active.")
    return user


def _rows_expected(user: int) -> int:
    return sum(stats.get([user])[user])


def _mail(user: int, job: Job, expires: datetime) -> Job:
    return mail.job(
        "export-ready",
        to=user,
        id_=jobs.id_beside(job, "mail"),
        until=expires.strftime("%Y-%m-%d %H:%M UTC"),
        page=f"{config.web_url}/exports/{job.id}" if config.web_url else "",
    )


@leads_to(KIND)
def link(job: Job, viewer: Viewer) -> str | None:
    """Where the file is, for a day. Raises `StepUpRequired`."""
    left = datetime.fromisoformat((job.result or {})["expires_at"]) - datetime.now(UTC)
    seconds = int(left.total_seconds())
    if seconds <= 0:
        return None
    stepping_up.require(viewer)
    name = f"export-{ids.instant(job.id):%Y-%m-%d}.zip"
    return objects.link(key_of(viewer.id, job.id), file_name=name, seconds=min(seconds, LINK_SECONDS))
