"""Connections that are kept alive: more of them than threads, requests that come together, answers without a body."""

import gc
import http.client
import os
import runpy
import socket
import struct
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from io import BytesIO
from types import SimpleNamespace

import pytest
from gunicorn.config import Config

from echomate import objects
from echomate.config import config
from echomate.objects.buckets import Bucket
from echomate.testing.configuration import configured
from echomate.testing.stack import Stack
from echomate.tests.over_http import TIMELINE, Server

THREADS = 4
CONNECTIONS = 12
ROUNDS = 5
BOUNDS = "timeout:1 attempts:2"
SECONDS = 60


@pytest.fixture(scope="module")
def server(stack: Stack, _empty_tables: None) -> Iterator[Server]:
    server = Server(stack, debug=False, WEB_CONCURRENCY="1", WEB_THREADS=str(THREADS))
    yield server
    server.process.stop()


def connect(server: Server) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", server.port, timeout=SECONDS)


def test_more_connections_than_threads_are_all_served_again_and_again(server: Server) -> None:
    connections = [connect(server) for _ in range(CONNECTIONS)]
    sockets = []
    for _ in range(ROUNDS):
        for connection in connections:
            connection.request("GET", "/health")
        for connection in connections:
            answer = connection.getresponse()
            assert (answer.status, answer.headers["Connection"]) == (200, "keep-alive")
            answer.read()
        sockets.append([connection.sock for connection in connections])
    assert all(later == sockets[0] for later in sockets)
    for connection in connections:
        connection.close()


def test_a_thread_stays_with_no_connection_while_others_wait_for_a_thread() -> None:
    """Or a few who ask without end would keep all threads to themselves."""
    worker_class = runpy.run_path(str(config.source_dir / "deploy" / "gunicorn.conf.py"))["BoundedWorker"]
    worker = worker_class.__new__(worker_class)
    worker._may_stay = threading.Semaphore(1)
    ours, theirs = socket.socketpair()
    reader = SimpleNamespace(unreader=SimpleNamespace(buf=BytesIO()))
    connection = SimpleNamespace(sock=ours, parser=reader)
    go_on = threading.Event()
    with ours, theirs, ThreadPoolExecutor(1) as worker.tpool:
        theirs.sendall(b"GET")
        assert worker._another_follows(connection)
        try:
            worker.tpool.submit(go_on.wait)
            worker.tpool.submit(go_on.wait)
            assert not worker._another_follows(connection)
        finally:
            go_on.set()


def test_100_continue_is_held_up_by_no_client_that_reads_nothing() -> None:
    bounded_socket = runpy.run_path(str(config.source_dir / "deploy" / "gunicorn.conf.py"))["BoundedSocket"]
    ours, theirs = socket.socketpair()
    with theirs, bounded_socket(fileno=ours.detach()) as client:
        client.setblocking(False)
        with suppress(BlockingIOError):
            while True:
                socket.socket.send(client, bytes(65_536))
        client.setblocking(True)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("@ll", SECONDS, 0))
        client.written_until = time.monotonic() + 0.05
        with pytest.raises(ConnectionResetError):
            client.send(b"HTTP/1.1 100 Continue\r\n\r\n")


def test_names_are_looked_up_for_so_long_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """By glibc's resolver, which reads it when it is first asked."""
    file = str(config.source_dir / "deploy" / "gunicorn.conf.py")
    for given, taken in ((None, BOUNDS), ("ndots:2 attempts:1", f"{BOUNDS} ndots:2 attempts:1")):
        with monkeypatch.context() as patch:
            patch.delenv("RES_OPTIONS", raising=False)
            if given:
                patch.setenv("RES_OPTIONS", given)
            for _ in range(2):
                runpy.run_path(file)
                assert os.environ["RES_OPTIONS"] == taken


def test_workers_have_the_client_of_s3_from_their_master(monkeypatch: pytest.MonkeyPatch) -> None:
    ready = runpy.run_path(str(config.source_dir / "deploy" / "gunicorn.conf.py"))["when_ready"]
    for name in ("collect", "freeze", "set_threshold"):
        monkeypatch.setattr(gc, name, lambda *_: None)
    monkeypatch.setattr(Bucket, "connections", {})
    with configured(aws_access_key_id=""):  # those of a role are renewed, by each worker for itself
        ready(None)
        assert not Bucket.connections
    ready(None)
    (made,) = Bucket.connections.values()
    assert objects.s3() is made.meta.client


def test_a_worker_gives_free_memory_back_each_ten_seconds() -> None:
    settings = runpy.run_path(str(config.source_dir / "deploy" / "gunicorn.conf.py"))
    worker = settings["BoundedWorker"](0, 0, [], None, 0, Config(), None)
    trims = []
    settings["trim_heap"].__globals__["trim_heap"] = lambda: trims.append(time.monotonic())
    with closing(worker.tmp):
        worker.notify()
        worker.notify()
        assert len(trims) == 1
        worker._trim_at -= settings["TRIM_SECONDS"]
        worker.notify()
        assert len(trims) == 2


def test_two_requests_in_a_packet_get_two_answers(server: Server) -> None:
    asked = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    last = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS) as client:
        client.sendall(asked + last)
        answers = b""
        while part := client.recv(65_536):
            answers += part
    assert answers.count(b"HTTP/1.1 200 OK\r\n") == 2


def test_an_answer_without_a_body_comes_at_once(server: Server) -> None:
    connection = connect(server)
    for _ in range(3):
        connection.request("HEAD", "/health")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"")
    connection.close()


def test_a_head_comes_in_one_packet_with_its_body(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS) as client:
        client.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        first = client.recv(65_536)
    assert first.partition(b"\r\n\r\n")[2]


def test_who_is_no_trusted_proxy_does_not_say_by_which_scheme_they_came(server: Server) -> None:
    answer = server.send("GET", TIMELINE, X_Forwarded_Proto="https")
    assert answer.headers["link"].startswith("<http://")
