"""How tokens are shown, and when they end. What is none: `test_jwt_attacks`; their keys: `test_signing_keys`."""

import time
from types import SimpleNamespace
from typing import Any

import jwt
import pytest

from accounts import tokens
from echomate.config import config
from echomate.testing.client import Caller, Person, problem, sign_up


def claims_of(person: Person, **changes: Any) -> dict[str, Any]:
    claims = jwt.decode(person.access, options={"verify_signature": False}) | changes
    return {name: value for name, value in claims.items() if value is not ...}


def signed(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, config.jwt_secret, algorithm="HS256", headers={"kid": config.jwt_key_id})


@pytest.fixture(scope="module")
def victim(_empty_tables: None) -> Person:
    return sign_up("victim")


def test_a_token_is_what_pyjwt_makes_of_its_claims(victim: Person) -> None:
    assert victim.access == signed(claims_of(victim))


def test_an_expired_token_says_so(victim: Person) -> None:
    old = signed(claims_of(victim, exp=int(time.time()) - 1))
    response = Caller().get("/users/me", headers={"Authorization": f"Bearer {old}"})
    assert (response.status_code, problem(response)) == (401, "token-expired")


def test_a_token_expires_although_its_signature_is_remembered(
    victim: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert victim.get("/users/me").status_code == 200
    later = SimpleNamespace(time=lambda: time.time() + config.access_token_seconds)
    monkeypatch.setattr(tokens, "time", later)
    assert problem(victim.get("/users/me")) == "token-expired"


def test_a_bad_token_is_refused_where_none_is_needed(victim: Person) -> None:
    response = Caller().get(f"/users/{victim.id}", headers={"Authorization": "Bearer nonsense"})
    assert problem(response) == "token-invalid"


@pytest.mark.parametrize("header", ["", "Basic YW5uOmFubg==", "Bearerx", "Token x"])
def test_another_scheme_is_an_anonymous_call(header: str) -> None:
    response = Caller().get("/users/me", headers={"Authorization": header})
    assert (response.status_code, problem(response)) == (401, "not-authenticated")


def test_the_scheme_may_be_written_in_any_case(victim: Person) -> None:
    header = {"Authorization": f"bEARER  {victim.access}"}
    assert Caller().get("/users/me", headers=header).status_code == 200
