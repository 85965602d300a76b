"""Jobs of the posts."""

from typing import Any

from echomate import jobs
from posts import sweeping


@jobs.runs(sweeping.SWEEP, lease_seconds=sweeping.LEASE_SECONDS, is_kept=False)
def sweep_post(payload: dict[str, Any], job: jobs.Job) -> None:
    """Remove what is left of a deleted post. A second try removes what is left then."""
    progress = jobs.Progress(job, steps=sweeping.STEPS)
    for _ in sweeping.sweep(int(payload["post"])):
        progress.advance()
