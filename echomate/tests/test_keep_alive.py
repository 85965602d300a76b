"""Connections to DynamoDB: kept, replaced when the service closed them, and never trusted with half an answer."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from echomate.keep_alive import BrokenAnswer, Connections

OK = b"HTTP/1.1 200 OK\r\nContent-Type: x\r\nContent-Length: 4\r\n\r\nbody"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nbod\r\n1\r\ny\r\n0\r\nX: y\r\n\r\n"


@contextmanager
def service(*conversations: Sequence[bytes]) -> Iterator[tuple[str, list[bytes]]]:
    """Answers each connection's requests in turn, then closes it. Gives its URL, and what it was sent."""
    asked: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for answers in conversations:
            connection, _ = listener.accept()
            with connection:
                for answer in answers:
                    asked.append(connection.recv(65_536))
                    connection.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    with listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked
    thread.join(5)


def post(connections: Connections) -> tuple[int, bytes]:
    return connections.post({"Host": connections.host}, b"{}", timeout=2)


def test_a_connection_serves_one_call_after_another() -> None:
    with service([OK, OK]) as (url, asked):
        connections = Connections(url, connect_seconds=1)
        assert post(connections) == post(connections) == (200, b"body")
        connections.close()
    assert [part.split(b"\r\n")[0] for part in asked] == [b"POST / HTTP/1.1"] * 2
    assert asked[0].endswith(b"\r\nContent-Length: 2\r\n\r\n{}")


def test_one_that_the_service_closed_is_replaced() -> None:
    with service([OK], [OK]) as (url, _):
        connections = Connections(url, connect_seconds=1)
        post(connections)
        threading.Event().wait(0.1)
        assert post(connections) == (200, b"body")
        connections.close()


def test_one_that_the_service_will_close_is_not_used_again() -> None:
    closing = OK.replace(b"Content-Type: x", b"connection: close")
    with service([closing, b""], [OK]) as (url, _):
        connections = Connections(url, connect_seconds=1)
        assert [post(connections), post(connections)] == [(200, b"body")] * 2
        connections.close()


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(OK[:30], id="half a head"),
        pytest.param(OK[:-1], id="half a body"),
        pytest.param(OK.replace(b"Content-Length: 4", b"X: 4"), id="no length"),
        pytest.param(CHUNKED[:-5], id="chunks without end"),
        pytest.param(CHUNKED.replace(b"3;x=y", b"three"), id="chunks of no number"),
        pytest.param(OK.replace(b"HTTP/1.1", b"SMTP/1.1"), id="another protocol"),
        pytest.param(OK[:17] + b"x" * 70_000, id="a head without end"),
    ],
)
def test_half_an_answer_is_none(answer: bytes) -> None:
    with service([answer]) as (url, _):
        connections = Connections(url, connect_seconds=1)
        with pytest.raises((BrokenAnswer, ConnectionError)):
            post(connections)


def test_what_follows_an_answer_belongs_to_no_other() -> None:
    with service([OK + b"more"], [OK]) as (url, _):
        connections = Connections(url, connect_seconds=1)
        assert [post(connections), post(connections)] == [(200, b"body")] * 2
        connections.close()


def test_an_answer_in_chunks_is_put_together() -> None:
    with service([CHUNKED, CHUNKED]) as (url, _):
        connections = Connections(url, connect_seconds=1)
        assert [post(connections), post(connections)] == [(200, b"body")] * 2
        connections.close()


def test_an_answer_in_many_pieces_is_put_together() -> None:
    large = b"HTTP/1.1 200 OK\r\ncontent-length: 300000\r\n\r\n" + b"x" * 300_000
    with service([large]) as (url, _):
        connections = Connections(url, connect_seconds=1)
        assert post(connections) == (200, b"x" * 300_000)
        connections.close()
