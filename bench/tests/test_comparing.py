"""What would make a ratio wrong in silence."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from bench.accounting import cpu_seconds
from bench.actions import Action
from bench.comparing import factor
from bench.loading import Load, Target, request, run_in_turn

BUSY = "import time\nwhile time.process_time() < 0.2: pass"

pytestmark = pytest.mark.pure


def load(milliseconds: float) -> Load:
    return Load(1, 1, {}, {"web": milliseconds, "generator": 1000})


def test_each_request_of_a_write_is_sent_in_a_single_round() -> None:
    action = Action("like", [bytes([n]) for n in range(10)], once=True)
    assert [action.part(n, of=3) for n in range(3)] == [
        [b"\0", b"\1", b"\2"],
        [b"\3", b"\4", b"\5"],
        [b"\6", b"\7", b"\10"],
    ]


def test_each_round_of_a_read_sends_all() -> None:
    action = Action("home", [b"1", b"2"])
    assert action.part(2, of=3) == [b"1", b"2"]


def test_sides_take_turns_until_a_write_has_sent_each_request_once() -> None:
    asked: list[str] = []
    with server(asked) as port:
        write = Target(
            requests=[request("GET", f"/write/{n}") for n in range(100)], port=port, pids={}, once=True
        )
        read = Target(requests=[request("GET", "/read")], port=port, pids={})
        writes, reads = run_in_turn([write, read], seconds=30)
    assert [path for path in asked if path != "/read"] == [f"/write/{n}" for n in range(100)]
    assert (writes.requests, reads.requests) == (100, asked.count("/read"))
    turns = [path for n, path in enumerate(asked) if path == "/read" and asked[n - 1] != "/read"]
    assert len(turns) > 1


@contextmanager
def server(asked: list[str]) -> Iterator[int]:
    """Notes the paths that it is asked for, and takes a millisecond for each."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked.append(self.path)
            time.sleep(0.001)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as serving:
        Thread(target=serving.serve_forever).start()
        yield serving.server_port
        serving.shutdown()


def test_a_factor_is_the_median_of_the_rounds_own_ratios() -> None:
    assert factor([load(1), load(30), load(8)], [load(2), load(10), load(4)]) == 2


def test_a_process_is_charged_for_its_children_that_have_ended() -> None:
    before = cpu_seconds(os.getpid())
    subprocess.run([sys.executable, "-c", BUSY], check=True)
    assert cpu_seconds(os.getpid()) - before > 0.15
