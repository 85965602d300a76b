"""After an account is unlocked: those who wait are accepted, by a job that goes on where it stopped."""

from datetime import datetime

from echomate import jobs, table
from social.services.requests import accept_page

UNLOCK = "unlock"
SETTLED_MILLISECONDS = 10_000
"""Longer than an index lags: so long after the unlocking the job looks again."""
REST_SECONDS = 1.0


def begin(user: int, *, at: datetime, change: str) -> None:
    """`change` is the record of the unlocking: again it adds nothing."""
    moment = int(at.timestamp() * 1000)
    payload = {"user": str(user), "moment": moment}
    id_ = jobs.id_before(moment, of=f"{UNLOCK} {user} {change}")
    jobs.add(jobs.job(UNLOCK, payload, id=id_, user=user))


def go_on(user: int, *, moment: int) -> None:
    """Accept a page of those who wait. Raises `Again` where there may be more."""
    waiting = accept_page(user)
    if waiting:
        raise jobs.Again
    if waiting == 0 or table.clock() < moment + SETTLED_MILLISECONDS:
        raise jobs.Again(REST_SECONDS)
