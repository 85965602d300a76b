"""Celery wakes workers for jobs and keeps nothing: no results, no beat. Tasks carry a job's id.

celery -A echomate.celery worker -P threads
"""

import os

from celery import Celery

from echomate import jobs
from echomate.config import config

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "echomate.settings")

TASK = "echomate.run_job"
QUEUE = "echomate-jobs"

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
    jobs.run(int(job_id))


run_job = app.task(name=TASK)(_run_job)


def send_task(job_id: int) -> None:
    """Raises kombu's OperationalError when the broker can't be reached."""
    app.send_task(TASK, args=[str(job_id)])
