"""Logging in with a passkey alone."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from accounts.models import Passkey, passkey_id, passkeys_of
from accounts.passkeys import challenges
from accounts.services import begin_session, keeping_passkeys, passkeys
from accounts.tests.acting import at_once, change_user, log_in, stored
from accounts.tests.authenticator import BE, BS, KEYS, UP, UV, Authenticator, add_to, decoded, encoded
from accounts.tests.mailing import letters, step_up
from echomate import ids, keys
from echomate.errors import Unauthenticated
from echomate.metering import metering
from echomate.testing.client import Caller, Person, problem, sign_up
from echomate.testing.proxy import Proxy

Showing = Callable[[Authenticator, dict[str, Any]], dict[str, Any]]


@pytest.fixture
def ann() -> Person:
    person = sign_up("ann")
    step_up(person)
    return person


def options() -> dict[str, Any]:
    asked: dict[str, Any] = Caller().post("/auth/passkeys/login/options").json()
    return asked


def log_in_with(credential: object, **more: object) -> Any:
    body = {"credential": credential, "token_delivery": "body", **more}
    return Caller().post("/auth/passkeys/login", body)


def kept(person: Person, authenticator: Authenticator) -> Passkey:
    found = Passkey.read(keys.passkey(person.id, passkey_id(authenticator.credential_id)))
    assert found is not None
    return found


@pytest.mark.parametrize("algorithm", KEYS)
def test_a_passkey_of_each_algorithm_opens_its_account(ann: Person, algorithm: str) -> None:
    authenticator = add_to(ann, key=KEYS[algorithm]())
    answer = log_in_with(authenticator.get(options()))
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    person = Person(answer.json())
    assert person.get("/users/me").json()["id"] == str(ann.id)
    passkey = person.get(f"/auth/passkeys/{passkey_id(authenticator.credential_id)}").json()
    assert passkey["last_used_at"] >= passkey["created_at"]
    assert kept(ann, authenticator).sign_count == 1


def test_it_is_both_factors_at_once(ann: Person) -> None:
    authenticator = add_to(ann)
    assert problem(log_in(ann.username)) == "otp-required"
    person = Person(log_in_with(authenticator.get(options())).json())
    sessions = person.get("/auth/sessions").json()["results"]
    assert [one["current"] for one in sessions].count(True) == 1


def test_the_refresh_token_comes_as_a_cookie_unless_asked_for(ann: Person) -> None:
    browser = Caller(keeps_cookies=True)
    answer = browser.post("/auth/passkeys/login", {"credential": add_to(ann).get(options())})
    assert answer.status_code == 200
    assert "refresh" not in answer.json()
    assert browser.cookie("echomate_refresh")["httponly"]


def test_options_name_nobody_and_store_nothing() -> None:
    with metering() as meter:
        asked = options()
    assert (asked["rpId"], asked["allowCredentials"], asked["userVerification"]) == (
        "localhost",
        [],
        "required",
    )
    assert meter.dynamodb == []


def flipped(part: str) -> Showing:
    """With one bit of a part of the answer turned."""

    def show(authenticator: Authenticator, asked: dict[str, Any]) -> dict[str, Any]:
        shown = authenticator.get(asked)
        data = bytearray(decoded(shown["response"][part]))
        data[-1] ^= 1
        return {**shown, "response": {**shown["response"], part: encoded(bytes(data))}}

    return show


def spaced(authenticator: Authenticator, asked: dict[str, Any]) -> dict[str, Any]:
    """The same client data, written otherwise than they were signed."""
    shown = authenticator.get(asked)
    client_data = encoded(b" " + decoded(shown["response"]["clientDataJSON"]))
    return {**shown, "response": {**shown["response"], "clientDataJSON": client_data}}


def changed(**attributes: Any) -> Showing:
    """By an authenticator that is otherwise."""

    def show(authenticator: Authenticator, asked: dict[str, Any]) -> dict[str, Any]:
        for name, value in attributes.items():
            setattr(authenticator, name, value)
        return authenticator.get(asked)

    return show


def saying(**client_data: Any) -> Showing:
    return lambda authenticator, asked: authenticator.get(asked, **client_data)


WRONG: dict[str, Showing] = {
    "another origin": changed(origin="https://evil.example"),
    "another domain": changed(rp_id="evil.example"),
    "within another page": saying(crossOrigin=True),
    "another ceremony": saying(type="webauthn.create"),
    "a challenge of its own": saying(challenge=encoded(bytes(64))),
    "no challenge": saying(challenge=None),
    "the user was not verified": changed(flags=UP),
    "nobody was there": changed(flags=UV),
    "it may be backed up all at once": changed(flags=UP | UV | BE),
    "backed up and not to be backed up": changed(flags=UP | UV | BS),
    "another key": changed(key=KEYS["EdDSA"]()),
    "a key of another kind": changed(key=KEYS["ES256"]()),
    "another passkey": changed(credential_id=bytes(32)),
    "no handle": changed(handle=None),
    "an empty handle": changed(handle=b""),
    "a handle of nobody": changed(handle=bytes(8)),
    "a handle that is none": changed(handle=bytes(64)),
    "a signature that was changed": flipped("signature"),
    "client data that were written otherwise": spaced,
    "client data that were changed": flipped("clientDataJSON"),
    "authenticator data that were changed": flipped("authenticatorData"),
    "two ids": lambda authenticator, asked: {**authenticator.get(asked), "id": encoded(bytes(32))},
}


@pytest.mark.parametrize("showing", WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_an_answer_is_one_refusal(ann: Person, showing: Showing) -> None:
    authenticator, asked = add_to(ann), options()
    answer = log_in_with(showing(authenticator, asked))
    assert (answer.status_code, problem(answer)) == (401, "passkey-invalid")
    assert answer.json()["detail"] == "The passkey was not accepted"
    assert passkeys_of(ann.id)[0].sign_count == 0
    assert ann.get("/auth/passkeys").json()["results"][0]["last_used_at"] is None


def test_a_handle_of_somebody_else_opens_nothing(ann: Person) -> None:
    ben, authenticator = sign_up("ben"), add_to(ann)
    authenticator.handle = ben.id.to_bytes(8)
    assert problem(log_in_with(authenticator.get(options()))) == "passkey-invalid"


def test_an_answer_counts_once(ann: Person) -> None:
    authenticator = add_to(ann, counts=False)
    shown = authenticator.get(options())
    assert log_in_with(shown).status_code == 200
    assert problem(log_in_with(shown)) == "passkey-invalid"


def test_of_one_answer_by_many_at_once_one_counts(ann: Person) -> None:
    shown = add_to(ann, counts=False).get(options())
    answers = at_once(8, lambda _: log_in_with(shown).status_code)
    assert sorted(answers) == [200] + [401] * 7


def test_a_challenge_is_good_for_5_minutes(ann: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = add_to(ann).get(options())
    monkeypatch.setattr(challenges, "now_seconds", lambda: ids.now_seconds() + 301)
    assert problem(log_in_with(shown)) == "passkey-invalid"


def test_a_challenge_for_something_else_opens_nothing(ann: Person) -> None:
    authenticator = add_to(ann)
    others = [
        ann.post("/auth/passkeys/options").json()["challenge"],
        ann.post("/auth/passkeys/step-up/options").json()["challenge"],
        log_in(ann.username).json()["passkey"]["challenge"],
    ]
    for challenge in others:
        shown = authenticator.get({"challenge": challenge})
        assert problem(log_in_with(shown)) == "passkey-invalid"


def test_a_count_that_goes_back_is_refused_and_told(ann: Person) -> None:
    authenticator = add_to(ann, count=7)
    copy = Authenticator(**vars(authenticator))
    assert log_in_with(authenticator.get(options())).status_code == 200
    for _ in range(2):
        copy.count = 7
        assert problem(log_in_with(copy.get(options()))) == "passkey-invalid"
    copy.count = 0
    assert problem(log_in_with(copy.get(options()))) == "passkey-invalid"
    told = [m for m in letters(ann.email) if "may have been copied" in m.subject]
    assert len(told) == 3
    assert "“My telephone”" in told[0].body
    assert kept(ann, authenticator).sign_count == 8


def test_one_that_does_not_count_is_never_behind(ann: Person) -> None:
    authenticator = add_to(ann, counts=False, flags=UP | UV | BE)
    assert [log_in_with(authenticator.get(options())).status_code for _ in range(3)] == [200] * 3
    authenticator.flags |= BS
    assert log_in_with(authenticator.get(options())).status_code == 200
    assert kept(ann, authenticator).backed_up


def test_the_suspended_learn_it_only_with_their_passkey(ann: Person) -> None:
    authenticator = add_to(ann)
    change_user(ann.id, State="suspended")
    answer = log_in_with(authenticator.get(options()))
    assert (answer.status_code, problem(answer)) == (403, "suspended")
    authenticator.key = KEYS["EdDSA"]()
    assert problem(log_in_with(authenticator.get(options()))) == "passkey-invalid"


def test_one_who_is_being_erased_may_come_back(ann: Person) -> None:
    authenticator = add_to(ann)
    assert ann.delete("/users/me").status_code == 202
    answer = log_in_with(authenticator.get(options()))
    assert (answer.status_code, problem(answer)) == (403, "erasing")
    assert answer.json()["erased_at"]
    answer = log_in_with(authenticator.get(options()), restore=True)
    assert answer.status_code == 200
    assert Person(answer.json()).get("/users/me").status_code == 200


def test_a_removed_passkey_opens_nothing(ann: Person) -> None:
    authenticator, asked = add_to(ann), options()
    keeping_passkeys.remove_passkey(stored(ann.id), passkey_id(authenticator.credential_id))
    assert problem(log_in_with(authenticator.get(asked))) == "passkey-invalid"


def test_removal_overtakes_a_login_under_way(ann: Person) -> None:
    authenticator = add_to(ann)
    user = passkeys.shown_by(authenticator.get(options()))
    keeping_passkeys.remove_passkey(stored(ann.id), passkey_id(authenticator.credential_id))
    with pytest.raises(Unauthenticated):
        begin_session(user, methods=["passkey"])


def test_login_and_removal_at_once_agree(ann: Person) -> None:
    for _ in range(5):
        authenticator = add_to(ann)
        login, removal = at_once(
            2, partial(log_in_or_remove, ann, authenticator, authenticator.get(options()))
        )
        assert login in {200, 401}
        assert removal == 204
        assert problem(log_in_with(authenticator.get(options()))) == "passkey-invalid"


def log_in_or_remove(person: Person, authenticator: Authenticator, shown: object, number: int) -> int:
    path = f"/auth/passkeys/{passkey_id(authenticator.credential_id)}"
    answer = person.delete(path) if number else log_in_with(shown)
    return int(answer.status_code)


def test_25_logins_in_five_minutes_are_enough_for_an_address(api: Caller) -> None:
    shown = Authenticator(handle=bytes(8)).get({"challenge": "AAAA"})
    answers = [api.post("/auth/passkeys/login", {"credential": shown}) for _ in range(26)]
    assert [answer.status_code for answer in answers] == [401] * 25 + [429]


def test_options_are_limited_by_address(api: Caller) -> None:
    answers = [api.post("/auth/passkeys/login/options").status_code for _ in range(61)]
    assert answers == [200] * 60 + [429]


def test_with_redis_away_a_passkey_opens_its_account(ann: Person, redis_proxy: Proxy) -> None:
    authenticator = add_to(ann)
    redis_proxy.refuse()
    assert log_in_with(authenticator.get(options())).status_code == 200


def test_with_the_table_away_an_answer_is_not_used_up(ann: Person, dynamodb_proxy: Proxy) -> None:
    authenticator = add_to(ann)
    shown = authenticator.get(options())
    dynamodb_proxy.refuse()
    assert log_in_with(shown).status_code == 503
    dynamodb_proxy.heal()
    assert log_in_with(shown).status_code == 200


def test_a_lost_answer_of_the_table_is_no_second_use(ann: Person, dynamodb_proxy: Proxy) -> None:
    """The transaction is repeated on the wire and finds itself done."""
    shown = add_to(ann).get(passkeys.authentication_options(None))
    dynamodb_proxy.cut_after(0)
    threading.Timer(0.05, dynamodb_proxy.heal).start()
    assert passkeys.verify_assertion(shown) == ann.id


def test_what_a_login_asks_of_the_stores(ann: Person) -> None:
    authenticator = add_to(ann)
    asked = options()
    with metering() as meter:
        assert log_in_with(authenticator.get(asked)).status_code == 200
    found = [operation for operation, _ in meter.dynamodb]
    assert found[:3] == ["GetItem", "GetItem", "TransactWriteItems"]
    assert found.count("TransactWriteItems") == 2
    assert len(found) <= 6
