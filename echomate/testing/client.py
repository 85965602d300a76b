"""People who call the API as over HTTP, each from an address of their own. Answers are checked (`contract`)."""

import itertools
import secrets
import threading
from collections.abc import Mapping
from typing import Any, Self
from urllib.parse import urlsplit

import orjson
from django.http import HttpResponse
from django.test import Client
from django.test.client import ClientHandler

PASSWORD = "correct9horse"

_numbers = itertools.count(1)
_run = secrets.token_hex(3)
_handlers = threading.local()


def unique_name(prefix: str = "p") -> str:
    """A username that no other call in any process of this run gives."""
    return f"{prefix}_{_run}_{next(_numbers)}"


def _address() -> str:
    return ".".join(["10", *(str(secrets.randbelow(256)) for _ in range(3))])


class FastClient(Client):
    """Django's client; the handler is one a thread, since it takes a while to make."""

    def __init__(self, **defaults: Any) -> None:
        super().__init__(**defaults)
        if not hasattr(_handlers, "handler"):
            _handlers.handler = ClientHandler(enforce_csrf_checks=False)
        self.handler = _handlers.handler


class Caller:
    """One who calls without a token. Paths are below /api/v1, or absolute; bodies are JSON.

    With `keeps_cookies` it does as a browser does.
    """

    def __init__(self, *, keeps_cookies: bool = False) -> None:
        self.address = _address()
        self.headers: dict[str, str] = {}
        self._client = FastClient() if keeps_cookies else None

    def get(self, path: str, **options: Any) -> Any:
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> Any:
        return self.call("POST", path, body, **options)

    def put(self, path: str, body: Any = None, **options: Any) -> Any:
        return self.call("PUT", path, body, **options)

    def patch(self, path: str, body: Any = None, **options: Any) -> Any:
        return self.call("PATCH", path, body, **options)

    def delete(self, path: str, **options: Any) -> Any:
        return self.call("DELETE", path, **options)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> Any:
        """Django's response, with `.status_code`, `.headers` and `.json()`. A body of bytes goes as it is."""
        client = self._client or FastClient()
        data = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
        return client.generic(
            method,
            _full(path),
            data,
            content_type=content_type,
            headers={**self.headers, **(headers or {})},
            REMOTE_ADDR=self.address,
        )

    def cookie(self, name: str) -> Any:
        """The cookie of a name that this caller keeps, None where there is none."""
        return self._client.cookies.get(name) if self._client else None


def _full(path: str) -> str:
    parts = urlsplit(path)
    full = parts.path if parts.path.startswith("/api/") else "/api/v1" + parts.path
    return f"{full}?{parts.query}" if parts.query else full


class Person(Caller):
    """One who has an account and an access token."""

    def __init__(self, signed_up: Mapping[str, Any], *, password: str = PASSWORD) -> None:
        super().__init__()
        self.id = int(signed_up["user"]["id"])
        self.username: str = signed_up["user"]["username"]
        self.email: str = signed_up["user"]["email"]
        self.password = password
        self.refresh: str = signed_up["refresh"]
        self.use(signed_up["access"])

    def use(self, access: str) -> Self:
        """Call with another access token from now on."""
        self.access = access
        self.headers["Authorization"] = f"Bearer {access}"
        return self

    def step_up(self) -> Self:
        """Show again who one is, by the password."""
        response = self.post("/auth/step-up", {"password": self.password})
        assert response.status_code == 204, response.content
        return self

    def __repr__(self) -> str:
        return f"<{self.username} {self.id}>"


def sign_up(name: str | None = None, **more: Any) -> Person:
    """A new person; the name is a prefix where several tests use it."""
    username = unique_name(name or "p")
    body = {"username": username, "email": f"{username}@example.org", "password": PASSWORD, **more}
    response = Caller().post("/auth/signup", {**body, "token_delivery": "body"})
    assert response.status_code == 201, response.content
    return Person(response.json(), password=body["password"])


def problem(response: HttpResponse) -> str:
    """The stable last part of a problem's type."""
    document: dict[str, Any] = orjson.loads(response.content)
    return str(document["type"]).rpartition("/")[2]
