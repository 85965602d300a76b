"""People who call the API."""

import itertools
from typing import Any

from django.http import HttpResponse
from django.test import Client

from accounts import services
from accounts.models import User
from accounts.services import NewAccount

API = "/api/v1"

_numbers = itertools.count(1)


class Caller:
    """An account with a session, or nobody. Paths are those below /api/v1."""

    def __init__(self, user: User | None = None) -> None:
        self.user = user
        self._client = Client()
        self._headers = {}
        if user is not None:
            self._headers["Authorization"] = f"Bearer {services.begin_session(user).tokens.access}"

    @property
    def id(self) -> int:
        assert self.user is not None
        return self.user.id

    @property
    def name(self) -> str:
        assert self.user is not None
        return self.user.username

    def call(self, method: str, path: str, **headers: str) -> HttpResponse:
        sent = {**self._headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        url = path if path.startswith("http") else API + path
        return self._client.generic(method, url, headers=sent)  # type: ignore[return-value]

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.call("GET", path, **headers)

    def read(self, path: str) -> Any:
        """The JSON of an answer that must be 200."""
        response = self.get(path)
        assert response.status_code == 200, response.content
        return response.json()  # type: ignore[attr-defined]

    def do(self, method: str, path: str) -> Any:
        response = self.call(method, path)
        assert response.status_code == 200, response.content
        return response.json()  # type: ignore[attr-defined]

    def follow(self, other: "Caller") -> Any:
        return self.do("POST", f"/users/{other.id}/follow")

    def block(self, other: "Caller") -> Any:
        return self.do("POST", f"/users/{other.id}/block")


def new_caller(name: str = "person") -> Caller:
    """Somebody new, whose name begins so."""
    username = f"{name}_{next(_numbers)}"
    account = NewAccount(username=username, email=f"{username}@example.org", full_name=name.title())
    return Caller(services.create_account(account, password_hash="none"))


NOBODY = Caller()
