"""A passkey is made: what is asked of the browser, and all that is refused of what it gives."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from accounts.passkeys import challenges
from accounts.services import keeping_passkeys
from accounts.tests.acting import at_once, change_user, claims_of, stored
from accounts.tests.authenticator import (
    BE,
    BS,
    KEYS,
    UP,
    UV,
    Authenticator,
    add_to,
    cose,
    decoded,
    encoded,
    options_of,
)
from accounts.tests.mailing import step_up
from echomate import ids
from echomate.errors import Conflict, Unauthenticated
from echomate.metering import metering
from echomate.testing.client import Person, problem, sign_up
from echomate.testing.proxy import Proxy

Making = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture
def ann() -> Person:
    person = sign_up("ann")
    step_up(person)
    return person


def register(person: Person, credential: object, name: str = "My key") -> Any:
    return person.post("/auth/passkeys", {"credential": credential, "name": name})


@pytest.mark.parametrize("algorithm", KEYS)
def test_a_passkey_of_each_algorithm_is_kept(ann: Person, algorithm: str) -> None:
    version = stored(ann.id).credential_version
    answer = register(ann, Authenticator(key=KEYS[algorithm]()).create(options_of(ann)))
    passkey = answer.json()
    assert (answer.status_code, answer.headers["Location"]) == (201, f"/api/v1/auth/passkeys/{passkey['id']}")
    assert (passkey["name"], passkey["last_used_at"], passkey["backed_up"]) == ("My key", None, False)
    assert passkey["transports"] == ["hybrid", "internal"]
    assert ann.get(answer.headers["Location"]).json() == passkey
    assert ann.get("/users/me").json()["passkeys"] == 1
    assert stored(ann.id).credential_version == version + 1


def test_the_options_ask_for_what_this_server_takes(ann: Person) -> None:
    known = add_to(ann)
    options = options_of(ann)
    assert options["rp"] == {"id": "localhost", "name": "Echomate"}
    assert options["user"] == {
        "id": encoded(ann.id.to_bytes(8)),
        "name": ann.username,
        "displayName": ann.username,
    }
    assert [parameter["alg"] for parameter in options["pubKeyCredParams"]] == [-8, -7, -257]
    assert [passkey["id"] for passkey in options["excludeCredentials"]] == [encoded(known.credential_id)]
    assert (options["attestation"], options["timeout"]) == ("none", 300_000)
    selection = options["authenticatorSelection"]
    assert (selection["residentKey"], selection["userVerification"]) == ("preferred", "preferred")
    assert len(decoded(options["challenge"])) == 64
    assert options_of(ann)["challenge"] != options["challenge"]


def test_a_synchronised_passkey_says_so(ann: Person) -> None:
    add_to(ann, flags=UP | UV | BE | BS)
    assert ann.get("/auth/passkeys").json()["results"][0]["backed_up"] is True


def test_one_that_signs_its_own_attestation_is_kept_too(ann: Person) -> None:
    authenticator = Authenticator()
    assert register(ann, authenticator.attest(options_of(ann))).status_code == 201


def test_options_ask_for_a_step_up_and_store_nothing() -> None:
    person = sign_up("ann")
    assert problem(person.post("/auth/passkeys/options")) == "step-up-required"
    step_up(person)
    with metering() as meter:
        options_of(person)
    assert {operation for operation, _ in meter.dynamodb} <= {"GetItem", "Query", "UpdateItem"}


def off_the_curve() -> dict[int, Any]:
    return {**cose(KEYS["ES256"]()), -3: bytes(32)}


WRONG: dict[str, Making] = {
    "another origin": Authenticator(origin="https://evil.example").create,
    "an origin that begins as ours": Authenticator(origin="http://localhost.evil.example").create,
    "no origin": lambda options: Authenticator().create(options, origin=None),
    "another domain": Authenticator(rp_id="evil.example").create,
    "within another page": lambda options: Authenticator().create(options, crossOrigin=True),
    "another ceremony": lambda options: Authenticator().create(options, type="webauthn.get"),
    "a challenge of its own": lambda options: Authenticator().create(options, challenge=encoded(bytes(64))),
    "a challenge that was changed": lambda options: Authenticator().create(
        options,
        challenge=encoded(bytes([decoded(options["challenge"])[0] + 1]) + decoded(options["challenge"])[1:]),
    ),
    "no challenge": lambda options: Authenticator().create(options, challenge=None),
    "a short challenge": lambda options: Authenticator().create(options, challenge="AAAA"),
    "nobody was there": Authenticator(flags=UV).create,
    "backed up and not to be backed up": Authenticator(flags=UP | UV | BS).create,
    "an attestation nobody asked for": lambda options: Authenticator().create(options, fmt="tpm"),
    "an unknown attestation": lambda options: Authenticator().create(options, fmt="what"),
    "no attestation that says something": lambda options: Authenticator().create(
        options, statement={"sig": b"x"}
    ),
    "a point that isn't on the curve": lambda options: Authenticator().create(options, key=off_the_curve()),
    "a curve of another algorithm": lambda options: Authenticator().create(
        options, key={**cose(KEYS["ES256"]()), -1: 2}
    ),
    "a key of another algorithm": lambda options: Authenticator().create(
        options, key={**cose(KEYS["ES256"]()), 3: -257}
    ),
    "an algorithm nobody asked for": lambda options: Authenticator().create(
        options, key={**cose(KEYS["ES256"]()), 3: -36}
    ),
    "a short RSA key": lambda options: Authenticator().create(
        options,
        key=cose(rsa.generate_private_key(public_exponent=65537, key_size=1024)),  # noqa: S505 - the fault
    ),
    "a key that is none": lambda options: Authenticator().create(options, key={}),
    "a key that is a number": lambda options: Authenticator().create(options, key=4),
    "another id than the authenticator's": lambda options: {
        **Authenticator().create(options),
        **dict.fromkeys(("id", "rawId"), encoded(bytes(32))),
    },
    "two ids": lambda options: {**Authenticator().create(options), "rawId": encoded(bytes(32))},
    "an id that is too long": Authenticator(credential_id=bytes(1024)).create,
    "no id": Authenticator(credential_id=b"").create,
}


@pytest.mark.parametrize("making", WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_an_answer_is_one_refusal(ann: Person, making: Making) -> None:
    answer = register(ann, making(options_of(ann)))
    assert (answer.status_code, problem(answer)) in {(400, "passkey-invalid"), (400, "invalid")}
    assert ann.get("/auth/passkeys").json()["results"] == []
    assert stored(ann.id).passkeys == 0


def test_no_certificate_is_read_that_nobody_asked_for(ann: Person, caplog: pytest.LogCaptureFixture) -> None:
    made = Authenticator().create(options_of(ann), fmt="android-key")
    assert problem(register(ann, made)) == "passkey-invalid"
    assert "an attestation that was not asked for" in caplog.text


def test_a_challenge_is_good_for_5_minutes(ann: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Authenticator().create(options_of(ann))
    monkeypatch.setattr(challenges, "now_seconds", lambda: ids.now_seconds() + 301)
    assert problem(register(ann, made)) == "passkey-invalid"


def test_an_answer_counts_once(ann: Person) -> None:
    options = options_of(ann)
    assert register(ann, Authenticator().create(options)).status_code == 201
    assert problem(register(ann, Authenticator().create(options))) == "passkey-invalid"
    assert stored(ann.id).passkeys == 1


def test_a_challenge_is_for_its_session_and_its_purpose_only(ann: Person) -> None:
    ben = sign_up("ben")
    step_up(ben)
    others = [
        options_of(ben)["challenge"],
        ann.post("/auth/passkeys/login/options").json()["challenge"],
        ann.post("/auth/passkeys/step-up/options").json()["challenge"],
        encoded(challenges.new(challenges.Purpose.REGISTRATION, subject=f"{ann.id} another-session")),
    ]
    options = options_of(ann)
    for challenge in others:
        made = Authenticator().create({**options, "challenge": challenge})
        assert problem(register(ann, made)) == "passkey-invalid"


def test_one_passkey_is_registered_once(ann: Person) -> None:
    authenticator = add_to(ann)
    answer = register(ann, authenticator.create(options_of(ann)))
    assert (answer.status_code, problem(answer)) == (409, "conflict")
    assert stored(ann.id).passkeys == 1


def test_of_many_registrations_of_one_passkey_at_once_one_is_kept(ann: Person) -> None:
    authenticator = Authenticator()
    made = [authenticator.create(options_of(ann)) for _ in range(5)]
    answers = at_once(5, lambda number: register(ann, made[number]).status_code)
    assert sorted(answers) == [201, 409, 409, 409, 409]
    assert stored(ann.id).passkeys == 1


def test_a_lost_answer_of_the_table_is_no_second_registration(ann: Person, dynamodb_proxy: Proxy) -> None:
    made = Authenticator().create(options_of(ann))
    dynamodb_proxy.cut_after(0)
    threading.Timer(0.05, dynamodb_proxy.heal).start()
    keeping_passkeys.add_passkey(ann.id, claims_of(ann.access)["sid"], made, name="Mine")
    assert stored(ann.id).passkeys == 1


def test_there_is_an_end_to_how_many(ann: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping_passkeys, "MOST", 3)
    made = [Authenticator().create(options_of(ann)) for _ in range(5)]
    answers = at_once(5, lambda number: register(ann, made[number]).status_code)
    assert sorted(answers) == [201, 201, 201, 409, 409]
    assert problem(ann.post("/auth/passkeys/options")) == "conflict"


def test_a_session_that_ended_meanwhile_adds_none(ann: Person) -> None:
    sid = claims_of(ann.access)["sid"]
    made = Authenticator().create(options_of(ann))
    assert ann.post("/auth/logout").status_code == 204
    assert problem(register(ann, made)) == "session-revoked"
    with pytest.raises(Unauthenticated):
        keeping_passkeys.add_passkey(ann.id, sid, made, name="Mine")
    assert stored(ann.id).passkeys == 0


def test_the_suspended_add_none(ann: Person) -> None:
    made = Authenticator().create(options_of(ann))
    change_user(ann.id, State="suspended")
    with pytest.raises(Conflict):
        keeping_passkeys.add_passkey(ann.id, claims_of(ann.access)["sid"], made, name="Mine")
    assert stored(ann.id).passkeys == 0


def test_a_passkey_of_somebody_else_may_be_kept_and_opens_nothing_of_theirs(ann: Person) -> None:
    """Its id is no secret; who signs in with it is whom its handle names."""
    ben = sign_up("ben")
    step_up(ben)
    of_ann = add_to(ann)
    handle = of_ann.handle
    assert register(ben, of_ann.create(options_of(ben))).status_code == 201
    of_ann.handle = handle
    shown = of_ann.get(ann.post("/auth/passkeys/login/options").json())
    answer = ann.post("/auth/passkeys/login", {"credential": shown, "token_delivery": "body"})
    assert answer.json()["user"]["id"] == str(ann.id)


@pytest.mark.parametrize("name", ["", " ", "x" * 51, "a\u202eb", None])
def test_a_name_is_one_line_that_shows(ann: Person, name: object) -> None:
    made = Authenticator().create(options_of(ann))
    answer = ann.post("/auth/passkeys", {"credential": made, "name": name})
    assert (problem(answer), list(answer.json()["errors"])) == ("invalid", ["name"])
