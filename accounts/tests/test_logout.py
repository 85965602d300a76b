"""Ending sessions, and that they stay ended."""

import time
from typing import Any

import pytest
import redis

from accounts.tests.acting import at_once, claims_of, login_of, refresh, session_of
from echomate import cache, dynamodb, keys, table
from echomate.config import config
from echomate.metering import metering
from echomate.testing.client import Caller, Person, problem, sign_up
from echomate.testing.configuration import configured
from echomate.testing.projecting import Projecting
from echomate.testing.proxy import Proxy
from echomate.testing.stack import Stack


def another_session(person: Person) -> Person:
    return Person(Caller().post("/auth/login", login_of(person)).json())


def test_after_logout_neither_token_is_good(ann: Person) -> None:
    assert ann.get("/users/me").status_code == 200
    response = ann.post("/auth/logout")
    assert (response.status_code, response.content) == (204, b"")
    assert problem(ann.get("/users/me")) == "session-revoked"
    assert problem(refresh(ann.refresh)) == "session-revoked"
    assert session_of(ann) is None


def test_logout_twice_is_logout_once(ann: Person) -> None:
    assert [ann.post("/auth/logout").status_code for _ in range(2)] == [204, 204]


def test_logout_needs_a_token(api: Caller) -> None:
    assert problem(api.post("/auth/logout")) == "not-authenticated"
    assert problem(api.post("/auth/logout-all")) == "not-authenticated"


def test_a_forged_token_logs_nobody_out(ann: Person) -> None:
    forged = ann.access[:-4] + ("AAAA" if not ann.access.endswith("AAAA") else "BBBB")
    response = Caller().post("/auth/logout", headers={"Authorization": f"Bearer {forged}"})
    assert problem(response) == "token-invalid"
    assert ann.get("/users/me").status_code == 200


def test_logout_everywhere_ends_all_sessions_of_one_user(ann: Person) -> None:
    sessions, bob = [another_session(ann) for _ in range(3)], sign_up("bob")
    for person in (*sessions, bob):
        assert person.get("/users/me").status_code == 200
    assert ann.post("/auth/logout-all").status_code == 204
    for person in (ann, *sessions):
        assert problem(person.get("/users/me")) == "session-revoked"
        assert problem(refresh(person.refresh)) == "session-revoked"
    assert bob.get("/users/me").status_code == 200


def test_an_ended_session_ends_no_others(ann: Person) -> None:
    thief = another_session(ann)
    assert thief.post("/auth/logout").status_code == 204
    assert problem(thief.post("/auth/logout-all")) == "session-revoked"
    assert ann.get("/users/me").status_code == 200


def test_ended_is_remembered_so_that_the_table_is_asked_once(ann: Person) -> None:
    ann.post("/auth/logout")
    ann.get("/users/me")
    with metering() as meter:
        assert problem(ann.get("/users/me")) == "session-revoked"
    assert meter.dynamodb == []


def test_a_session_that_stands_is_asked_for_in_the_round_trip_of_all(ann: Person) -> None:
    ann.get("/users/me")
    with metering() as meter:
        ann.get("/users/me")
    assert [operation for operation, _ in meter.dynamodb] == ["GetItem"]  # the user, for their own eyes
    assert len(meter.redis) == 1


def test_a_flush_of_redis_revives_nobody(ann: Person) -> None:
    ann.post("/auth/logout")
    cache.run([("FLUSHALL",)])
    assert problem(ann.get("/users/me")) == "session-revoked"


def test_with_redis_away_the_table_says_who_may_come_in(ann: Person, redis_proxy: Proxy) -> None:
    gone = another_session(ann)
    gone.post("/auth/logout")
    redis_proxy.refuse()
    assert ann.get("/users/me").status_code == 200
    assert problem(gone.get("/users/me")) == "session-revoked"


@pytest.mark.parametrize("path", ["/auth/logout", "/auth/logout-all"])
def test_with_redis_away_a_logout_holds_also_when_redis_is_back_with_what_it_held(
    ann: Person, redis_proxy: Proxy, path: str
) -> None:
    ann.get("/users/me")
    redis_proxy.hang()
    assert ann.post(path).status_code == 204
    assert session_of(ann) is None
    assert problem(ann.get("/users/me")) == "session-revoked"
    redis_proxy.heal()
    time.sleep(cache.REST_SECONDS + 0.1)
    assert problem(ann.get("/users/me")) == "session-revoked"


@pytest.mark.parametrize("path", ["/auth/logout", "/auth/logout-all"])
def test_with_both_stores_away_a_logout_is_503_and_its_retry_is_well(
    ann: Person, redis_proxy: Proxy, dynamodb_proxy: Proxy, path: str
) -> None:
    """Nobody can be told that Redis may still call the session good."""
    ann.get("/users/me")
    redis_proxy.refuse()
    dynamodb_proxy.refuse()
    response = ann.post(path)
    assert (response.status_code, problem(response)) == (503, "unavailable")
    redis_proxy.heal()
    dynamodb_proxy.heal()
    time.sleep(cache.REST_SECONDS + 0.1)
    assert ann.post(path).status_code == 204
    assert problem(ann.get("/users/me")) == "session-revoked"


def test_a_redis_that_takes_no_writes_is_as_good_as_away(ann: Person, stack: Stack) -> None:
    """A replica after a failover answers, but with an error: the cached state is still there."""
    ann.get("/users/me")
    with redis.Redis(port=stack.ports["redis-feeds"]) as server:
        server.replicaof("127.0.0.1", "1")
        try:
            assert ann.post("/auth/logout").status_code == 204
            assert problem(ann.get("/users/me")) == "session-revoked"
        finally:
            server.replicaof("NO", "ONE")
    assert problem(ann.get("/users/me")) == "session-revoked"


def test_the_retry_of_a_logout_takes_the_cached_state_away(ann: Person, redis_proxy: Proxy) -> None:
    ann.get("/users/me")
    redis_proxy.refuse()
    assert [ann.post("/auth/logout").status_code for _ in range(2)] == [204, 204]
    redis_proxy.heal()
    time.sleep(cache.REST_SECONDS + 0.1)
    assert ann.post("/auth/logout").status_code == 204
    assert problem(ann.get("/users/me")) == "session-revoked"


def test_the_projector_takes_the_cached_state_away(ann: Person, projector: Projecting) -> None:
    """As after the death of the process that ended the session."""
    ann.get("/users/me")
    sid = claims_of(ann.access)["sid"]
    key = table.wire_key(keys.session(ann.id, sid))
    dynamodb.call("DeleteItem", {"TableName": config.table_name, "Key": key})
    projector.catch_up()
    assert problem(ann.get("/users/me")) == "session-revoked"


def test_with_dynamodb_away_a_logout_is_503_and_changes_nothing(ann: Person, dynamodb_proxy: Proxy) -> None:
    ann.get("/users/me")
    dynamodb_proxy.refuse()
    assert ann.post("/auth/logout").status_code == 503
    dynamodb_proxy.heal()
    time.sleep(1.1)
    assert ann.get("/users/me").status_code == 200


def test_a_state_that_was_read_before_the_end_is_not_cached_after_it(ann: Person) -> None:
    """Many requests race with the logout; whatever they read, nobody is let in after its answer."""
    for _ in range(5):
        person = another_session(ann)

        def act(number: int, person: Person = person) -> Any:
            return person.post("/auth/logout") if number == 0 else person.get("/users/me")

        answers = at_once(8, act)
        assert answers[0].status_code == 204
        assert problem(person.get("/users/me")) == "session-revoked"


# --- cookies ----------------------------------------------------------------------------------------------------------

ORIGIN = {"Origin": "http://localhost:5173"}


@pytest.fixture
def browser(ann: Person) -> Caller:
    """Logged in, as the web client is: the refresh token is a cookie."""
    caller = Caller(keeps_cookies=True)
    body = {"login": ann.username, "password": ann.password}
    assert "refresh" not in caller.post("/auth/login", body, headers=ORIGIN).json()
    return caller


def test_the_cookie_refreshes_and_is_renewed(browser: Caller) -> None:
    before = browser.cookie("echomate_refresh").value
    response = browser.post("/auth/refresh-token", {}, headers=ORIGIN)
    assert response.status_code == 200
    assert "refresh" not in response.json()
    assert browser.cookie("echomate_refresh").value != before
    assert browser.post("/auth/refresh-token", {}, headers=ORIGIN).status_code == 200


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "",
        "null",
        "https://evil.example",
        "http://localhost.evil.example",
        "http://localhost:5173.evil.example",
        "http://evil.example#http://localhost:5173",
        "http://localhost:5173/",
        "file://",
    ],
)
@pytest.mark.parametrize("path", ["/auth/refresh-token", "/auth/logout"])
def test_a_page_of_another_origin_can_not_use_the_cookie(
    browser: Caller, origin: str | None, path: str
) -> None:
    before = browser.cookie("echomate_refresh").value
    response = browser.post(path, {}, headers={} if origin is None else {"Origin": origin})
    assert (response.status_code, problem(response)) == (403, "csrf")
    assert browser.cookie("echomate_refresh").value == before
    assert browser.post("/auth/refresh-token", {}, headers=ORIGIN).status_code == 200


def test_a_token_in_the_body_needs_no_origin(browser: Caller, ann: Person) -> None:
    response = browser.post("/auth/refresh-token", {"refresh": ann.refresh, "token_delivery": "body"})
    assert response.status_code == 200
    assert claims_of(response.json()["refresh"])["sid"] == claims_of(ann.refresh)["sid"]


def test_logout_works_with_the_cookie_alone_and_removes_it(browser: Caller) -> None:
    token = browser.cookie("echomate_refresh").value
    assert browser.post("/auth/logout", headers=ORIGIN).status_code == 204
    assert browser.cookie("echomate_refresh").value == ""
    assert problem(refresh(token)) == "session-revoked"


def test_logout_works_with_the_cookie_when_the_access_token_is_over(browser: Caller) -> None:
    headers = ORIGIN | {"Authorization": "Bearer over"}
    assert browser.post("/auth/logout", headers=headers).status_code == 204
    assert browser.cookie("echomate_refresh").value == ""


def test_a_cookie_that_was_used_already_logs_out_too(browser: Caller) -> None:
    """Two tabs: one has refreshed meanwhile. To end the session is what the user wants."""
    token = browser.cookie("echomate_refresh").value
    successor = refresh(token).json()["refresh"]
    assert browser.post("/auth/logout", headers=ORIGIN).status_code == 204
    assert problem(refresh(successor)) == "session-revoked"


def test_the_cookie_opens_nothing_else(browser: Caller) -> None:
    assert problem(browser.get("/users/me", headers=ORIGIN)) == "not-authenticated"
    assert problem(browser.post("/auth/logout-all", headers=ORIGIN)) == "not-authenticated"


def test_an_ended_session_uses_up_nothing_of_what_its_user_may_do() -> None:
    person = sign_up()
    thief = another_session(person)
    assert thief.post("/auth/logout").status_code == 204
    with configured(rate_limits={"posts": "3/10800", "default": "20/300", "anonymous": "8/300"}):
        answers = [problem(thief.post("/posts", {"content": "spam"})) for _ in range(10)]
        assert answers == ["session-revoked"] * 8 + ["rate-limited"] * 2
        mine = person.post("/posts", {"content": "mine"})
        assert (mine.status_code, mine.headers["RateLimit"].split(";")[:2]) == (201, ['"posts"', "r=2"])
