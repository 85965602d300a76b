"""A web server as in production, and requests that no client library would send."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPResponse
from typing import Any

import orjson

from echomate.local import programs
from echomate.local.processes import Process, free_port
from echomate.testing.stack import Stack

JSON = {"Content-Type": "application/json"}
TIMELINE = "/api/v1/timeline"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    """By their names in lower case; what came more than once is a line each."""
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def problem(self) -> str:
        """The last part of its type; the answer is checked for being a problem document."""
        assert self.headers["content-type"] == "application/problem+json", self
        document = self.json
        assert set(document) >= {"type", "title", "status", "detail", "instance", "request_id"}
        assert document["status"] == self.status
        assert document["request_id"] == self.headers["x-request-id"] != ""
        return str(document["type"]).removeprefix("/problems/")


@dataclass(frozen=True)
class Case:
    """A request and what refuses it. A header of None is left out."""

    status: int
    problem: str
    method: str = "GET"
    target: str = TIMELINE
    headers: Mapping[str, str | None] = field(default_factory=dict)
    body: bytes = b""
    lacks_length: bool = False


class Server:
    """gunicorn as in production, on the stack of this process."""

    def __init__(self, stack: Stack, *, debug: bool, **settings: str) -> None:
        self.port = free_port()
        environment = {**os.environ, **stack.environment, "DEBUG": str(debug), "WEB_CONCURRENCY": "1"}
        environment |= {"PUBLIC_URL": f"http://localhost:{self.port}", **settings}
        self.log = stack.directory / f"web-{self.port}.log"
        with self.log.open("wb") as output:
            self.process = Process(
                programs.applications(environment, port=self.port)[0], output=output.fileno()
            )
        self.process.wait_until_ready()

    def ask(self, case: Case) -> Answer:
        headers = {"Host": f"127.0.0.1:{self.port}"}
        if not case.lacks_length:
            headers["Content-Length"] = str(len(case.body))
        lines = [
            f"{name}: {value}" for name, value in {**headers, **case.headers}.items() if value is not None
        ]
        head = "\r\n".join([f"{case.method} {case.target} HTTP/1.1", *lines, "", ""])
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(head.encode("latin-1") + case.body)
            response = HTTPResponse(connection, method=case.method)
            response.begin()
            found: dict[str, str] = {}
            for name, value in response.getheaders():
                before = found.get(name.lower())
                found[name.lower()] = f"{before}\n{value}" if before else value
            return Answer(response.status, found, response.read())

    def send(self, method: str, target: str, body: Any = None, **headers: str | None) -> Answer:
        """`If_Match="…"` becomes the header If-Match."""
        named: dict[str, str | None] = {name.replace("_", "-"): value for name, value in headers.items()}
        content = b"" if body is None else orjson.dumps(body)
        return self.ask(Case(0, "", method, target, {**JSON, **named}, content))

    def sign_up(self, name: str, delivery: str = "body") -> Answer:
        body = {"username": name, "email": f"{name}@example.org", "password": "correct9horse"}
        answer = self.send("POST", "/api/v1/auth/signup", {**body, "token_delivery": delivery})
        assert answer.status == 201, answer
        return answer
