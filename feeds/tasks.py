"""Jobs of the feeds."""

from typing import Any

from echomate import jobs
from feeds import fan_out


@jobs.runs(fan_out.FAN_OUT, lease_seconds=int(fan_out.PATIENCE.total_seconds()))
def deliver_to_page(payload: dict[str, Any], job: jobs.Job) -> None:
    """Push a post to the page of followers below an edge. A second try pushes to sorted places, once."""
    fan_out.deliver(
        int(payload["post"]),
        author=int(payload["author"]),
        after=int(payload["after"]),
        once=job.attempts > 1,
    )
