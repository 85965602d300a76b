"""Clients that connect and say nothing, send half, or don't read: nobody waits long for them."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from echomate.testing.stack import Stack
from echomate.tests.over_http import Server

pytestmark = pytest.mark.timed

THREADS = 2
SLOW = 6
SILENT = 12
"""gunicorn's own worker would keep a thread waiting 5 seconds for each of them, longer than the test waits."""
PATIENCE_SECONDS = 60
POST = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
HALF = {
    "a head": b"GET /api/v1/timeline HTTP/1.1\r\nHost: 127.0.0.1\r\nX-More:",
    "a body": POST + b'Content-Length: 100\r\n\r\n{"login": ',
    "a body that is asked for": POST + b"Content-Length: 100\r\nExpect: 100-continue\r\n\r\n",
    "a body in chunks": POST + b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"lo',
}


@pytest.fixture(scope="module")
def server(stack: Stack, _empty_tables: None) -> Iterator[Server]:
    bounds = {"WEB_HEAD_SECONDS": "0.5", "WEB_BODY_SECONDS": "0.5", "WEB_ANSWER_SECONDS": "0.5"}
    server = Server(stack, debug=False, WEB_THREADS=str(THREADS), **bounds)
    yield server
    server.process.stop()


@pytest.fixture
def patient_server(stack: Stack, _empty_tables: None) -> Iterator[Server]:
    """One that waits longer for a head than the test does for an answer."""
    server = Server(stack, debug=False, WEB_THREADS=str(THREADS), WEB_HEAD_SECONDS="600")
    yield server
    server.process.stop()


@contextmanager
def clients(
    server: Server, begin: Callable[[socket.socket], None], *, number: int = SLOW
) -> Iterator[list[socket.socket]]:
    with ExitStack() as opened:
        found = []
        for _ in range(number):
            client = opened.enter_context(socket.socket())
            client.settimeout(PATIENCE_SECONDS)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", server.port))
            begin(client)
            found.append(client)
        yield found


def ended(client: socket.socket) -> bool:
    """Whether the server has closed the connection, within the test's patience."""
    try:
        while client.recv(65_536):
            pass
    except ConnectionResetError:
        pass
    return True


def test_who_connects_and_says_nothing_takes_up_no_thread(patient_server: Server) -> None:
    with clients(patient_server, lambda _: None, number=SILENT):
        assert patient_server.send("GET", "/health").status == 200


@pytest.mark.parametrize("half", HALF.values(), ids=HALF)
def test_who_sends_half_a_request_is_waited_for_a_while_only(server: Server, half: bytes) -> None:
    with clients(server, lambda client: client.sendall(half)) as slow:
        assert server.send("GET", "/health").status == 200
        assert all(map(ended, slow))
    log = server.log.read_text(errors="replace")
    assert "Traceback" not in log, log[log.index("Traceback") - 600 :][:4000]


def test_who_sends_a_letter_at_a_time_is_waited_for_no_longer(server: Server) -> None:
    """The time is for the whole head, not for each piece of it."""
    with clients(server, lambda client: client.sendall(b"GET / HTTP/1.1\r\nX-More: ")) as slow:
        for client in slow:
            client.settimeout(0.05)
        still = slow
        while still:
            still = [client for client in still if is_open(client)]
        assert server.send("GET", "/health").status == 200


def is_open(client: socket.socket) -> bool:
    try:
        client.sendall(b"x")
        return bool(client.recv(1000))
    except TimeoutError:
        return True
    except OSError:
        return False


def test_who_does_not_read_is_waited_for_a_while_only(server: Server) -> None:
    large = b"/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js"
    asked = b"GET " + large + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with clients(server, lambda client: client.sendall(asked * 8)):
        assert server.send("GET", "/health").status == 200


def test_who_keeps_a_refused_connection_open_holds_up_nobody(server: Server) -> None:
    with clients(server, lambda client: client.sendall(b"NONSENSE\r\n\r\n")):
        assert server.send("GET", "/health").status == 200
