"""Signing up."""

from collections.abc import Callable

import pytest

from echomate.testing.client import Caller, Person, problem, unique_name

SignUp = Callable[..., Person]


def new(**changes: object) -> dict[str, object]:
    name = unique_name()
    return {"username": name, "email": f"{name}@example.org", "password": "correct9horse", **changes}


def test_who_signs_up_is_logged_in(api: Caller) -> None:
    body = new(full_name="Ann Example", token_delivery="body")
    response = api.post("/auth/signup", body)

    assert response.status_code == 201
    answer = response.json()
    assert response.headers["Location"] == f"/api/v1/users/{answer['user']['id']}"
    assert response.headers["Cache-Control"] == "no-store"
    ann = Person(answer)
    me = ann.get("/users/me").json()
    assert me == answer["user"]
    assert (me["username"], me["email"], me["full_name"]) == (body["username"], body["email"], "Ann Example")
    assert me["email_verified"] is False
    assert me["roles"] == ["user"]
