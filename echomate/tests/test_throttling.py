"""Rate limits: counted in Redis, a process's own where Redis is away and the limit guards something."""

import itertools
from collections.abc import Callable

import pytest
from django.http import HttpRequest

from echomate import cache, keys
from echomate.errors import DependencyAway, RateLimited
from echomate.testing.client import Caller, Person
from echomate.testing.configuration import configured
from echomate.testing.proxy import Proxy
from echomate.throttling import Limit, Policy, address_subject, client_address

_subjects = (f"subject{number}" for number in itertools.count())

THREE = Policy("three", 3, 60)
GUARD = Policy("guard", 3, 60, guards=True)


def count(limit: Limit) -> object:
    return cache.run([limit.command])[0]


def test_the_call_after_the_last_one_is_refused_and_told_when_to_come_back() -> None:
    limit = Limit(THREE, next(_subjects))
    assert [limit.check(count(limit)).remaining for _ in range(3)] == [2, 1, 0]
    with pytest.raises(RateLimited) as refused:
        limit.check(count(limit))
    assert 1 <= int(refused.value.headers["Retry-After"]) <= 60
    assert refused.value.headers["RateLimit-Policy"] == '"three";q=3;w=60'


def test_one_subject_does_not_use_up_what_another_may() -> None:
    first, second = Limit(THREE, next(_subjects)), Limit(THREE, next(_subjects))
    for _ in range(3):
        first.check(count(first))
    assert second.check(count(second)).remaining == 2


def test_settings_override_a_policy_and_multiply_all() -> None:
    with configured(rate_limits={"three": "7/10"}, rate_limit_factor=2):
        assert THREE.quota == (14, 10)


def test_without_redis_a_limit_lets_pass_but_a_guard_counts_in_the_process(redis_proxy: Proxy) -> None:
    redis_proxy.refuse()
    open_, guard = Limit(THREE, next(_subjects)), Limit(GUARD, next(_subjects))
    with pytest.raises(DependencyAway):
        count(open_)
    for _ in range(5):
        assert open_.check(None).remaining == 3
    assert [guard.check(None).remaining for _ in range(3)] == [2, 1, 0]
    with pytest.raises(RateLimited):
        guard.check(None)


def test_a_call_counts_only_for_what_it_got_as_far_as(sign_up: Callable[..., Person]) -> None:
    """What one limit has refused uses up nothing of those that would have been asked after it."""
    ann, wrong = sign_up("ann"), {"password": "wrong9horse"}
    with configured(rate_limit_factor=1, rate_limits={"default": "2/300", "step-up": "3/300"}):
        answers = [ann.post("/auth/step-up", wrong).status_code for _ in range(6)]
        assert answers == [401] * 2 + [429] * 4
        cache.run([("DEL", keys.throttle("default", str(ann.id)))])
        answers = [ann.post("/auth/step-up", wrong).status_code for _ in range(2)]
        assert answers == [401, 429]


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/feed", {"Authorization": "Bearer x.y.z"}, 401),
        ("GET", "/timeline", {"Authorization": "Bearer "}, 401),
        ("POST", "/auth/logout", {"Authorization": "Bearer x.y.z"}, 401),
        ("GET", "/timeline?cursor=x", {}, 400),
        ("GET", "/tags/x/timeline?limit=1000", {}, 400),
        ("GET", "/users/1/posts?cursor=x", {}, 404),
        ("GET", "/posts/x", {}, 404),
        ("POST", "/auth/refresh-token", {"Cookie": "echomate_refresh=x"}, 403),
    ],
)
def test_what_is_refused_counts_too(method: str, path: str, headers: dict[str, str], status: int) -> None:
    caller = Caller()
    with configured(rate_limit_factor=1, rate_limits={"anonymous": "2/300"}):
        answers = [caller.call(method, path, headers=headers) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [status] * 2 + [429] * 2
        assert answers[-1].headers["Retry-After"]
        assert Caller().call(method, path, headers=headers).status_code == status


def test_a_bad_cursor_counts_for_who_is_logged_in(sign_up: Callable[..., Person]) -> None:
    ann = sign_up("ann")
    with configured(rate_limit_factor=1, rate_limits={"default": "2/300", "anonymous": "1/300"}):
        answers = [ann.get("/feed?cursor=x").status_code for _ in range(3)]
    assert answers == [400, 400, 429]


def test_an_ended_session_is_refused_before_its_cursor(sign_up: Callable[..., Person]) -> None:
    ann = sign_up("ann")
    assert ann.post("/auth/logout").status_code == 204
    assert ann.get("/feed?cursor=x").status_code == 401


def test_an_anonymous_client_is_an_ipv4_address_or_an_ipv6_network() -> None:
    assert address_subject("192.0.2.7") == "192.0.2.7"
    assert address_subject("::ffff:192.0.2.7") == "192.0.2.7"
    assert address_subject("2001:db8:1:2:3:4:5:6") == address_subject("2001:db8:1:2::9") == "2001:db8:1:2::"
    assert address_subject("2001:db8:1:3::9") != address_subject("2001:db8:1:2::9")
    assert address_subject("not an address") == "unknown"


def test_a_forwarded_address_counts_only_behind_proxies_that_are_trusted() -> None:
    request = HttpRequest()
    request.META = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "6.6.6.6, 192.0.2.7"}
    assert client_address(request) == "10.0.0.1"
    with configured(trusted_proxies=1):
        assert client_address(request) == "192.0.2.7"
    with configured(trusted_proxies=3):
        assert client_address(request) == "10.0.0.1"
