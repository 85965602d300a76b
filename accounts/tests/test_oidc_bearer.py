"""Bearer tokens of a login provider on any call."""

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.tests.issuer import JWKS, Issuer, running, trusted
from echomate.testing.client import Caller, unique_name


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running() as one, trusted(one):
        yield one


def me(token: str) -> Any:
    return Caller().get("/users/me", headers={"Authorization": f"Bearer {token}"})


def test_first_sight_makes_an_account_and_its_session(issuer: Issuer) -> None:
    name = unique_name("ida")
    first = me(issuer.bearer("ida", preferred_username=name))
    assert first.status_code == 200, first.content
    assert first.json()["username"] == name
    assert me(issuer.bearer("ida")).json()["id"] == first.json()["id"]
    assert issuer.asked[JWKS] == 1
