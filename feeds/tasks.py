"""Jobs of the feeds."""

from typing import Any

from echomate import jobs
from feeds import fan_out, returning


@jobs.runs(fan_out.FAN_OUT, lease_seconds=int(fan_out.PATIENCE.total_seconds()))
def deliver_to_page(payload: dict[str, Any], job: jobs.Job) -> None:
    """Push a post to the page of followers below an edge. A second try pushes to sorted places, once."""
    fan_out.deliver(
        int(payload["post"]),
        author=int(payload["author"]),
        after=int(payload["after"]),
        once=job.attempts > 1,
    )


@jobs.runs(returning.RETURN)
def forget_homes(payload: dict[str, Any], job: jobs.Job) -> None:
    """Forget the homes of a page of followers. A second try forgets them again."""
    returning.forget_homes(
        int(payload["user"]),
        moment=payload["moment"],
        change=payload["change"],
        after=int(payload["after"]) if payload["after"] else None,
    )
