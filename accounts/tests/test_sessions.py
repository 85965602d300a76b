"""One's sessions: the list, ending one, when they were used, how many and how long."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from accounts import origins, sessions
from accounts.models import Session
from accounts.tests.acting import at_once, claims_of, log_in, refresh, session_of
from accounts.tests.factors import change_session, sid_of
from echomate import cache, keys
from echomate.errors import DependencyAway
from echomate.ids import now_seconds
from echomate.metering import metering
from echomate.testing.client import Caller, Person, problem
from echomate.testing.configuration import configured
from echomate.testing.projecting import Projecting
from echomate.testing.proxy import Proxy

pytestmark = pytest.mark.store

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
DAY = 24 * 3600


def another(person: Person, *, agent: str = "", address: str = "") -> Person:
    caller = Caller()
    caller.address = address or caller.address
    caller.headers = {"User-Agent": agent}
    return Person(log_in(person.username, caller=caller).json())


def list_of(person: Person, path: str = "/auth/sessions") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = person.get(path).json()["results"]
    return found


def last_used(person: Person) -> int:
    found = session_of(person)
    assert found is not None
    return int(found.last_used_at)


def forget_state(person: Person) -> None:
    """As after ten minutes."""
    cache.run([("DEL", keys.session_state(sid_of(person)))])


# --- the list ---------------------------------------------------------------------------------------------------------


def test_the_list_shows_each_session_the_latest_first(ann: Person) -> None:
    later = another(ann, agent=FIREFOX, address="203.0.113.77")
    shown = list_of(ann)
    assert [one["id"] for one in shown] == [sid_of(later), sid_of(ann)]
    assert [one["current"] for one in shown] == [False, True]
    assert shown[0]["device"] == "Firefox on Linux"
    assert shown[0]["address"] == "203.0.113.0/24"
    assert list_of(later)[0]["current"] is True


def test_the_list_pages_as_lists_do(ann: Person) -> None:
    sids = [sid_of(ann), *(sid_of(another(ann)) for _ in range(4))]
    seen, path = [], "/auth/sessions?limit=2"
    while path:
        page = ann.get(path).json()
        seen += [one["id"] for one in page["results"]]
        path = page["next"]
    assert seen == sids[::-1]
    newest = ann.get("/auth/sessions?limit=2").json()
    later = sid_of(another(ann))
    assert [one["id"] for one in ann.get(newest["previous"]).json()["results"]] == [later]


def test_a_session_that_is_over_is_not_in_the_list(ann: Person) -> None:
    other = another(ann)
    change_session(other, ExpiresAt=now_seconds() - 1)
    assert [one["id"] for one in list_of(ann)] == [sid_of(ann)]


def test_an_address_is_shown_coarsely_and_a_device_in_our_own_words() -> None:
    assert origins.coarse("192.0.2.77") == "192.0.2.0/24"
    assert origins.coarse("::ffff:192.0.2.77") == "192.0.2.0/24"
    assert origins.coarse("2001:db8:1:2::3") == "2001:db8:1::/48"
    assert origins.coarse("no address") == ""
    chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/149.0 Safari/537.36"
    iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 Version/19 Safari/604.1"
    android = "Mozilla/5.0 (Linux; Android 16; Mobile) Gecko/140.0 Firefox/140.0"
    words = {
        FIREFOX: "Firefox on Linux",
        chrome: "Chrome on Windows",
        f"{chrome} Edg/149.0": "Edge on Windows",
        iphone: "Safari on iPhone",
        android: "Firefox on Android",
        "curl/8.9": "curl",
        "<script>\x00\u202e" + "x" * 5000: "",
        "": "",
    }
    assert {agent: origins.device_of(agent) for agent in words} == words


# --- ending one -------------------------------------------------------------------------------------------------------


def test_one_session_is_ended_and_no_other(ann: Person) -> None:
    lost = another(ann)
    assert lost.get("/users/me").status_code == 200
    assert ann.delete(f"/auth/sessions/{sid_of(lost)}").status_code == 204
    assert problem(lost.get("/users/me")) == "session-revoked"
    assert problem(refresh(lost.refresh)) == "session-revoked"
    assert ann.get("/users/me").status_code == 200
    assert ann.delete(f"/auth/sessions/{sid_of(lost)}").status_code == 404


def test_ones_own_may_be_ended_and_its_cookie_goes(ann: Person) -> None:
    response = ann.delete(f"/auth/sessions/{sid_of(ann)}")
    assert response.status_code == 204
    assert response.cookies["echomate_refresh"].value == ""
    assert problem(ann.get("/users/me")) == "session-revoked"


@pytest.mark.parametrize("sid", ["0" * 24, "x", "%23", "PROFILE", "a" * 500])
def test_what_is_no_session_of_ones_own_is_not_there(
    ann: Person, sign_up: Callable[..., Person], sid: str
) -> None:
    bob = sign_up("bob")
    assert ann.delete(f"/auth/sessions/{sid}").status_code == 404
    assert ann.delete(f"/auth/sessions/{sid_of(bob)}").status_code == 404
    assert bob.get("/users/me").status_code == 200


def test_who_is_nobody_has_no_sessions(api: Caller) -> None:
    assert problem(api.get("/auth/sessions")) == "not-authenticated"
    assert problem(api.delete(f"/auth/sessions/{'0' * 24}")) == "not-authenticated"


def test_with_redis_away_the_end_stands_and_can_be_repeated(ann: Person, redis_proxy: Proxy) -> None:
    lost = another(ann)
    lost.get("/users/me")
    redis_proxy.refuse()
    assert ann.delete(f"/auth/sessions/{sid_of(lost)}").status_code == 204
    assert session_of(lost) is None
    redis_proxy.heal()
    time.sleep(cache.REST_SECONDS + 0.1)
    assert problem(lost.get("/users/me")) == "session-revoked"
    assert ann.delete(f"/auth/sessions/{sid_of(lost)}").status_code == 404


def test_a_session_that_is_ended_while_it_is_refreshed_stays_ended(ann: Person) -> None:
    for _ in range(5):
        lost = another(ann)

        def act(number: int, lost: Person = lost) -> Any:
            return ann.delete(f"/auth/sessions/{sid_of(lost)}") if number == 0 else refresh(lost.refresh)

        answers = at_once(6, act)
        assert answers[0].status_code == 204
        assert session_of(lost) is None
        assert problem(lost.get("/users/me")) == "session-revoked"


def test_the_retry_of_a_logout_everywhere_is_answered_as_the_first_would_have_been(
    ann: Person, redis_proxy: Proxy
) -> None:
    ann.get("/users/me")
    redis_proxy.refuse()
    assert [ann.post("/auth/logout-all").status_code for _ in range(2)] == [204, 204]
    redis_proxy.heal()
    time.sleep(cache.REST_SECONDS + 0.1)
    assert ann.post("/auth/logout-all").status_code == 204
    assert problem(ann.get("/users/me")) == "session-revoked"


def test_a_logout_everywhere_that_broke_off_is_whole_when_it_is_repeated(
    ann: Person, redis_proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ends are written, and then neither Redis nor the table can be told."""
    other = another(ann)
    other.get("/users/me")

    def break_off(_debts: object) -> None:
        raise DependencyAway("dynamodb")

    redis_proxy.refuse()
    with monkeypatch.context() as patch:
        patch.setattr("echomate.cache.debts._put", break_off)
        assert ann.post("/auth/logout-all").status_code == 503
    redis_proxy.heal()
    time.sleep(cache.REST_SECONDS + 0.1)
    assert ann.post("/auth/logout-all").status_code == 204
    assert problem(other.get("/users/me")) == "session-revoked"


# --- when it was used -------------------------------------------------------------------------------------------------


def test_use_is_noted_every_ten_minutes_by_the_read_that_is_made_anyway(ann: Person) -> None:
    long_ago = now_seconds() - 3600
    change_session(ann, LastUsedAt=long_ago)
    with metering() as meter:
        ann.get("/users/me")
    assert [operation for operation, _ in meter.dynamodb] == ["UpdateItem", "GetItem"]
    noted = last_used(ann)
    assert noted > long_ago + 3000
    with metering() as meter:
        ann.get("/users/me")
    assert [operation for operation, _ in meter.dynamodb] == ["GetItem"]


def test_use_is_noted_no_more_often_though_redis_forgets(ann: Person) -> None:
    lately = now_seconds() - 500
    change_session(ann, LastUsedAt=lately)
    forget_state(ann)
    assert ann.get("/users/me").status_code == 200
    assert last_used(ann) == lately


def test_a_refresh_is_a_use(ann: Person) -> None:
    change_session(ann, LastUsedAt=1)
    refresh(ann.refresh)
    assert last_used(ann) > 1


@pytest.mark.parametrize("over", ["deleted", "expired"])
def test_a_use_revives_no_session(ann: Person, over: str) -> None:
    if over == "deleted":
        sessions._delete(ann.id, [sid_of(ann)])
    else:
        change_session(ann, ExpiresAt=now_seconds() - 1)
    forget_state(ann)
    assert problem(ann.get("/users/me")) == "session-revoked"
    assert session_of(ann) is None


# --- the end that is cached with it -----------------------------------------------------------------------------------


def pass_time(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + seconds)


def test_a_session_is_over_at_its_end_though_redis_holds_its_state(
    ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_session(ann, ExpiresAt=now_seconds() + 300)
    forget_state(ann)
    assert ann.get("/users/me").status_code == 200
    pass_time(monkeypatch, 301)
    assert cache.run([("EXISTS", keys.session_state(sid_of(ann)))]) == [1]
    assert problem(ann.get("/users/me")) == "session-revoked"


def test_a_session_whose_end_was_put_off_goes_on_and_is_cached_again(
    ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_session(ann, ExpiresAt=now_seconds() + 300)
    forget_state(ann)
    assert ann.get("/users/me").status_code == 200
    assert refresh(ann.refresh).status_code == 200
    pass_time(monkeypatch, 301)
    assert ann.get("/users/me").status_code == 200
    with metering() as meter:
        assert ann.get("/users/me").status_code == 200
    assert "UpdateItem" not in [operation for operation, _ in meter.dynamodb]


def test_a_state_without_an_end_is_asked_for_in_the_table(ann: Person) -> None:
    """As a release before this one left it."""
    key = keys.session_state(sid_of(ann))
    cache.run([("SET", key, b"+", "EX", 600)])
    assert ann.get("/users/me").status_code == 200
    sessions._delete(ann.id, [sid_of(ann)])
    cache.run([("SET", key, b"+", "EX", 600)])
    assert problem(ann.get("/users/me")) == "session-revoked"


# --- how long, how many -----------------------------------------------------------------------------------------------


def test_no_refresh_takes_a_session_beyond_its_end(ann: Person) -> None:
    end = now_seconds() + DAY
    change_session(ann, EndsAt=end)
    tokens = refresh(ann.refresh)
    assert tokens.status_code == 200
    found = session_of(ann)
    assert found is not None
    assert found.expires_at == end
    assert refresh(tokens.json()["refresh"]).status_code == 200
    change_session(ann, EndsAt=now_seconds() - 1, ExpiresAt=now_seconds() - 1)
    assert problem(refresh(tokens.json()["refresh"])) == "session-revoked"


def test_a_refresh_in_the_last_days_rotates_once_too(ann: Person) -> None:
    change_session(ann, EndsAt=now_seconds() + DAY)
    answers = at_once(20, lambda _: refresh(ann.refresh))
    assert {answer.status_code for answer in answers} == {200}
    assert len({claims_of(answer.json()["refresh"])["jti"] for answer in answers}) == 1


def test_a_session_from_before_there_was_an_end_asks_for_a_login(ann: Person) -> None:
    change_session(ann, EndsAt=0)
    assert problem(refresh(ann.refresh)) == "session-revoked"


def test_the_longest_life_is_a_setting(sign_up: Callable[..., Person]) -> None:
    with configured(session_seconds=3600):
        found = session_of(sign_up("short"))
    assert found is not None
    assert found.expires_at == found.ends_at <= now_seconds() + 3600


def test_beyond_fifty_the_longest_unused_goes(
    ann: Person, projector: Projecting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "AT_MOST", 3)
    unused, used = another(ann), another(ann)
    change_session(ann, LastUsedAt=now_seconds() + 5)
    change_session(used, LastUsedAt=now_seconds() + 5)
    change_session(unused, LastUsedAt=1)
    latest = another(ann)
    projector.catch_up()
    assert {session.sid for session in sessions.of(ann.id)} == {sid_of(one) for one in (ann, used, latest)}
    projector.catch_up()
    assert problem(unused.get("/users/me")) == "session-revoked"


def test_a_session_in_use_is_not_put_out_by_logins_elsewhere(
    ann: Person, projector: Projecting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its use was noted before the logins, and isn't noted again within 10 minutes."""
    monkeypatch.setattr(sessions, "AT_MOST", 3)
    change_session(ann, LastUsedAt=now_seconds() - 500)
    forget_state(ann)
    assert ann.get("/users/me").status_code == 200
    elsewhere = [another(ann) for _ in range(6)]
    projector.catch_up()
    assert ann.get("/users/me").status_code == 200
    assert sid_of(elsewhere[-1]) in {session.sid for session in sessions.of(ann.id)}
    assert len(sessions.of(ann.id)) == 3


def test_nor_by_logins_that_are_used_as_well(
    ann: Person, projector: Projecting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "AT_MOST", 3)
    assert ann.get("/users/me").status_code == 200
    for _ in range(6):
        latest = another(ann)
        assert latest.get("/users/me").status_code == 200
        projector.catch_up()
        assert latest.get("/users/me").status_code == 200
    assert ann.get("/users/me").status_code == 200
    assert len(sessions.of(ann.id)) == 3


def test_nor_where_redis_has_lost_its_state(
    ann: Person, projector: Projecting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "AT_MOST", 3)
    now = now_seconds()
    change_session(ann, CreatedAt=(now - 3600) * 1000, LastUsedAt=now - 900)
    for _ in range(6):
        another(ann)
    projector.catch_up()
    assert ann.get("/users/me").status_code == 200


def test_a_session_keeps_what_it_was_begun_with(ann: Person) -> None:
    found = session_of(another(ann, agent=FIREFOX, address="2001:db8:1:2::3"))
    assert isinstance(found, Session)
    assert (found.device, found.address) == ("Firefox on Linux", "2001:db8:1::/48")
    assert found.methods == ["password"]
