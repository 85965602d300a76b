"""Refreshing: rotation, a lost answer, reuse."""

import threading
import time
from typing import Any

import pytest

from accounts import sessions
from accounts.tests.acting import at_once, claims_of, login_of, refresh, session_of
from accounts.tokens import RefreshToken
from echomate import dynamodb, keys, table
from echomate.config import config
from echomate.metering import metering
from echomate.testing.client import PASSWORD, Caller, Person, problem
from echomate.testing.proxy import Proxy
from echomate.testing.timing import within

pytestmark = pytest.mark.store


def set_session(person: Person, **values: int) -> None:
    changes = {name: {"Action": "PUT", "Value": dynamodb.wire(value)} for name, value in values.items()}
    key = table.wire_key(keys.session(person.id, claims_of(person.refresh)["sid"]))
    dynamodb.call("UpdateItem", {"TableName": config.table_name, "Key": key, "AttributeUpdates": changes})


def test_a_refresh_gives_new_tokens_of_the_same_session(ann: Person) -> None:
    response = refresh(ann.refresh)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    new, old = claims_of(response.json()["refresh"]), claims_of(ann.refresh)
    assert (new["sub"], new["sid"]) == (old["sub"], old["sid"])
    assert new["jti"] != old["jti"]
    assert ann.use(response.json()["access"]).get("/users/me").status_code == 200


def test_a_token_that_came_as_a_cookie_stays_out_of_the_body(ann: Person) -> None:
    browser = Caller(keeps_cookies=True)
    browser.post("/auth/login", {"login": ann.username, "password": PASSWORD})
    body, origin = {"token_delivery": "body"}, {"Origin": "http://localhost:3000"}
    answer = browser.post("/auth/refresh-token", body, headers=origin)
    assert answer.status_code == 200
    assert list(answer.json()) == ["access"]
    assert answer.cookies["echomate_refresh"]["httponly"] is True


def test_a_session_goes_on_as_long_as_it_is_refreshed(ann: Person) -> None:
    token = ann.refresh
    for _ in range(4):
        token = refresh(token).json()["refresh"]
    assert ann.get("/users/me").status_code == 200


def test_whose_answer_was_lost_gets_the_same_successor_again(ann: Person) -> None:
    first, second = refresh(ann.refresh).json(), refresh(ann.refresh).json()
    assert first["refresh"] == second["refresh"]
    assert refresh(second["refresh"]).status_code == 200


def test_once_the_successor_is_used_the_old_token_ends_the_session(ann: Person) -> None:
    successor = refresh(ann.refresh).json()["refresh"]
    latest = refresh(successor).json()
    assert ann.get("/users/me").status_code == 200
    assert problem(refresh(ann.refresh)) == "session-revoked"
    assert problem(refresh(latest["refresh"])) == "session-revoked"
    assert problem(ann.use(latest["access"]).get("/users/me")) == "session-revoked"


def test_after_a_minute_the_old_token_ends_the_session(ann: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    successor = refresh(ann.refresh).json()["refresh"]
    now = int(time.time())
    monkeypatch.setattr(sessions, "now_seconds", lambda: now)
    set_session(ann, RotatedAt=now - 60)
    assert refresh(ann.refresh).status_code == 200
    set_session(ann, RotatedAt=now - 61)
    assert problem(refresh(ann.refresh)) == "session-revoked"
    assert problem(refresh(successor)) == "session-revoked"
    assert problem(ann.get("/users/me")) == "session-revoked"
    assert session_of(ann) is None


def test_reuse_ends_that_session_alone(ann: Person) -> None:
    other = Caller().post("/auth/login", {"login": ann.username, "password": ann.password}).json()
    set_session(ann, RotatedAt=0)
    stolen = str(RefreshToken.issued(ann.id, claims_of(ann.refresh)["sid"], jti="guess", at=int(time.time())))
    assert problem(refresh(stolen)) == "session-revoked"
    assert problem(ann.get("/users/me")) == "session-revoked"
    assert ann.use(other["access"]).get("/users/me").status_code == 200


def test_a_session_whose_time_is_over_is_not_refreshed(ann: Person) -> None:
    set_session(ann, ExpiresAt=int(time.time()) - 1)
    assert problem(refresh(ann.refresh)) == "session-revoked"


def test_a_session_whose_time_is_over_lets_nobody_in(ann: Person) -> None:
    set_session(ann, ExpiresAt=int(time.time()) - 1)
    assert problem(ann.get("/users/me")) == "session-revoked"


def test_an_expired_refresh_token_says_so(ann: Person) -> None:
    session = session_of(ann)
    assert session is not None
    long_ago = int(time.time()) - config.refresh_token_seconds - 1
    old = str(RefreshToken.issued(ann.id, session.sid, jti=session.jti, at=long_ago))
    response = refresh(old)
    assert (response.status_code, problem(response)) == (401, "token-expired")


def test_an_access_token_refreshes_nothing(ann: Person) -> None:
    assert problem(refresh(ann.access)) == "token-invalid"


def test_a_refresh_token_opens_nothing(ann: Person) -> None:
    assert problem(ann.use(ann.refresh).get("/users/me")) == "token-invalid"


def test_of_50_refreshes_at_once_exactly_one_rotates(ann: Person) -> None:
    before = session_of(ann)
    answers = at_once(50, lambda _: refresh(ann.refresh))
    assert {answer.status_code for answer in answers} == {200}
    (successor,) = {answer.json()["refresh"] for answer in answers}
    after = session_of(ann)
    assert before is not None
    assert after is not None
    assert (after.previous_jti, after.jti) == (before.jti, claims_of(successor)["jti"])
    assert refresh(successor).status_code == 200


def test_of_refreshes_with_token_and_successor_at_once_none_doubles_the_session(ann: Person) -> None:
    """Thief and owner side by side: whoever comes when, in the end there is one line of tokens or none."""
    successor = refresh(ann.refresh).json()["refresh"]
    answers = at_once(20, lambda number: refresh((ann.refresh, successor)[number % 2]))
    living = {answer.json()["refresh"] for answer in answers if answer.status_code == 200} - {successor}
    assert len(living) <= 1


def test_a_refresh_and_a_logout_at_once_leave_no_session(ann: Person) -> None:
    for _ in range(10):
        person = Person(Caller().post("/auth/login", login_of(ann)).json())

        def act(number: int, person: Person = person) -> Any:
            return refresh(person.refresh) if number else person.post("/auth/logout")

        out, _ = at_once(2, act)
        assert out.status_code == 204
        assert session_of(person) is None
        assert problem(person.get("/users/me")) == "session-revoked"


def test_the_tables_lost_answer_ends_no_session(ann: Person, dynamodb_proxy: Proxy) -> None:
    """The update is repeated on the wire, and finds its own first try."""
    table.get_item(keys.user(1))
    dynamodb_proxy.cut_after(0)
    threading.Timer(0.05, dynamodb_proxy.heal).start()
    response = refresh(ann.refresh)
    assert response.status_code == 200
    assert refresh(response.json()["refresh"]).status_code == 200


def test_with_dynamodb_away_it_is_503_and_nothing_is_lost(ann: Person, dynamodb_proxy: Proxy) -> None:
    dynamodb_proxy.refuse()
    response = within(5, lambda: refresh(ann.refresh))
    assert (response.status_code, problem(response)) == (503, "unavailable")
    dynamodb_proxy.heal()
    time.sleep(1.1)
    assert refresh(ann.refresh).status_code == 200


def test_with_redis_away_one_refreshes(ann: Person, redis_proxy: Proxy) -> None:
    redis_proxy.refuse()
    assert refresh(ann.refresh).status_code == 200


def test_without_any_token_one_is_asked_to_log_in(api: Caller) -> None:
    assert problem(api.post("/auth/refresh-token", {})) == "not-authenticated"


def test_a_refresh_is_one_write(ann: Person) -> None:
    with metering() as meter:
        refresh(ann.refresh)
    assert meter.dynamodb == [("UpdateItem", 1.0)]


def test_the_state_that_is_cached_is_the_end(ann: Person) -> None:
    """No token, no name: what Redis holds of a session says nothing else."""
    from echomate import cache

    ann.get("/users/me")
    (value,) = cache.run([("GET", keys.session_state(claims_of(ann.access)["sid"]))])
    session = session_of(ann)
    assert session is not None
    assert int(value) == session.expires_at
