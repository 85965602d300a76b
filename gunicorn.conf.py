"""How gunicorn serves Echomate: threads, since a request waits for DynamoDB and Redis and computes little."""

import os
from typing import Any

wsgi_app = "echomate.wsgi:application"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
keepalive = 75
graceful_timeout = 2
control_socket_disable = True
accesslog = None  # every request is in the application's own log


def child_exit(_server: object, worker: Any) -> None:
    """A worker's gauges end with it."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]  # the library leaves it unannotated
