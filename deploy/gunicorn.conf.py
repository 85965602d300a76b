"""How gunicorn serves Echomate: threads, since a request waits for DynamoDB and Redis and computes little.

A thread serves one request at a time, so what a client may make it wait for is bounded here. Many clients who are slow
on purpose are the business of the proxy before it (`deploy/nginx.conf`), which passes on whole requests.
"""

import ctypes
import errno
import gc
import json
import os
import secrets
import select
import selectors
import socket
import threading
import time
from contextlib import suppress
from functools import cache, partial
from importlib import import_module
from typing import Any

from gunicorn import util
from gunicorn.http import wsgi
from gunicorn.http.body import LengthReader
from gunicorn.http.parser import RequestParser
from gunicorn.workers.gthread import TConn, ThreadWorker

from echomate import serving

HEAD_SECONDS = float(os.environ.get("WEB_HEAD_SECONDS", "5"))
BODY_SECONDS = float(os.environ.get("WEB_BODY_SECONDS", "20"))
ANSWER_SECONDS = float(os.environ.get("WEB_ANSWER_SECONDS", "60"))
STAY_MILLISECONDS = 10
FREE_THREADS = 2
"""So many threads wait for no connection in particular."""
TRIM_SECONDS = 10
"""So often a worker gives back memory that it doesn't use."""
LINGER_SECONDS = 0.5
"""So long a connection that is closed is read on, or its client would see a reset in place of the answer."""


class BoundedSocket(socket.socket):
    """Reads and writes until set moments, however little goes at a time. What is too slow is as one that was reset."""

    read_until = written_until = float("inf")
    holds_next = False
    """Whether what is written next is the head of an answer, which goes out with the body: a packet, not two."""
    held = b""

    def recv(self, size: int, flags: int = 0) -> bytes:
        if self.gettimeout() is None and time.monotonic() < self.read_until:
            with suppress(BlockingIOError):  # what is there already needs no timeout
                return super().recv(size, flags | socket.MSG_DONTWAIT)
        return self._within(self.read_until, super().recv, size, flags)  # type: ignore[no-any-return]  # it is what recv gives

    def send(self, data: Any, flags: int = 0) -> int:
        """Of gunicorn's "100 Continue" alone."""
        until = min(self.written_until, time.monotonic() + ANSWER_SECONDS)
        return int(self._within(until, super().send, data, flags))

    def sendall(self, data: Any, flags: int = 0) -> None:
        if self.holds_next:
            self.holds_next, self.held = False, bytes(data)
            return
        if self.written_until == float("inf"):
            self.written_until = time.monotonic() + ANSWER_SECONDS
        if self.held:
            data, self.held = self.held + data, b""
        sent = 0
        if self.gettimeout() is None:
            with suppress(BlockingIOError):
                sent = super().send(data, flags | socket.MSG_DONTWAIT)
        if sent < len(data):
            self._within(self.written_until, super().sendall, memoryview(data)[sent:], flags)

    def flush(self) -> None:
        """Write the head of an answer that has no body."""
        self.holds_next = False
        if self.held and self.fileno() != -1:
            self.sendall(b"")

    def _within(self, until: float, act: Any, *args: Any) -> Any:
        left = until - time.monotonic()
        try:
            if left <= 0:
                raise TimeoutError
            self.settimeout(min(left, ANSWER_SECONDS))
            return act(*args)
        except TimeoutError as error:
            raise ConnectionResetError(errno.ECONNRESET, "the client is too slow") from error

    def setblocking(self, flag: bool) -> None:  # noqa: FBT001 - socket's
        if self.fileno() != -1 and self.gettimeout() != (
            None if flag else 0.0
        ):  # gunicorn asks after the end too
            super().setblocking(flag)


class BoundedWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Threads whose clients are given so long for the head of a request, its body, and to take the answer."""

    def accept(self, listener: Any) -> None:
        """A new connection takes up a thread when it sends something."""
        try:
            accepted, address = listener.accept()
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        self.nr_conns += 1
        client = BoundedSocket(fileno=accepted.detach())
        connection = TConn(self.cfg, client, address, listener.getsockname())
        connection.timeout = time.monotonic() + HEAD_SECONDS
        self.pending_conns.append(connection)
        readable = partial(self.on_pending_socket_readable, connection)
        self.poller.register(client, selectors.EVENT_READ, readable)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._may_stay = threading.Semaphore(max(0, self.cfg.threads - FREE_THREADS))
        self._trim_at = 0.0

    def init_process(self) -> None:
        """Each request asks the settings 40 times, else each time by way of their `__getattr__`."""
        self.cfg.__dict__.update({name: setting.get() for name, setting in self.cfg.settings.items()})
        super().init_process()

    def notify(self) -> None:
        """Gunicorn calls it at least once a second."""
        super().notify()
        if time.monotonic() >= self._trim_at:
            trim_heap()
            self._trim_at = time.monotonic() + TRIM_SECONDS

    def handle(self, conn: Any) -> Any:
        result = self._answer(conn)
        while result is True and self._another_follows(conn):
            result = self._answer(conn)
        if result is False:  # or the loop that serves all connections would wait for this one to end
            conn.sock.read_until = time.monotonic() + LINGER_SECONDS
            util.close_graceful(conn.sock, timeout=LINGER_SECONDS)
        return result

    def _answer(self, conn: Any) -> Any:
        conn.sock.read_until = time.monotonic() + HEAD_SECONDS
        conn.sock.written_until = float("inf")
        result = super().handle(conn)
        conn.sock.flush()
        return result

    def _another_follows(self, conn: Any) -> bool:
        """Whether the next request of a connection comes at once: this thread waits for it, if there are others.

        The way of a connection through gunicorn's loop and queue to another thread costs as much as the rest of it.
        Where others wait in that queue, this one takes its place behind them.
        """
        if conn.parser.unreader.buf.getvalue() or self._is_waited_for:
            return False
        if not self._may_stay.acquire(blocking=False):
            return False
        try:
            waiting = select.poll()
            waiting.register(conn.sock, select.POLLIN)
            return bool(waiting.poll(STAY_MILLISECONDS)) and not self._is_waited_for
        finally:
            self._may_stay.release()

    @property
    def _is_waited_for(self) -> bool:
        return bool(self.tpool._work_queue.qsize())  # the executor has no name for it that is public

    def _keepalive_after(self, conn: Any, keepalive: Any) -> Any:
        """Gunicorn looks for the rest of a body even where there is none, with two calls of the kernel."""
        reader = conn.parser.mesg.body.reader
        if keepalive and isinstance(reader, LengthReader) and not reader.length:
            return True
        return super()._keepalive_after(conn, keepalive)

    def handle_request(self, req: Any, conn: Any) -> Any:
        conn.sock.read_until = time.monotonic() + BODY_SECONDS
        conn.sock.holds_next = True
        result = super().handle_request(req, conn)
        conn.sock.flush()
        return result


wsgi_app = "echomate.wsgi:application"
preload_app = True
worker_class = BoundedWorker
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
limit_request_line = 8190
secure_scheme_headers: dict[str, str] = {}  # TRUSTED_PROXIES tells Django whose X-Forwarded-Proto counts
sendfile = False  # it would write past the bounds of `BoundedSocket`
keepalive = 75
graceful_timeout = 2
control_socket_disable = True
accesslog = None  # every request is in the application's own log

# Look-ups of names have no timeout but the resolver's own, 10 s and more: a request would wait as long.
RESOLVER_BOUNDS = "timeout:1 attempts:2"
resolver_options = os.environ.get("RES_OPTIONS", "")
if not resolver_options.startswith(RESOLVER_BOUNDS):  # a reload of gunicorn comes here again
    os.environ["RES_OPTIONS"] = f"{RESOLVER_BOUNDS} {resolver_options}".rstrip()

libc = ctypes.CDLL(None)
MALLOPT_ARENA_MAX = -8


def share_arenas() -> None:
    """Threads share two heaps of glibc's: one of each thread's own would keep what its largest request once took."""
    if hasattr(libc, "mallopt"):
        libc.mallopt(MALLOPT_ARENA_MAX, 2)


def trim_heap() -> None:
    """Give free pages back, which glibc keeps: 5 MB of a worker, within a millisecond."""
    if hasattr(libc, "malloc_trim"):
        libc.malloc_trim(0)


share_arenas()


def when_ready(_server: object) -> None:
    """What is loaded by now stays, in pages that all workers share: no garbage collection writes to them.

    So what is loaded when it is first needed is loaded here.
    """
    import_module("django_redis.cache")
    import_module("django_redis.client")
    import_module("posts.text.language").model()
    make_client_of_s3()
    gc.collect()
    gc.freeze()
    trim_heap()
    gc.set_threshold(20_000, 20, 20)  # a page makes thousands of objects and no cycles: 4 % of a home feed


def make_client_of_s3() -> None:
    """It takes 15 MB and has no connection yet.

    Where the keys are those of a role, each worker makes its own: its connection to renew them must not be shared.
    """
    from echomate import objects
    from echomate.config import config

    if config.aws_access_key_id:
        objects.s3()


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


# gunicorn has no settings for these. Errors of a request go to standard error, which is never opened anew.
util.write_error = write_problem
util.http_date = serving.date
RequestParser.mesg_class = serving.PlainRequest
wsgi.Response = serving.PlainResponse
wsgi.WSGIErrorsWrapper = cache(wsgi.WSGIErrorsWrapper)
