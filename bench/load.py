"""The load generator: a process apart, which sends requests that were made before over connections kept alive.

It reads a plan (see `bench.loading`) from its standard input and writes what it saw to its standard output. Each
connection sends its next request when the last one is answered. It does nothing else, so that it takes little of
what it measures. A plan is of a server and some connections, or of several servers that take turns of milliseconds,
with a connection each.
"""

import json
import re
import selectors
import socket
import sys
import time
from collections import Counter, deque
from typing import Any

TURN_SECONDS = 0.02
"""Short, so that the sides share what else the machine does; a side sends at least one request in its turn."""
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class Connection:
    """One connection and the answer that is coming in on it."""

    __slots__ = ("body_end", "data", "sent_at", "socket")

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.data = b""
        self.body_end = 0
        self.sent_at = 0.0

    def send(self, request: bytes) -> None:
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> int:
        """The status, once the whole answer is there; 0 before."""
        part = self.socket.recv(262_144)
        if not part:
            raise ConnectionError("the server closed a connection")
        self.data = self.data + part if self.data else part
        if not self.body_end:
            head = self.data.find(b"\r\n\r\n")
            if head < 0:
                return 0
            length = LENGTH.search(self.data, 0, head)
            if length is None:
                raise ConnectionError("an answer without Content-Length")
            self.body_end = head + 4 + int(length[1])
        if len(self.data) < self.body_end:
            return 0
        status = int(self.data[9:12])
        self.data, self.body_end = b"", 0
        return status


def read_plan() -> tuple[dict[str, Any], list[deque[bytes]]]:
    """And the requests of each of its sides."""
    stream = sys.stdin.buffer
    plan = json.loads(stream.readline())
    return plan, [deque(stream.read(size) for size in side["sizes"]) for side in plan["sides"]]


class Side:
    """A server that takes turns with others, and what it answered."""

    def __init__(self, plan: dict[str, Any], requests: deque[bytes]) -> None:
        self.connection = Connection(("127.0.0.1", plan["port"]))
        self.requests, self.once = requests, plan["once"]
        self.statuses: Counter[int] = Counter()
        self.times: list[float] = []

    def take_turn(self) -> None:
        end = time.perf_counter() + TURN_SECONDS
        now = 0.0
        while now < end and self.requests:
            self.connection.send(_next(self.requests, once=self.once))
            while not (status := self.connection.receive()):
                pass
            now = time.perf_counter()
            self.statuses[status] += 1
            self.times.append(now - self.connection.sent_at)

    def seen(self) -> dict[str, Any]:
        return {"seconds": sum(self.times), "statuses": self.statuses, "times": _percentiles(self.times)}


def run_in_turn(plan: dict[str, Any], requests: list[deque[bytes]]) -> list[dict[str, Any]]:
    """Until the time is over or a side has no more requests. The sides go one way, then the other."""
    sides = [Side(*each) for each in zip(plan["sides"], requests, strict=True)]
    end = time.perf_counter() + plan["seconds"]
    while time.perf_counter() < end and all(requests):
        for side in (*sides, *reversed(sides)):
            side.take_turn()
    return [side.seen() for side in sides]


def run(plan: dict[str, Any], requests: deque[bytes]) -> dict[str, Any]:
    """Until the time is over or, where each request is to be sent once, all are answered."""
    selector = selectors.DefaultSelector()
    statuses: Counter[int] = Counter()
    times: list[float] = []
    start = time.perf_counter()
    end = start + plan["seconds"]
    busy = 0
    for _ in range(min(plan["connections"], len(requests)) if plan["once"] else plan["connections"]):
        connection = Connection(("127.0.0.1", plan["port"]))
        selector.register(connection.socket, selectors.EVENT_READ, connection)
        connection.send(_next(requests, once=plan["once"]))
        busy += 1
    while busy:
        for key, _ in selector.select(30) or _nothing_came():
            connection = key.data
            status = connection.receive()
            if status:
                now = time.perf_counter()
                statuses[status] += 1
                times.append(now - connection.sent_at)
                if now < end and requests:
                    connection.send(_next(requests, once=plan["once"]))
                else:
                    busy -= 1
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "statuses": dict(statuses), "times": _percentiles(times)}


def _nothing_came() -> list[Any]:
    raise TimeoutError("no answer within 30 s")


def _next(requests: deque[bytes], *, once: bool) -> bytes:
    request = requests.popleft()
    if not once:
        requests.append(request)
    return request


def _percentiles(times: list[float]) -> dict[str, float]:
    times.sort()
    return {str(part): times[min(len(times) - 1, int(len(times) * part / 100))] for part in (50, 99)}


def main() -> None:
    plan, requests = read_plan()
    is_alone = len(plan["sides"]) == 1
    seen = [run({**plan, **plan["sides"][0]}, requests[0])] if is_alone else run_in_turn(plan, requests)
    print(json.dumps({"sides": seen, "cpu": time.process_time()}))


if __name__ == "__main__":
    main()
