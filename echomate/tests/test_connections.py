"""Connections that are kept alive: more of them than threads, requests that come together, answers without a body."""

import http.client
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from echomate.testing.stack import Stack
from echomate.tests.over_http import Server

THREADS = 4
CONNECTIONS = 12
ROUNDS = 5
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


def test_who_comes_while_others_ask_without_end_gets_a_turn(server: Server) -> None:
    """More of them than threads, none of which waits for its next request for long."""
    is_over = threading.Event()

    def ask_on(connection: http.client.HTTPConnection) -> int:
        answers = 0
        while not is_over.is_set():
            connection.request("GET", "/health")
            answers += connection.getresponse().read() != b""
        connection.close()
        return answers

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        try:
            asking = [pool.submit(ask_on, connect(server)) for _ in range(CONNECTIONS)]
            for _ in range(ROUNDS):
                assert server.send("GET", "/health").status == 200
        finally:
            is_over.set()
        assert all(asked.result() for asked in asking)


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
