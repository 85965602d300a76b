"""Jobs of the graph."""

from typing import Any

from echomate import jobs
from social import mute_ends, unlocking


@jobs.runs(unlocking.UNLOCK, is_kept=False)
def accept_waiting(payload: dict[str, Any], job: jobs.Job) -> None:
    """Accept those who wait at an account that was unlocked. A second try accepts those who are left."""
    unlocking.go_on(int(payload["user"]), moment=payload["moment"])


@jobs.runs(mute_ends.MUTE_END, is_kept=False)
def forget_feed(payload: dict[str, Any], job: jobs.Job) -> None:
    """Forget the feed of one whose mute is over. A second try forgets it again."""
    mute_ends.forget_feed(int(payload["user"]))
