"""What follows from a change of a medium: the jobs that process it, look after it and remove its objects."""

from echomate import jobs
from echomate.projections import Change, Effects, Image, projects
from media import orphans, processing_job
from media.models import State
from media.services.telling import stale


@projects("media")
def media_changed(change: Change, effects: Effects) -> None:
    if change.kind == "insert":
        jobs.add_once(orphans.expect(change.item, at=change.at))
    elif change.kind == "remove":
        jobs.add_once(orphans.removal(change.item, at=change.at))
    else:
        _modified(change.old or {}, change.item)
    effects.forget(*stale(change.item.get("Attached")))


def _modified(before: Image, after: Image) -> None:
    if after["State"] == State.PROCESSING and before.get("State") != State.PROCESSING:
        payload = {"media": str(after["Id"]), "owner": str(after["Owner"]), "purpose": after["Purpose"]}
        jobs.add_once(jobs.job(processing_job.KIND, payload, id=after["Job"], user=after["Owner"]))
