"""How gunicorn serves Echomate: threads, since a request waits for DynamoDB and Redis and computes little."""

import ctypes
import gc
import json
import os
import secrets
import socket
from typing import Any

from gunicorn import util

wsgi_app = "echomate.wsgi:application"
preload_app = True
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
limit_request_line = 8190
keepalive = 75
graceful_timeout = 2
control_socket_disable = True
accesslog = None  # every request is in the application's own log


MALLOPT_ARENA_MAX = -8


def share_arenas() -> None:
    """Threads share two heaps of glibc's: one of each thread's own would keep what its largest request once took."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(MALLOPT_ARENA_MAX, 2)


share_arenas()


def when_ready(_server: object) -> None:
    """What is loaded by now stays, in pages that all workers share: no garbage collection writes to them."""
    gc.collect()
    gc.freeze()


def child_exit(_server: object, worker: Any) -> None:
    """A worker's gauges end with it."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]  # the library leaves it unannotated


def write_problem(client: socket.socket, status: int, reason: str, message: str) -> None:
    """What gunicorn refuses before the application sees it is a problem document too."""
    problem = {
        "type": "/problems/internal-error" if status == 500 else "/problems/bad-request",
        "title": reason,
        "status": status,
        "detail": message or reason,
        "instance": "",
        "request_id": secrets.token_hex(8),
    }
    body = json.dumps(problem)
    lines = [
        f"HTTP/1.1 {status} {reason}",
        "Connection: close",
        "Content-Type: application/problem+json",
        f"X-Request-ID: {problem['request_id']}",
        f"Content-Length: {len(body)}",
    ]
    util.write_nonblock(client, "\r\n".join([*lines, "", body]).encode())


util.write_error = write_problem  # gunicorn has no setting for it
