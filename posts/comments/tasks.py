"""Jobs of comments."""

from typing import Any

from echomate import jobs
from posts.comments.services.sweeping import sweep_likes

SWEEP_LIKES = "comments.sweep_likes"


@jobs.runs(SWEEP_LIKES, is_kept=False)
def sweep_likes_of(payload: dict[str, Any], job: jobs.Job) -> None:
    """Remove the likes of a deleted comment. A second try removes those that are left."""
    for _ in sweep_likes(int(payload["comment"])):
        pass
