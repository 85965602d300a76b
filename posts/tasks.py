"""Jobs of the posts."""

from itertools import islice
from typing import Any

from echomate import jobs
from posts import sweeping


@jobs.runs(sweeping.SWEEP, is_kept=False)
def sweep_post(payload: dict[str, Any], job: jobs.Job) -> None:
    """Remove what is left of a deleted post, a part at a time. A second try removes what is left then."""
    steps = sum(1 for _ in islice(sweeping.sweep(int(payload["post"])), sweeping.STEPS_AT_ONCE))
    if steps == sweeping.STEPS_AT_ONCE:
        raise jobs.Again
