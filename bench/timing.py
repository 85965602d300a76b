"""What the time of an answer tells of who has an account: `python -m bench.timing` writes `bench/timing.md`.

The same requests about people who are there and about people who aren't go over one connection in turn, so that what
else the machine does meets both alike.
"""

import http.client
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.stack import Stack, commit

PEOPLE, ROUNDS = 20, 15
API = "/api/v1/auth"
PASSWORD = "correct9horse"  # noqa: S105 - of people who are made for the run
Body = dict[str, str]
QUESTIONS: dict[str, tuple[str, int, Callable[[str], Body]]] = {
    "login by name": ("login", 401, lambda name: {"login": name, "password": "correct9horsE"}),
    "login by address": ("login", 401, lambda name: {"login": _address(name), "password": "correct9horsE"}),
    "forgotten password": ("forgot-password", 202, lambda name: {"email": _address(name)}),
    "verification again": ("verify-email/resend", 202, lambda name: {"email": _address(name)}),
}
"""By what they ask: the path, the status of each answer, the body."""


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of each answer."""

    known: Sequence[float]
    unknown: Sequence[float]

    @property
    def row(self) -> str:
        """The medians, how they differ, and how those of the two halves of the unknown do, for comparison."""
        known, unknown = statistics.median(self.known), statistics.median(self.unknown)
        halves = statistics.median(self.unknown[::2]) - statistics.median(self.unknown[1::2])
        return f"{known:.2f} | {unknown:.2f} | {known - unknown:+.2f} | {halves:+.2f}"


def main() -> int:
    with closing(Stack()) as stack:
        stack.start_stores()
        os.environ.clear()
        os.environ.update(stack.environment)

        from echomate import provisioning

        provisioning.create_tables()
        stack.start_applications()
        with closing(http.client.HTTPConnection("127.0.0.1", stack.port)) as connection:
            _sign_up(connection)
            found = {name: _ask(connection, *question) for name, question in QUESTIONS.items()}
    text = _report(found)
    Path(__file__).with_suffix(".md").write_text(text)
    print(text)
    return 0


def _report(found: dict[str, Times]) -> str:
    rows = "\n".join(f"| {name} | {times.row} |" for name, times in found.items())
    return f"""# What the time of an answer tells

`python -m bench.timing` wrote this on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, of commit {commit()}:
medians of {PEOPLE * ROUNDS} answers each, in ms, over one connection, those about people who are there and those about
nobody in turn; with projector and worker, which send the mail. The last column is what chance makes of it: the
difference between two halves of the same answers.

| asked | somebody's | nobody's | difference | of two halves |
| --- | --- | --- | --- | --- |
{rows}
"""


def _ask(
    connection: http.client.HTTPConnection, path: str, status: int, body: Callable[[str], Body]
) -> Times:
    known, unknown = [], []
    for round_ in range(-1, ROUNDS):  # the first one warms up
        for number in range(PEOPLE):
            there = _time(connection, path, body(_name(number)), status)
            not_there = _time(connection, path, body(f"nobody_{round_ + 1}_{number}"), status)
            if round_ >= 0:
                known.append(there)
                unknown.append(not_there)
    return Times(known, unknown)


def _sign_up(connection: http.client.HTTPConnection) -> None:
    for number in range(PEOPLE):
        name = _name(number)
        _time(connection, "signup", {"username": name, "email": _address(name), "password": PASSWORD}, 201)


def _time(connection: http.client.HTTPConnection, path: str, body: Body, status: int) -> float:
    content = json.dumps(body)
    began = time.perf_counter()
    connection.request("POST", f"{API}/{path}", content, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    took = (time.perf_counter() - began) * 1000
    if answer.status != status:
        raise RuntimeError(f"{path} was answered {answer.status}")
    return took


def _name(number: int) -> str:
    return f"person_{number}"


def _address(name: str) -> str:
    return f"{name}@example.org"


if __name__ == "__main__":
    sys.exit(main())
