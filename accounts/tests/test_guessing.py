"""Limits against guessing: whom failures stop, and whom they don't."""

from typing import Any

import pytest
from redis.crc import key_slot

from accounts import guessing
from accounts.guessing import CODES, PASSWORDS
from accounts.origins import NOWHERE, Origin
from accounts.tests.acting import at_once, log_in
from echomate import cache
from echomate.errors import DependencyAway, RateLimited, Unauthenticated
from echomate.testing.client import Caller, Person, problem, unique_name
from echomate.testing.configuration import configured
from echomate.testing.proxy import Proxy

WRONG = "correct9horsE"


def fail(account: str, origin: Origin = NOWHERE, *, session: str = "", policy: Any = CODES) -> bool:
    """Whether a wrong guess was looked at."""
    try:
        with guessing.counted(policy, account, origin, session=session):
            raise Unauthenticated
    except RateLimited:
        return False
    except Unauthenticated:
        return True


def passes(account: str, origin: Origin = NOWHERE, *, session: str = "") -> bool:
    try:
        with guessing.counted(CODES, account, origin, session=session):
            return True
    except RateLimited:
        return False


def exhaust(login: str) -> None:
    """Strangers, each from an address of their own, guess until nothing is looked at any more."""
    answers = [problem(log_in(login, WRONG)) for _ in range(11)]
    assert answers == ["bad-credentials"] * 10 + ["rate-limited"]


# --- at a login -------------------------------------------------------------------------------------------------------


def test_strangers_stop_strangers(ann: Person) -> None:
    exhaust(ann.username)
    assert problem(log_in(ann.username)) == "rate-limited"


def test_strangers_lock_out_no_known_device(ann: Person) -> None:
    token = log_in(ann.username).json()["device_token"]
    exhaust(ann.username)
    assert log_in(ann.username, device_token=token).status_code == 200
    assert problem(log_in(ann.username)) == "rate-limited"  # that device's login lets no stranger guess on


def test_strangers_lock_nobody_out_who_logged_in_from_there_lately(ann: Person) -> None:
    home = Caller()
    assert log_in(ann.username, caller=home).status_code == 200
    exhaust(ann.username)
    assert log_in(ann.username, caller=home).status_code == 200


def test_a_known_device_guesses_ten_times_too(ann: Person) -> None:
    token = log_in(ann.username).json()["device_token"]
    answers = [problem(log_in(ann.username, WRONG, device_token=token)) for _ in range(11)]
    assert answers == ["bad-credentials"] * 10 + ["rate-limited"]
    assert problem(log_in(ann.username, device_token=token)) == "rate-limited"
    assert log_in(ann.username).status_code == 200


def test_a_known_address_guesses_ten_times_too_and_locks_out_nobody_elsewhere(ann: Person) -> None:
    home = Caller()
    log_in(ann.username, caller=home)
    answers = [problem(log_in(ann.username, WRONG, caller=home)) for _ in range(11)]
    assert answers == ["bad-credentials"] * 10 + ["rate-limited"]
    assert log_in(ann.username).status_code == 200


def test_the_refusal_of_a_known_address_is_that_of_a_stranger(ann: Person) -> None:
    home, refusals = Caller(), []
    log_in(ann.username, caller=home)
    for login, caller in ((ann.username, home), (unique_name(), Caller())):
        for _ in range(10):
            log_in(login, WRONG, caller=caller)
        response = log_in(login, WRONG, caller=caller)
        names = [
            name for name in response.headers if name not in {"X-Request-ID", "Retry-After", "RateLimit"}
        ]
        refusals.append((response.status_code, {name: response.headers[name] for name in names}))
    assert refusals[0] == refusals[1]
    assert refusals[0][1]["RateLimit-Policy"] == '"login-account";q=10;w=3600'


def test_a_hundred_guesses_at_once_are_ten(ann: Person) -> None:
    answers = at_once(30, lambda _: problem(log_in(ann.username, WRONG)))
    assert answers.count("bad-credentials") == 10
    assert answers.count("rate-limited") == 20


def test_right_ones_at_once_are_no_failures(ann: Person) -> None:
    token = log_in(ann.username).json()["device_token"]
    for _ in range(4):
        answers = at_once(5, lambda _: log_in(ann.username, device_token=token))
        assert {answer.status_code for answer in answers} == {200}


def test_who_is_refused_by_address_uses_up_no_accounts_share(ann: Person) -> None:
    caller = Caller()
    with configured(rate_limit_factor=1, rate_limits={"login": "2/300"}):
        answers = [problem(log_in(ann.username, WRONG, caller=caller)) for _ in range(14)]
    assert answers == ["bad-credentials"] * 2 + ["rate-limited"] * 12
    assert log_in(ann.username).status_code == 200


def test_a_name_and_its_address_count_apart_so_that_neither_tells_of_the_other(ann: Person) -> None:
    exhaust(ann.username)
    assert log_in(ann.email).status_code == 200


# --- any guess --------------------------------------------------------------------------------------------------------


def test_ten_failures_and_no_more() -> None:
    account = unique_name()
    assert [fail(account) for _ in range(12)] == [True] * 10 + [False] * 2
    assert not passes(account)


def test_a_right_guess_clears_the_count() -> None:
    account = unique_name()
    for _ in range(3):
        assert all(fail(account) for _ in range(9))
        assert passes(account)


def test_kinds_of_guesses_count_apart() -> None:
    account = unique_name()
    assert all(fail(account) for _ in range(10))
    assert fail(account, policy=PASSWORDS)


def test_a_session_has_a_count_of_its_own() -> None:
    account = unique_name()
    assert all(fail(account) for _ in range(10))
    assert passes(account, session="a")
    assert all(fail(account, session="a") for _ in range(10))
    assert not passes(account, session="a")
    assert passes(account, session="b")


def test_a_device_counts_only_where_the_account_knows_it() -> None:
    account, client = unique_name(), "192.0.2.7"
    assert all(fail(account) for _ in range(10))
    assert not passes(account, Origin(client=client, device_token="a" * 32))
    assert not passes(account, Origin(client=client, device_token="a" * 32, known_until=0))
    assert passes(account, Origin(client=client, device_token="a" * 32, known_until=1))


def test_who_has_shown_it_in_another_way_is_trusted_at_that_address() -> None:
    account, here, there = unique_name(), Origin(client="192.0.2.7"), Origin(client="192.0.2.8")
    assert all(fail(account) for _ in range(10))
    guessing.trust(CODES, account, here)
    assert not passes(account, there)
    assert passes(account, here)


def test_those_without_an_address_are_never_a_known_pair() -> None:
    account = unique_name()
    assert passes(account)
    assert all(fail(account) for _ in range(10))
    assert not passes(account)


def test_what_was_away_was_no_guess() -> None:
    account = unique_name()
    for _ in range(20):
        with pytest.raises(DependencyAway), guessing.counted(CODES, account):
            raise DependencyAway("dynamodb")
    assert [fail(account) for _ in range(11)] == [True] * 10 + [False]
    assert not passes(account)


def test_the_count_is_over_after_its_time() -> None:
    account = unique_name()
    with configured(rate_limits={"codes": "2/600"}):
        assert [fail(account) for _ in range(2)] == [True] * 2
        replies = cache.run([("PTTL", key) for key in cache.run([("KEYS", "throttle:codes:*")])[0]])
    assert replies
    assert all(0 < left <= 600_000 for left in replies)


def test_redis_holds_no_name_and_no_address_and_an_accounts_keys_in_one_slot() -> None:
    account = unique_name()
    fail(account)
    passes(account, Origin(client="192.0.2.7"))
    fail(account, Origin(client="192.0.2.7"))
    fail(account, session="a")
    (found,) = cache.run([("KEYS", "*")])
    assert len(found) == 3  # a right guess clears what strangers have failed
    assert len({key_slot(key) for key in found}) == 1
    assert not [key for key in found if account.encode() in key or b"192.0.2.7" in key]


def test_without_redis_each_process_counts(redis_proxy: Proxy) -> None:
    redis_proxy.refuse()
    account = unique_name()
    assert all(fail(account) for _ in range(9))
    assert passes(account)
    with pytest.raises(DependencyAway), guessing.counted(CODES, account):
        raise DependencyAway("dynamodb")
    assert [fail(account) for _ in range(12)] == [True] * 10 + [False] * 2
    assert passes(account, session="a")
