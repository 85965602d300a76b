"""Jobs of media."""

from typing import Any

from echomate import jobs
from media import orphans, processing_job, publishing


@jobs.runs(
    processing_job.KIND,
    lease_seconds=processing_job.LEASE_SECONDS,
    attempts=processing_job.ATTEMPTS + 1,
    is_kept=False,
)
def process(payload: dict[str, Any], job: jobs.Job) -> None:
    """See `processing_job`."""
    processing_job.run(payload, job)


@jobs.runs(orphans.KIND, is_kept=False)
def remove(payload: dict[str, Any], job: jobs.Job) -> None:
    """A second try finds what is left."""
    orphans.sweep(payload)


@jobs.runs(publishing.KIND, is_kept=False)
def publish(payload: dict[str, Any], job: jobs.Job) -> None:
    """A second try does the same."""
    publishing.publish(payload, job)
