"""After a mute's end: the feed that was built without the muted one's posts is forgotten, by a job of that moment."""

from datetime import timedelta

from echomate import cache, jobs
from echomate.projections import Change
from social import invalidation

MUTE_END = "mute_end"
MARGIN_SECONDS = 1
"""Clocks of processes differ by less."""


def expect(user: int, *, end: int, change: Change) -> None:
    """`change` is the record of the mute: again it adds nothing."""
    moment = int(change.at.timestamp() * 1000)
    id_ = jobs.id_before(moment, of=f"{MUTE_END} {user} {change.sequence}")
    delay = timedelta(seconds=max(0, end - change.at.timestamp()) + MARGIN_SECONDS)
    jobs.add(jobs.job(MUTE_END, {"user": str(user)}, id=id_, user=user, delay=delay))


def forget_feed(user: int) -> None:
    cache.ask(*invalidation.after_unmute(user))
