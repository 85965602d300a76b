"""Stepping up: what counts as a proof for whom, for which session, and for how long."""

import pytest

from accounts import sessions, stepping_up
from accounts.authentication import TokenViewer
from accounts.services import stepping_up as service
from accounts.tests.acting import refresh, stored
from accounts.tests.authenticator import add_to
from accounts.tests.factors import (
    Clock,
    change_session,
    enrol,
    is_stepped_up,
    log_in,
    session_of,
    sid_of,
    step_down,
)
from echomate import ids
from echomate.errors import Unauthenticated
from echomate.metering import metering
from echomate.testing.client import Caller, Person, problem, sign_up
from echomate.testing.configuration import configured
from echomate.testing.proxy import Proxy
from echomate.testing.races import together


def test_a_login_is_no_step_up(ann: Person) -> None:
    assert not is_stepped_up(ann)
    assert not is_stepped_up(Person(log_in(ann).json()))


def test_nor_is_one_with_a_second_factor(ann: Person, clock: Clock) -> None:
    app, _ = enrol(ann.step_up(), clock)
    assert not is_stepped_up(Person(log_in(ann, otp=app.code()).json()))


def test_the_password_steps_up_for_ten_minutes(ann: Person) -> None:
    before = ids.now_seconds()
    response = ann.post("/auth/step-up", {"password": ann.password})
    assert (response.status_code, response.content) == (204, b"")
    assert before + 600 <= session_of(ann).stepped_up_until <= ids.now_seconds() + 600
    assert is_stepped_up(ann)
    change_session(ann, SteppedUpUntil=ids.now_seconds())
    assert not is_stepped_up(ann)


def test_it_is_this_very_session_that_steps_up(ann: Person) -> None:
    other = Person(log_in(ann).json())
    ann.step_up()
    assert not is_stepped_up(other)


def test_a_refresh_neither_adds_to_it_nor_takes_it_away(ann: Person) -> None:
    ann.step_up()
    until = session_of(ann).stepped_up_until
    tokens = refresh(ann.refresh).json()
    ann.use(tokens["access"])
    assert session_of(ann).stepped_up_until == until
    assert is_stepped_up(ann)
    step_down(ann)
    ann.use(refresh(tokens["refresh"]).json()["access"])
    assert not is_stepped_up(ann)


def test_it_dies_with_the_session(ann: Person) -> None:
    ann.step_up().post("/auth/logout")
    assert problem(ann.post("/auth/totp")) == "session-revoked"
    assert problem(ann.post("/auth/step-up", {"password": ann.password})) == "session-revoked"


def test_a_session_that_ends_meanwhile_is_not_stepped_up(ann: Person) -> None:
    user = stored(ann.id)
    sessions.end(ann.id, sid_of(ann))
    with pytest.raises(Unauthenticated) as refused:
        service.step_up(user, sid_of(ann), proof="password", given=ann.password)
    assert refused.value.type == "session-revoked"
    with pytest.raises(AssertionError):
        session_of(ann)


def test_nobody_in_particular_steps_up(api: Caller) -> None:
    assert problem(api.post("/auth/step-up", {"password": "correct9horse"})) == "not-authenticated"
    assert problem(api.post("/auth/step-up/code")) == "not-authenticated"


@pytest.mark.parametrize(
    ("body", "type_"),
    [
        ({"password": "correct9horsE"}, "bad-credentials"),
        ({"otp": "123456"}, "otp-invalid"),
        ({"otp": "abcde-fghij-klmno-pqrst-uvwxy"}, "otp-invalid"),
        ({"code": "12345678"}, "otp-invalid"),
        ({"code": chr(0x0664) * 8}, "otp-invalid"),
    ],
)
def test_what_is_wrong_or_not_there_is_no_proof(ann: Person, body: dict[str, str], type_: str) -> None:
    response = ann.post("/auth/step-up", body)
    assert (response.status_code, problem(response)) == (401, type_)
    assert not is_stepped_up(ann)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"password": "correct9horse", "otp": "123456"},
        {"password": None},
        {"password": 7},
        {"password": "x" * 1000},
        {"otp": "1" * 1000},
        {"otp": 123456},
        {"code": ["12345678"]},
        {"passkey": "yes"},
        {"passkey": {}},
        {"oidc": {"issuer": "https://example.org"}},
        {"secret": "x"},
    ],
)
def test_it_takes_one_proof_in_its_form(ann: Person, body: dict[str, object]) -> None:
    response = ann.post("/auth/step-up", body)
    assert (response.status_code, problem(response)) == (400, "invalid")
    assert response.json()["errors"]
    assert not is_stepped_up(ann)


def test_anothers_password_is_none(ann: Person) -> None:
    other = sign_up(password="another4password")
    assert problem(ann.post("/auth/step-up", {"password": other.password})) == "bad-credentials"


def test_who_has_totp_shows_it_and_no_password(ann: Person, clock: Clock) -> None:
    app, codes = enrol(ann.step_up(), clock)
    step_down(ann)
    response = ann.post("/auth/step-up", {"password": ann.password})
    assert (response.status_code, problem(response)) == (401, "otp-required")
    assert response.json()["methods"] == ["otp", "recovery"]
    assert not is_stepped_up(ann)
    for otp in (app.code(), codes[0]):
        assert ann.post("/auth/step-up", {"otp": otp}).status_code == 204
        assert is_stepped_up(ann)
        step_down(ann)
    for otp in (app.code(), codes[0]):
        assert problem(ann.post("/auth/step-up", {"otp": otp})) == "otp-invalid"


def test_a_code_of_a_login_steps_nothing_up_afterwards(ann: Person, clock: Clock) -> None:
    app, _ = enrol(ann.step_up(), clock)
    code = app.code()
    other = Person(log_in(ann, otp=code).json())
    assert problem(other.post("/auth/step-up", {"otp": code})) == "otp-invalid"


def test_of_two_sessions_at_once_with_one_code_one_steps_up(ann: Person, clock: Clock) -> None:
    app, _ = enrol(ann.step_up(), clock)
    step_down(ann)
    other = Person(log_in(ann, otp=app.code()).json())
    clock.tick()
    code = app.code()
    answers = together(
        *[lambda who=who: who.post("/auth/step-up", {"otp": code}).status_code for who in (ann, other)]
    )
    assert sorted(answers) == [204, 401]
    assert sorted(session_of(who).stepped_up_until > 0 for who in (ann, other)) == [False, True]


def test_a_passkey_steps_up(ann: Person) -> None:
    authenticator = add_to(ann.step_up())
    step_down(ann)
    options = ann.post("/auth/passkeys/step-up/options").json()
    proof = {"passkey": authenticator.get(options)}
    assert ann.post("/auth/step-up", proof).status_code == 204
    assert is_stepped_up(ann)
    assert problem(ann.post("/auth/step-up", proof)) == "passkey-invalid"


def test_who_has_a_passkey_is_led_to_it_by_the_password(ann: Person) -> None:
    authenticator = add_to(ann.step_up())
    step_down(ann)
    answer = ann.post("/auth/step-up", {"password": ann.password})
    assert problem(answer) == "otp-required"
    assert answer.json()["methods"] == ["passkey"]
    assert (
        ann.post("/auth/step-up", {"passkey": authenticator.get(answer.json()["passkey"])}).status_code == 204
    )


def test_a_passkey_that_was_shown_for_a_login_is_no_step_up(ann: Person) -> None:
    authenticator = add_to(ann.step_up())
    step_down(ann)
    proof = {"passkey": authenticator.get(log_in(ann).json()["passkey"])}
    assert problem(ann.post("/auth/step-up", proof)) == "passkey-invalid"


def test_anothers_passkey_is_none(ann: Person) -> None:
    bob = sign_up("bob").step_up()
    theirs = add_to(bob)
    add_to(ann.step_up())
    step_down(ann)
    for asked in (ann, bob):
        proof = {"passkey": theirs.get(asked.post("/auth/passkeys/step-up/options").json())}
        assert problem(ann.post("/auth/step-up", proof)) == "passkey-invalid"


def test_guesses_of_a_session_end_after_ten(ann: Person) -> None:
    """The owner at another device isn't locked out by them."""
    other = Person(log_in(ann).json())
    for body in ({"password": "correct9horsE"}, {"otp": "123456"}):
        answers = [ann.post("/auth/step-up", body).status_code for _ in range(11)]
        assert answers == [401] * 10 + [429]
    assert problem(ann.post("/auth/step-up", {"password": ann.password})) == "rate-limited"
    assert other.post("/auth/step-up", {"password": ann.password}).status_code == 204
    assert log_in(ann).status_code == 200


def test_so_do_they_without_redis(ann: Person, redis_proxy: Proxy) -> None:
    redis_proxy.refuse()
    answers = [ann.post("/auth/step-up", {"password": "correct9horsE"}).status_code for _ in range(11)]
    assert answers == [401] * 10 + [429]


def test_with_the_table_away_it_is_503(ann: Person, dynamodb_proxy: Proxy) -> None:
    dynamodb_proxy.refuse()
    assert ann.post("/auth/step-up", {"password": ann.password}).status_code == 503


def test_what_asks_for_it_costs_one_read(ann: Person) -> None:
    viewer = TokenViewer(ann.step_up().id, sid_of(ann))
    with metering() as meter:
        stepping_up.require(viewer)
    assert meter.dynamodb == [("GetItem", 1.0)]


@pytest.mark.parametrize(
    ("policy", "path"),
    [
        ("change-email", "/auth/change-email"),
        ("change-username", "/auth/change-username"),
        ("passkeys", "/auth/passkeys/options"),
        ("oidc-links", "/auth/oidc/links"),
        ("export", "/users/me/export"),
    ],
)
@pytest.mark.parametrize("redis_is_away", [False, True])
def test_a_refusal_that_asks_for_it_uses_up_no_share(
    ann: Person, redis_proxy: Proxy, policy: str, path: str, *, redis_is_away: bool
) -> None:
    if redis_is_away:
        redis_proxy.refuse()
    with configured(rate_limits={policy: "2/3600"}):
        refusals = [ann.post(path, {}) for _ in range(4)]
        assert {problem(refusal) for refusal in refusals} == {"step-up-required"}
        if policy != "export":  # its handler counts, after this refusal
            assert {refusal.headers["RateLimit"].split(";")[1] for refusal in refusals} == {"r=2"}
        assert ann.step_up().post(path, {}).status_code != 429


def test_it_counts_as_a_call_all_the_same(ann: Person) -> None:
    with configured(rate_limits={"default": "3/300"}):
        answers = [problem(ann.post("/auth/change-email", {})) for _ in range(4)]
    assert answers == ["step-up-required"] * 3 + ["rate-limited"]
