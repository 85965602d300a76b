"""Whatever is sent for a passkey, the answer is a refusal."""

from collections.abc import Iterator
from typing import Any

import cbor2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.tests.authenticator import AT, Authenticator, add_to, encoded, options_of
from accounts.tests.mailing import step_up
from echomate.testing.client import Caller, Person, problem, sign_up
from echomate.testing.configuration import configured

REFUSALS = {"invalid", "malformed", "passkey-invalid"}

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
)
base64url = st.binary(max_size=80).map(encoded) | st.text("AZaz09-_", max_size=40)
labels = st.sampled_from([1, 3, -1, -2, -3, True, "fmt", "attStmt", "authData", "sig", "alg", "x5c"])
cbor_scalars = (
    st.integers(-300, 300) | st.binary(max_size=40) | st.text(max_size=8) | st.booleans() | st.none()
)
cbor_values = st.recursive(
    cbor_scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(labels, inner, max_size=5)
)
PARTS = ("clientDataJSON", "authenticatorData", "signature", "userHandle", "attestationObject", "transports")
property_of_input = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(autouse=True)
def _without_limits() -> Iterator[None]:
    with configured(rate_limit_factor=1e6):
        yield


@pytest.fixture
def ann() -> Person:
    person = sign_up("ann")
    step_up(person)
    return person


def refusal(answer: Any) -> str:
    assert answer.status_code in {400, 401}, answer.content
    assert problem(answer) in REFUSALS
    return problem(answer)


@property_of_input
@given(credential=anything)
def test_json_that_is_no_credential(ann: Person, credential: object) -> None:
    refusal(ann.post("/auth/passkeys", {"credential": credential, "name": "x"}))
    refusal(Caller().post("/auth/passkeys/login", {"credential": credential}))


@property_of_input
@given(
    parts=st.fixed_dictionaries(dict.fromkeys(PARTS, base64url | anything)),
    id_=base64url,
)
def test_a_credential_whose_parts_are_anything(ann: Person, parts: dict[str, Any], id_: str) -> None:
    credential = {"id": id_, "rawId": id_, "type": "public-key", "response": parts}
    refusal(ann.post("/auth/passkeys", {"credential": credential, "name": "x"}))
    refusal(Caller().post("/auth/passkeys/login", {"credential": credential}))


@property_of_input
@given(client_data=anything.map(lambda value: value if isinstance(value, dict) else {"type": value}))
def test_client_data_that_hold_anything(ann: Person, client_data: dict[str, Any]) -> None:
    options = Caller().post("/auth/passkeys/login/options").json()
    shown = Authenticator(handle=ann.id.to_bytes(8)).get(options, **client_data)
    refusal(Caller().post("/auth/passkeys/login", {"credential": shown}))


@property_of_input
@given(attestation=st.binary(max_size=200) | cbor_values.map(cbor2.dumps))
def test_an_attestation_that_is_anything(ann: Person, attestation: bytes) -> None:
    made = Authenticator().create(options_of(ann))
    made["response"]["attestationObject"] = encoded(attestation)
    refusal(ann.post("/auth/passkeys", {"credential": made, "name": "x"}))


@property_of_input
@given(key=cbor_values, tail=st.binary(max_size=8))
def test_a_key_that_is_anything(ann: Person, key: object, tail: bytes) -> None:
    authenticator = Authenticator()
    made = authenticator.create(options_of(ann), key=key)
    refusal(ann.post("/auth/passkeys", {"credential": made, "name": "x"}))


@property_of_input
@given(data=st.data())
def test_bytes_of_a_right_answer_that_were_changed(ann: Person, data: st.DataObject) -> None:
    """The answer is right but for a few bytes, wherever they are: it is kept as it was, or refused."""
    made = Authenticator().create(options_of(ann))
    part = data.draw(st.sampled_from(["clientDataJSON", "attestationObject"]))
    text = made["response"][part]
    at, with_ = data.draw(st.integers(0, len(text) - 1)), data.draw(st.text("AZaz09-_", max_size=4))
    made["response"][part] = text[:at] + with_ + text[at + data.draw(st.integers(0, 4)) :]
    answer = ann.post("/auth/passkeys", {"credential": made, "name": "x"})
    assert answer.status_code in {201, 400}, answer.content


DEEP = b"\x81" * 9000 + b"\x01"
LONG = b"\x5b\x00\x00\x00\x7f\xff\xff\xff\xff"
MANY = b"\x9b\x00\x00\x00\x7f\xff\xff\xff\xff"
ENDLESS = bytes.fromhex("d81c81d81d00")


@pytest.mark.parametrize(
    "attestation", [DEEP, LONG, MANY, ENDLESS, b""], ids=["deep", "long", "many", "endless", "none"]
)
def test_cbor_that_promises_too_much(ann: Person, attestation: bytes) -> None:
    made = Authenticator().create(options_of(ann))
    made["response"]["attestationObject"] = encoded(attestation)
    refusal(ann.post("/auth/passkeys", {"credential": made, "name": "x"}))
    within = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": bytes(32) + bytes([AT | 1]) + bytes(22)})
    made["response"]["attestationObject"] = encoded(within + attestation)
    refusal(ann.post("/auth/passkeys", {"credential": made, "name": "x"}))


@pytest.mark.parametrize("part", ["clientDataJSON", "authenticatorData", "signature", "userHandle"])
def test_parts_have_a_limit(ann: Person, part: str) -> None:
    shown = add_to(ann).get(Caller().post("/auth/passkeys/login/options").json())
    shown["response"][part] = "A" * 20_000
    answer = Caller().post("/auth/passkeys/login", {"credential": shown})
    assert refusal(answer) == "invalid"
    assert list(answer.json()["errors"]) == [f"credential.response.{part}"]


def test_what_a_browser_adds_is_left_aside(ann: Person) -> None:
    made = Authenticator().create(options_of(ann))
    made["response"] |= {"publicKeyAlgorithm": -8, "publicKey": "AAAA", "authenticatorData": "AAAA"}
    made |= {"clientExtensionResults": {"credProps": {"rk": True}}, "new": {"in": "the standard"}}
    made["response"]["transports"] += ["a-new-one"]
    answer = ann.post("/auth/passkeys", {"credential": made, "name": "x"})
    assert answer.json()["transports"] == ["hybrid", "internal"]
