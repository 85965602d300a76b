"""Calls that are cut off and made again, through real sockets, at a server that loses its table or dies."""

import random
import socket
import struct
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPException, HTTPResponse

import orjson
import pytest

from echomate import keys, table
from echomate.testing.client import unique_name
from echomate.testing.proxy import Proxy
from echomate.testing.races import busy
from echomate.testing.stack import Stack
from echomate.tests.over_http import Server

pytestmark = pytest.mark.timed

PATIENCE_SECONDS = 120
CALLERS = 10
ABORT = struct.pack("ii", 1, 0)

Outcome = tuple[int, bytes, str | None, str | None]


class Author:
    """One who calls again and again until there is an answer."""

    def __init__(self, server: Server) -> None:
        self.server = server
        answer = server.sign_up(unique_name("author")).json
        self.id = int(answer["user"]["id"])
        self.access: str = answer["access"]

    def insist(self, key: str, *, cuts: int) -> Outcome:
        """Be cut off so many times, then ask until it is created."""
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            outcome = self.call(key, cut_after=random.uniform(0, 0.05) if cuts > 0 else None)
            if outcome is not None and outcome[0] == 201:
                return outcome
            assert outcome is None or outcome[0] in {409, 503}, outcome
            cuts -= 1
            time.sleep(random.uniform(0.02, 0.1))
        raise AssertionError("no answer")

    def call(self, key: str, *, cut_after: float | None = None) -> Outcome | None:
        """None: the connection was cut before the answer."""
        try:
            with socket.create_connection(("127.0.0.1", self.server.port), timeout=30) as connection:
                connection.sendall(self._request(key))
                if cut_after is not None:
                    time.sleep(cut_after)
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
                    return None
                response = HTTPResponse(connection)
                response.begin()
                body = response.read()
        except (OSError, HTTPException):
            return None
        return response.status, body, response.getheader("ETag"), response.getheader("Location")

    def _request(self, key: str) -> bytes:
        body = orjson.dumps({"content": f"of {key}", "visibility": "public"})
        lines = [
            "POST /api/v1/posts HTTP/1.1",
            f"Host: 127.0.0.1:{self.server.port}",
            f"Authorization: Bearer {self.access}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            f"Idempotency-Key: {key}",
        ]
        return "\r\n".join([*lines, "", ""]).encode() + body

    @property
    def posts(self) -> list[int]:
        return [
            table.last_id(item["GSI1SK"]["S"]) for item in table.query(keys.author(self.id), index="GSI1")
        ]

    def has_claim(self, key: str) -> bool:
        return table.get_item(keys.idempotency(self.id, key)) is not None


@pytest.fixture
def to_dynamodb(stack: Stack) -> Iterator[Proxy]:
    """What the server's calls of the table go through."""
    with Proxy(stack.ports["dynamodb" if stack.uses_dynamodb_local else "aws"]) as proxy:
        yield proxy


@contextmanager
def serving(stack: Stack, to_dynamodb: Proxy) -> Iterator[Server]:
    server = Server(
        stack,
        debug=False,
        DYNAMODB_ENDPOINT_URL=f"http://127.0.0.1:{to_dynamodb.port}",
        RATE_LIMIT_FACTOR="1000000",
    )
    try:
        yield server
    finally:
        server.process.kill()


def insist_on(author: Author, number: int) -> None:
    """So many keys, each by ten callers at once, of whom most are cut off at first."""
    names = [f"key-{n}" for n in range(number)]
    with ThreadPoolExecutor(2 * CALLERS) as pool:
        asked = [
            pool.submit(author.insist, name, cuts=caller % 3) for name in names for caller in range(CALLERS)
        ]
        outcomes = [one.result() for one in asked]
    by_key = [set(outcomes[n : n + CALLERS]) for n in range(0, len(outcomes), CALLERS)]
    assert [len(answers) for answers in by_key] == [1] * number
    made = {int(orjson.loads(answers.pop()[1])["id"]) for answers in by_key}
    assert len(made) == number
    assert sorted(author.posts) == sorted(made)


def lose_the_table_for_a_moment(proxy: Proxy) -> None:
    """Requests arrive and their answers are lost; then none arrives."""
    time.sleep(random.uniform(0.2, 1))
    proxy.cut_after(random.choice([0, 200]))
    time.sleep(random.uniform(0, 0.2))
    proxy.heal()


def test_however_often_calls_are_cut_off_there_is_one_post_a_key(stack: Stack, to_dynamodb: Proxy) -> None:
    with serving(stack, to_dynamodb) as server:
        insist_on(Author(server), 20)


@pytest.mark.kill
def test_so_it_is_at_full_length_while_the_table_is_lost_again_and_again(
    stack: Stack, to_dynamodb: Proxy
) -> None:
    with serving(stack, to_dynamodb) as server:
        author = Author(server)
        with busy(lambda: lose_the_table_for_a_moment(to_dynamodb)):
            insist_on(author, 200)


@pytest.mark.kill
@pytest.mark.parametrize("is_written", [False, True])
def test_a_server_that_is_killed_before_or_after_its_write_leaves_one_post(
    stack: Stack, to_dynamodb: Proxy, *, is_written: bool
) -> None:
    """What the table answers comes late, so the server is killed while it waits for that."""
    with serving(stack, to_dynamodb) as server, ThreadPoolExecutor(1) as pool:
        author = Author(server)
        author.call("warm")
        to_dynamodb.delay(1)
        asked = pool.submit(author.call, "a")
        _wait_until_there(author, is_written=is_written)
        server.process.kill()
        to_dynamodb.heal()
        assert asked.result() is None
        before = author.posts
        assert len(before) == 1 + is_written
    with serving(stack, to_dynamodb) as another:
        author.server = another
        outcome = author.insist("a", cuts=0)
        assert author.call("a") == outcome
    assert len(author.posts) == 2
    assert set(before) <= set(author.posts)


def _wait_until_there(author: Author, *, is_written: bool) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not (len(author.posts) == 2 if is_written else author.has_claim("a")):
        assert time.monotonic() < end
        time.sleep(0.01)
