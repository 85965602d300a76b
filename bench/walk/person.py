"""Somebody who walks."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import urllib3

from bench.walk.town import LAPTOP, Town

PASSWORD, NEW_PASSWORD = "a walk of 12 steps", "another 3 mile walk"


@dataclass
class Person:
    """Somebody with an account and a session."""

    town: Town
    name: str
    email: str
    password: str
    access: str = ""
    refresh: str = ""
    device: str = ""

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        status: int,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        return self.town.call(method, path, body, status=status, headers=self._own(headers))

    def answer(self, method: str, path: str, body: Any = None, *, status: int) -> urllib3.BaseHTTPResponse:
        return self.town.answer(method, path, body, status=status, headers=self._own(None))

    def _own(self, headers: Mapping[str, str] | None) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self.access}", **(headers or {})}

    def use(self, answer: Mapping[str, Any]) -> None:
        self.access, self.refresh = answer["access"], answer["refresh"]
        self.device = answer.get("device_token", self.device)

    def log_in(self, *, status: int = 200, agent: str = LAPTOP, **more: Any) -> Any:
        body = {"login": self.name, "password": self.password, "token_delivery": "body", **more}
        answer = self.town.call("POST", "/auth/login", body, status=status, headers={"User-Agent": agent})
        if status == 200:
            self.use(answer)
        return answer

    def step_up(self, **proof: Any) -> None:
        self.call("POST", "/auth/step-up", proof or {"password": self.password}, status=204)

    def me(self) -> Any:
        return self.call("GET", "/users/me", status=200)


def new_person(town: Town, prefix: str = "walker") -> Person:
    name = f"{prefix}_{secrets.token_hex(3)}"
    body = {"username": name, "email": f"{name}@example.org", "password": PASSWORD, "token_delivery": "body"}
    answer = town.call("POST", "/auth/signup", body, status=201)
    person = Person(town, name, body["email"], PASSWORD)
    person.use(answer)
    return person
