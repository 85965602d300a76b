"""Celery wakes workers for jobs and keeps nothing: no results, no beat. Tasks carry a job's id.

celery -A echomate.celery worker -P threads
"""

import logging
import os
import time
from functools import cache

from celery import Celery
from kombu.exceptions import OperationalError

from echomate import jobs
from echomate.config import config
from echomate.errors import DependencyAway

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "echomate.settings")

TASK = "echomate.run_job"
QUEUE = "echomate-jobs"
REST_SECONDS = 10.0
"""So long a broker that failed is left alone: one that hangs costs its caller, say the projector, 5 s a task."""

AWAY_SECONDS = 1.0
"""So long a worker waits with a wake-up that found a store away."""

logger = logging.getLogger(__name__)

resting_until = 0.0
"""On the monotonic clock."""

app = Celery("echomate", broker=config.celery_broker_url or config.redis_state_url)
app.conf.update(
    task_serializer="json",
    accept_content=["json"],
    task_ignore_result=True,
    task_acks_late=True,
    task_default_queue=QUEUE,
    task_publish_retry=False,
    worker_prefetch_multiplier=4,
    worker_hijack_root_logger=False,
    worker_enable_remote_control=False,
    worker_send_task_events=False,
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "region": config.aws_region,
        "socket_connect_timeout": 1.0,
        "socket_timeout": 5.0,
        "visibility_timeout": 3600,
    },
)
app.autodiscover_tasks()


def _run_job(job_id: str) -> None:
    """A wake-up that finds a store away is sent again: the schedule would do so after the job's grace only."""
    try:
        jobs.run(int(job_id))
    except DependencyAway as away:
        logger.warning("job %s is sent again: %s", job_id, away)
        time.sleep(AWAY_SECONDS)
        jobs.send(int(job_id))


run_job = app.task(name=TASK)(_run_job)


def send_task(job_id: int, *, probes: bool = False) -> None:
    """Raises `DependencyAway`. Who `probes` asks a broker also while it is left alone."""
    global resting_until
    if not probes and time.monotonic() < resting_until:
        raise DependencyAway("broker", "the broker could not be reached a moment ago")
    try:
        app.send_task(TASK, args=[str(job_id)])
    except _broker_errors() as error:
        resting_until = time.monotonic() + REST_SECONDS
        raise DependencyAway("broker", f"the broker can't be reached: {error}") from error
    resting_until = 0.0


@cache
def _broker_errors() -> tuple[type[Exception], ...]:
    """What the broker's client raises when it can't reach it; kombu wraps but a part of that."""
    broker = app.connection_for_write()
    return (OperationalError, OSError, *broker.connection_errors, *broker.channel_errors)
