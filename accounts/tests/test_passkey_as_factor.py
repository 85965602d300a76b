"""A passkey after a password, and as a step-up."""

from typing import Any

import pytest

from accounts.models import passkey_id
from accounts.passkeys.challenges import Purpose
from accounts.services import passkeys
from accounts.tests.acting import log_in, login_of, stored
from accounts.tests.authenticator import UP, UV, Authenticator, add_to, encoded
from accounts.tests.mailing import step_up
from echomate.errors import Unauthenticated
from echomate.testing.client import Caller, Person, problem, sign_up


@pytest.fixture
def ann() -> Person:
    person = sign_up("ann")
    step_up(person)
    return person


def log_in_and_show(person: Person, credential: object) -> Any:
    return Caller().post("/auth/login", {**login_of(person), "passkey": credential})


def test_who_has_a_passkey_is_asked_for_it_after_the_password(ann: Person) -> None:
    authenticator = add_to(ann)
    asked = log_in(ann.username)
    assert (asked.status_code, problem(asked), asked.json()["methods"]) == (401, "otp-required", ["passkey"])
    options = asked.json()["passkey"]
    assert [one["id"] for one in options["allowCredentials"]] == [encoded(authenticator.credential_id)]
    assert options["allowCredentials"][0]["transports"] == ["hybrid", "internal"]
    assert options["userVerification"] == "preferred"
    answer = log_in_and_show(ann, authenticator.get(options))
    assert answer.status_code == 200
    assert Person(answer.json()).get("/users/me").status_code == 200


def test_beside_a_password_it_is_enough_that_somebody_touches_it(ann: Person) -> None:
    """As keys of the U2F kind do, which keep no handle either."""
    authenticator = add_to(ann, flags=UP)
    authenticator.handle = None
    assert log_in_and_show(ann, authenticator.get(log_in(ann.username).json()["passkey"])).status_code == 200


def test_without_the_password_nothing_is_said_of_passkeys(ann: Person) -> None:
    shown = add_to(ann).get(log_in(ann.username).json()["passkey"])
    body = {**login_of(ann), "password": "correct9horsE", "passkey": shown}
    answer = Caller().post("/auth/login", body)
    assert (problem(answer), "passkey" in answer.json()) == ("bad-credentials", False)


def test_those_of_somebody_else_are_no_second_factor(ann: Person) -> None:
    ben = sign_up("ben")
    step_up(ben)
    add_to(ann)
    of_ben = add_to(ben)
    options = log_in(ann.username).json()["passkey"]
    assert problem(log_in_and_show(ann, of_ben.get(options))) == "passkey-invalid"
    of_ben.handle = None
    assert problem(log_in_and_show(ann, of_ben.get(options))) == "passkey-invalid"


def test_a_handle_of_somebody_else_is_refused_after_the_password_too(ann: Person) -> None:
    ben, authenticator = sign_up("ben"), add_to(ann)
    authenticator.handle = ben.id.to_bytes(8)
    shown = authenticator.get(log_in(ann.username).json()["passkey"])
    assert problem(log_in_and_show(ann, shown)) == "passkey-invalid"


def test_a_challenge_is_for_one_user_and_one_purpose(ann: Person) -> None:
    ben = sign_up("ben")
    step_up(ben)
    authenticator = add_to(ann)
    add_to(ben)
    others = [
        log_in(ben.username).json()["passkey"],
        ann.post("/auth/passkeys/step-up/options").json(),
        Caller().post("/auth/passkeys/login/options").json(),
    ]
    for options in others:
        assert problem(log_in_and_show(ann, authenticator.get(options))) == "passkey-invalid"


def test_an_answer_counts_once(ann: Person) -> None:
    authenticator = add_to(ann, counts=False)
    shown = authenticator.get(log_in(ann.username).json()["passkey"])
    assert log_in_and_show(ann, shown).status_code == 200
    assert problem(log_in_and_show(ann, shown)) == "passkey-invalid"


def test_a_step_up_with_a_passkey_verifies_the_user(ann: Person) -> None:
    authenticator = add_to(ann)
    user = stored(ann.id)
    options = passkeys.authentication_options(user, purpose=Purpose.STEP_UP)
    assert options["userVerification"] == "required"
    authenticator.flags = UP
    with pytest.raises(Unauthenticated):
        passkeys.verify_assertion(authenticator.get(options), user=user, purpose=Purpose.STEP_UP)
    authenticator.flags = UP | UV
    shown = authenticator.get(options)
    assert passkeys.verify_assertion(shown, user=user, purpose=Purpose.STEP_UP) == ann.id


def test_one_steps_up_with_a_passkey(ann: Person) -> None:
    authenticator = add_to(ann)
    login = log_in_and_show(ann, authenticator.get(log_in(ann.username).json()["passkey"]))
    person = Person(login.json())
    path = f"/auth/passkeys/{passkey_id(authenticator.credential_id)}"
    assert problem(person.delete(path)) == "step-up-required"
    shown = authenticator.get(person.post("/auth/passkeys/step-up/options").json())
    assert person.post("/auth/step-up", {"passkey": shown}).status_code == 204
    assert person.delete(path).status_code == 204


def test_without_a_user_it_is_whose_handle_it_is(ann: Person) -> None:
    shown = add_to(ann).get(passkeys.authentication_options(None))
    assert passkeys.verify_assertion(shown) == ann.id


def test_an_authenticator_that_was_never_added_is_none(ann: Person) -> None:
    add_to(ann)
    stranger = Authenticator(handle=ann.id.to_bytes(8))
    answer = log_in_and_show(ann, stranger.get(log_in(ann.username).json()["passkey"]))
    assert problem(answer) == "passkey-invalid"
