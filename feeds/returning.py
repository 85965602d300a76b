"""Feeds after somebody is back who was hidden: their posts are missing from the homes that were built meanwhile.

So their followers' homes are forgotten, a page of followers at a time, and built anew at the next visit.
"""

import hashlib
from datetime import datetime

from echomate import cache, ids, jobs, keys
from echomate.config import config
from social.selectors import followers_after

RETURN = "return"


def begin(user: int, *, at: datetime, change: str) -> None:
    """Have the homes of all followers forgotten. `change` is the record of the return: again it adds nothing."""
    _add(user, moment=int(at.timestamp() * 1000), change=change, after=None)


def _add(user: int, *, moment: int, change: str, after: int | None) -> None:
    payload = {"user": str(user), "moment": moment, "change": change, "after": after and str(after)}
    job = jobs.job(RETURN, payload, id=_job_id(user, moment, change, after), user=user, sends_itself=True)
    jobs.add(job)
    jobs.send(job.id)


def _job_id(user: int, moment: int, change: str, after: int | None) -> int:
    """As that of a page of fan-out: the same for the same page, in the 17 minutes before the moment."""
    digest = hashlib.sha256(f"{RETURN} {user} {change} {after}".encode()).digest()
    return ids.id_at_milliseconds(moment) - int.from_bytes(digest[:8]) % 2**42


def forget_homes(user: int, *, moment: int, change: str, after: int | None) -> None:
    """Those of one page of followers, below the edge `after`; the next page is a job of its own."""
    edges = followers_after(user, after, config.fan_out_page)
    if len(edges) == config.fan_out_page:
        _add(user, moment=moment, change=change, after=edges[-1][0])
    homes = [keys.feed(reader) for reader in (user, *(follower for _, follower in edges))]
    cache.ask(*(("DEL", key) for key in (keys.cached_user(user), *homes)))
