"""A job as its user sees it."""

from collections.abc import Callable
from typing import Any

from echomate.ids import rfc3339
from echomate.jobs.items import Job, State
from echomate.views import Viewer

ResultUrl = Callable[[Job, Viewer], str | None]

STATES = {State.NEW: "waiting"}
FAILED = "Something went wrong here. Please try again later."

_result_urls: dict[str, ResultUrl] = {}


def leads_to(kind: str) -> Callable[[ResultUrl], ResultUrl]:
    """Enter what makes the URL of what jobs of a kind have made, None where that is gone. It may refuse."""

    def enter(result_url: ResultUrl) -> ResultUrl:
        _result_urls[kind] = result_url
        return result_url

    return enter


def present(job: Job, viewer: Viewer) -> dict[str, Any]:
    """The `job` shape. Raises what the maker of its URL raises."""
    state = State(job.state)
    made = _result_urls.get(job.kind) if state is State.DONE else None
    return {
        "id": str(job.id),
        "kind": job.kind,
        "state": STATES.get(state, state.value),
        "progress": 100 if state is State.DONE else int(job.progress or 0),
        "result_url": made(job, viewer) if made else None,
        "result": job.result,
        "error": job.refusal or FAILED if state is State.FAILED else None,
        "created_at": rfc3339(job.id),
    }
