"""Stepping up without a password: by a code that is mailed, or a fresh login at a provider."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail

from accounts.tests.acting import change_user
from accounts.tests.factors import (
    Clock,
    change_session,
    enrol,
    is_stepped_up,
    jobs_of,
    log_in,
    send,
    session_of,
    step_down,
)
from accounts.tests.issuer import Issuer, running, trusted
from echomate import ids
from echomate.testing.client import Caller, Person, problem, sign_up, unique_name
from echomate.testing.races import together


def without_password(person: Person) -> Person:
    """As one who came by a login provider, whose address it has verified."""
    change_user(person.id, PasswordHash=None, EmailVerified=True)
    return person


@pytest.fixture
def ida(ann: Person) -> Person:
    return without_password(ann)


def mailed_code(person: Person) -> str:
    mail.outbox.clear()
    response = person.post("/auth/step-up/code")
    assert (response.status_code, response.content) == (202, b"")
    send(person.id, "step-up-code")
    (code,) = re.findall(r"^\d{8}$", str(mail.outbox[-1].body), re.MULTILINE)
    assert mail.outbox[-1].to == [person.email]
    return str(code)


def test_who_has_neither_password_nor_second_factor_gets_a_code_by_mail(ida: Person) -> None:
    code = mailed_code(ida)
    assert not is_stepped_up(ida)
    assert ida.post("/auth/step-up", {"code": f" {code[:4]} {code[4:]} "}).status_code == 204
    assert is_stepped_up(ida)


def test_the_code_lies_in_no_item_and_no_log(
    ida: Person, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    code = mailed_code(ida)
    ida.post("/auth/step-up", {"code": code})
    assert code not in str(session_of(ida).wire())
    assert not [job for job in jobs_of(ida.id) if code in job.payload_json]
    lines = [*(str(vars(record)) for record in caplog.records), *capfd.readouterr().out.splitlines()]
    assert not [line for line in lines if re.search(rf"(?<![0-9a-f.]){code}(?![0-9a-f])", line)]


def test_the_code_counts_once(ida: Person) -> None:
    code = mailed_code(ida)
    ida.post("/auth/step-up", {"code": code})
    step_down(ida)
    assert problem(ida.post("/auth/step-up", {"code": code})) == "otp-invalid"


def test_the_code_is_for_the_session_that_asked(ida: Person) -> None:
    other = sign_up("other")
    change_user(ida.id, PasswordHash=None)
    code = mailed_code(ida)
    assert problem(without_password(other).post("/auth/step-up", {"code": code})) == "otp-invalid"
    assert ida.post("/auth/step-up", {"code": code}).status_code == 204


def test_another_session_of_the_same_user_has_no_use_for_it(ann: Person) -> None:
    second = Person(log_in(ann).json())
    code = mailed_code(without_password(ann))
    assert problem(second.post("/auth/step-up", {"code": code})) == "otp-invalid"


def test_the_code_is_over_after_ten_minutes(ida: Person) -> None:
    before = ids.now_seconds()
    code = mailed_code(ida)
    assert before + 600 <= int(session_of(ida).code_until or 0) <= ids.now_seconds() + 600
    change_session(ida, CodeUntil=ids.now_seconds())
    assert problem(ida.post("/auth/step-up", {"code": code})) == "otp-invalid"


def test_after_five_tries_the_code_is_void(ida: Person) -> None:
    code = mailed_code(ida)
    wrong = f"{(int(code) + 1) % 10**8:08d}"
    assert {problem(ida.post("/auth/step-up", {"code": wrong})) for _ in range(5)} == {"otp-invalid"}
    assert problem(ida.post("/auth/step-up", {"code": code})) == "otp-invalid"
    assert ida.post("/auth/step-up", {"code": mailed_code(ida)}).status_code == 204


def test_twenty_tries_at_once_are_five(ida: Person) -> None:
    mailed_code(ida)
    together(*[lambda: ida.post("/auth/step-up", {"code": "00000000"})] * 20)
    assert session_of(ida).code_tries == 5


def test_a_new_code_takes_the_place_of_the_old(ida: Person) -> None:
    old, new = mailed_code(ida), mailed_code(ida)
    assert problem(ida.post("/auth/step-up", {"code": old})) == "otp-invalid"
    assert ida.post("/auth/step-up", {"code": new}).status_code == 204


def test_five_codes_an_hour_are_enough(ida: Person) -> None:
    answers = [ida.post("/auth/step-up/code").status_code for _ in range(6)]
    assert answers == [202] * 5 + [429]


@pytest.mark.parametrize("has", [{"PasswordHash": "$argon2id$"}, {"Totp": True}, {"Passkeys": 1}])
def test_who_has_another_proof_gets_no_code(ida: Person, has: dict[str, object]) -> None:
    change_user(ida.id, **has)
    response = ida.post("/auth/step-up/code")
    assert (response.status_code, problem(response)) == (409, "conflict")
    assert session_of(ida).code_nonce is None


@pytest.mark.parametrize("lacks", [{"EmailVerified": False}, {"Email": None}])
def test_no_code_goes_to_an_address_that_is_nobodys(ida: Person, lacks: dict[str, object]) -> None:
    change_user(ida.id, **lacks)
    response = ida.post("/auth/step-up/code")
    assert (response.status_code, problem(response)) == (409, "conflict")


def test_a_code_is_not_enough_for_who_has_set_up_a_factor_meanwhile(ida: Person) -> None:
    code = mailed_code(ida)
    change_user(ida.id, Totp=True)
    assert problem(ida.post("/auth/step-up", {"code": code})) == "otp-required"
    assert session_of(ida).stepped_up_until == 0


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running() as one, trusted(one, email_trusted=True):
        yield one


def come_by(issuer: Issuer, subject: str) -> Person:
    name = unique_name("ida")
    claims: dict[str, Any] = {
        "preferred_username": name,
        "email": f"{name}@example.org",
        "email_verified": True,
    }
    body = {**issuer.code(subject, **claims), "token_delivery": "body"}
    response = Caller().post("/auth/oidc", body)
    assert response.status_code in {200, 201}, response.content
    return Person(response.json())


def proof_of(issuer: Issuer, subject: str, **claims: Any) -> dict[str, Any]:
    fresh: dict[str, Any] = {"auth_time": ids.now_seconds() - 5, **claims}
    return {"oidc": issuer.code(subject, **fresh)}


def test_a_login_at_a_provider_is_no_step_up(issuer: Issuer) -> None:
    assert not is_stepped_up(come_by(issuer, "ida"))


def test_a_fresh_one_is(issuer: Issuer) -> None:
    ida = come_by(issuer, "ida")
    assert ida.post("/auth/step-up", proof_of(issuer, "ida")).status_code == 204
    assert is_stepped_up(ida)


@pytest.mark.parametrize(
    "claims",
    [
        {"auth_time": ...},
        {"auth_time": 1},
        {"auth_time": "now"},
        {"auth_time": ids.now_seconds() + 86400},
        {"aud": "another"},
        {"exp": 1},
    ],
)
def test_one_that_is_not_fresh_or_not_good_is_none(issuer: Issuer, claims: dict[str, Any]) -> None:
    ida = come_by(issuer, "ida")
    response = ida.post("/auth/step-up", proof_of(issuer, "ida", **claims))
    assert (response.status_code, problem(response)) == (401, "oidc-refused")
    assert not is_stepped_up(ida)


def test_somebody_elses_login_is_none_and_makes_nobody(issuer: Issuer) -> None:
    ida = come_by(issuer, "ida")
    come_by(issuer, "bob")
    for subject in ("bob", "nobody yet"):
        assert problem(ida.post("/auth/step-up", proof_of(issuer, subject))) == "oidc-refused"
    assert not is_stepped_up(ida)


def test_a_code_of_the_provider_counts_once(issuer: Issuer) -> None:
    ida = come_by(issuer, "ida")
    proof = proof_of(issuer, "ida")
    assert ida.post("/auth/step-up", proof).status_code == 204
    assert problem(ida.post("/auth/step-up", proof)) == "oidc-refused"


def test_who_came_by_a_provider_and_has_totp_shows_that(issuer: Issuer, clock: Clock) -> None:
    ida = come_by(issuer, "ida")
    ida.post("/auth/step-up", proof_of(issuer, "ida"))
    app, _ = enrol(ida, clock)
    step_down(ida)
    assert problem(ida.post("/auth/step-up", proof_of(issuer, "ida"))) == "otp-required"
    assert not is_stepped_up(ida)
    assert ida.post("/auth/step-up", {"otp": app.code()}).status_code == 204


def test_who_came_by_a_provider_gets_a_code_by_mail_too(issuer: Issuer) -> None:
    ida = come_by(issuer, "ida")
    assert ida.post("/auth/step-up", {"code": mailed_code(ida)}).status_code == 204
