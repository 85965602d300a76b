"""POSTs to AWS's JSON services: their signature is botocore's, and a connection is kept as long as it can be."""

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from echomate.aws_json import Answer, Service

BODY = '{"name":"Zoë"}'.encode()
TARGET = "DynamoDB_20120810.GetItem"

KEPT = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
CHUNKED = (
    b"HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n"
    b'3\r\n{"a\r\nA;x=y\r\n":"234567"\r\n1\r\n}\r\n0\r\n\r\n'
)
CLOSING = KEPT.replace(b"\r\n", b"\r\nConnection: Close\r\n", 1)


class Stub:
    """Answers the requests of each connection in turn with what is given for it, then closes it."""

    def __init__(self, *connections: list[bytes]) -> None:
        self._connections = connections
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.served = 0
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        for answers in self._connections:
            try:
                connection, _ = self._listener.accept()
            except OSError:  # closed
                return
            with connection:
                connection.settimeout(5)
                for answer in answers:
                    if not self._read_request(connection):
                        break
                    self.served += 1
                    connection.sendall(answer)

    def _read_request(self, connection: socket.socket) -> bool:
        """False where the client has closed the connection."""
        got = b""
        while not got.endswith(BODY):
            part = connection.recv(65_536)
            if not part:
                return False
            got += part
        return True

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)  # it wakes who waits for a connection
        self._listener.close()
        self._thread.join()


@pytest.fixture
def serve() -> Iterator[Callable[..., Service]]:
    opened: list[Stub | Service] = []

    def start(*connections: list[bytes]) -> Service:
        stub = Stub(*connections)
        to_it = service(f"http://127.0.0.1:{stub.port}")
        opened.extend([to_it, stub])
        return to_it

    yield start
    for each in opened:
        each.close()


def service(url: str, token: str | None = None) -> Service:
    keys = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI", token)
    return Service(url, name="dynamodb", region="eu-central-1", credentials=keys)


def ask(to_it: Service) -> Answer:
    return to_it.post(TARGET, BODY, connect_seconds=5, read_seconds=5)


@pytest.mark.parametrize("token", [None, "a role's token/+="])
@pytest.mark.parametrize("url", ["https://dynamodb.eu-central-1.amazonaws.com", "http://localhost:8000"])
def test_a_request_is_signed_as_botocore_signs_it(url: str, token: str | None) -> None:
    head, _, body = service(url, token).request(TARGET, BODY).partition(b"\r\n\r\n")
    assert body == BODY
    headers = dict(line.split(":", 1) for line in head.decode().split("\r\n")[1:])
    sent = AWSRequest(
        method="POST",
        url=f"{url}/",
        data=BODY,
        headers={name: headers[name] for name in ("content-type", "host", "x-amz-date", "x-amz-target")},
    )
    sent.context["timestamp"] = headers["x-amz-date"]
    signer: Any = SigV4Auth(Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI", token), "dynamodb", "eu-central-1")
    signer._modify_request_before_signing(sent)
    signature = signer.signature(signer.string_to_sign(sent, signer.canonical_request(sent)), sent)
    signer._inject_signature_to_request(sent, signature)
    assert headers["authorization"] == sent.headers["Authorization"]
    assert headers.get("x-amz-security-token") == token
    assert int(headers["content-length"]) == len(BODY)


def test_answers_come_over_the_same_connection_in_whatever_form(serve: Callable[..., Service]) -> None:
    to_it = serve([KEPT, CHUNKED, KEPT])
    assert [ask(to_it) for _ in range(3)] == [
        Answer(200, b"{}"),
        Answer(400, b'{"a":"234567"}'),
        Answer(200, b"{}"),
    ]


def test_a_connection_that_was_closed_meanwhile_is_replaced(serve: Callable[..., Service]) -> None:
    to_it = serve([KEPT], [KEPT, KEPT])
    assert [ask(to_it).status for _ in range(3)] == [200, 200, 200]


def test_a_connection_that_the_service_closes_is_not_used_again(serve: Callable[..., Service]) -> None:
    to_it = serve([CLOSING, KEPT], [KEPT])
    assert ask(to_it).status == 200
    assert not to_it._idle


def test_a_service_that_was_closed_keeps_no_connection(serve: Callable[..., Service]) -> None:
    to_it = serve([KEPT])
    to_it.close()
    assert ask(to_it).status == 200
    assert not to_it._idle


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{}",
        b"SSH-2.0-OpenSSH\r\n",
    ],
)
def test_an_answer_that_is_cut_off_or_none_is_an_error(answer: bytes, serve: Callable[..., Service]) -> None:
    to_it = serve([answer])
    with pytest.raises(ConnectionError):
        ask(to_it)
    assert not to_it._idle


def test_what_nobody_asked_for_is_no_answer(serve: Callable[..., Service]) -> None:
    """A proxy's refusal of a connection that rested too long, say."""
    late = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 2\r\n\r\nno"
    to_it = serve([KEPT + late], [KEPT])
    with pytest.raises(ConnectionError):
        ask(to_it)
    assert ask(to_it) == Answer(200, b"{}")


def test_an_answer_that_comes_a_letter_at_a_time_is_waited_for_no_longer() -> None:
    is_over = threading.Event()

    def drip(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-More: ")
            while not is_over.wait(0.05):
                connection.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        dripping = pool.submit(drip, listener)
        to_it = service(f"http://127.0.0.1:{listener.getsockname()[1]}")
        try:
            with pytest.raises(TimeoutError):
                to_it.post(TARGET, BODY, connect_seconds=0.2, read_seconds=0.3)
        finally:
            is_over.set()
        dripping.result()
