"""One's passkeys are listed, renamed and removed."""

import pytest

from accounts import recovery_codes
from accounts.models import Passkey, RecoveryCodes, new_recovery_codes, oidc_link, passkey_id
from accounts.services import keeping_passkeys
from accounts.tests.acting import at_once, change_user, claims_of, stored
from accounts.tests.authenticator import Authenticator, add_to
from accounts.tests.mailing import letter, step_up
from echomate import keys, transactions
from echomate.errors import Conflict
from echomate.testing.client import Caller, Person, problem, sign_up

pytestmark = pytest.mark.store


def path_of(authenticator: Authenticator) -> str:
    return f"/auth/passkeys/{passkey_id(authenticator.credential_id)}"


@pytest.fixture
def ann() -> Person:
    person = sign_up("ann")
    step_up(person)
    return person


def test_they_are_listed_the_oldest_first(ann: Person) -> None:
    for name in ("first", "second", "third"):
        add_to(ann, name)
    answer = ann.get("/auth/passkeys").json()
    assert [passkey["name"] for passkey in answer["results"]] == ["first", "second", "third"]
    assert (answer["next"], answer["previous"]) == (None, None)
    assert ann.get("/users/me").json()["passkeys"] == 3


def test_one_gets_another_name(ann: Person) -> None:
    path = path_of(add_to(ann, "My telephone"))
    renamed = ann.patch(path, {"name": "  My old telephone "})
    assert (renamed.status_code, renamed.json()["name"]) == (200, "My old telephone")
    assert ann.get(path).json() == renamed.json()


@pytest.mark.parametrize("name", ["", " ", "x" * 51, "a\u202eb", "a\nb", 7, None])
def test_a_name_is_one_line_that_shows(ann: Person, name: object) -> None:
    path = path_of(add_to(ann))
    assert problem(ann.patch(path, {"name": name})) == "invalid"


def test_those_of_others_are_not_there(ann: Person) -> None:
    path, ben = path_of(add_to(ann)), sign_up("ben")
    step_up(ben)
    answers = [ben.get(path), ben.patch(path, {"name": "mine"}), ben.delete(path)]
    assert {(answer.status_code, problem(answer)) for answer in answers} == {(404, "not-found")}
    assert ben.get("/auth/passkeys").json()["results"] == []
    assert ann.get(path).json()["name"] == "My telephone"


@pytest.mark.parametrize("id_", ["x", "0" * 31, "0" * 32, "A" * 32, "0" * 2000, "%00", "0" * 31 + "%0A"])
def test_what_is_no_id_is_not_there(ann: Person, id_: str) -> None:
    path = f"/auth/passkeys/{id_}"
    answers = [ann.get(path), ann.patch(path, {"name": "mine"}), ann.delete(path)]
    assert {answer.status_code for answer in answers} == {404}


def test_nobody_else_may_ask(api: Caller) -> None:
    path = f"/auth/passkeys/{'0' * 32}"
    answers = [
        *(api.get(path), api.patch(path, {"name": "x"}), api.delete(path), api.get("/auth/passkeys")),
        *(api.post("/auth/passkeys"), api.post("/auth/passkeys/options")),
        api.post("/auth/passkeys/step-up/options"),
    ]
    assert {problem(answer) for answer in answers} == {"not-authenticated"}


def test_a_removed_one_is_gone_and_its_owner_is_told(ann: Person) -> None:
    path, version = path_of(add_to(ann, "My telephone")), stored(ann.id).credential_version
    assert ann.delete(path).status_code == 204
    assert [ann.get(path).status_code, ann.delete(path).status_code] == [404, 404]
    user = stored(ann.id)
    assert (user.passkeys, user.credential_version) == (0, version + 1)
    added, removed = letter(ann.email, "passkey-added"), letter(ann.email, "passkey-removed")
    assert added.subject == "A passkey was added to your account at Echomate"
    assert removed.subject == "A passkey was removed from your account at Echomate"
    assert "“My telephone”" in added.body
    assert "“My telephone”" in removed.body


def test_removing_asks_for_a_step_up(ann: Person) -> None:
    path = path_of(add_to(ann))
    session = keys.session(ann.id, claims_of(ann.access)["sid"])
    over = transactions.update(
        session, change="SET #SteppedUpUntil = :past", condition="attribute_exists(PK)", past=0
    )
    transactions.commit([over])
    assert problem(ann.delete(path)) == "step-up-required"
    assert ann.get(path).status_code == 200


def test_the_last_way_to_log_in_stays(ann: Person) -> None:
    first, second = path_of(add_to(ann)), path_of(add_to(ann))
    change_user(ann.id, PasswordHash="")
    assert ann.delete(first).status_code == 204
    answer = ann.delete(second)
    assert (answer.status_code, problem(answer)) == (409, "last-credential")
    assert stored(ann.id).passkeys == 1


def test_one_who_can_log_in_elsewhere_needs_none(ann: Person) -> None:
    path = path_of(add_to(ann))
    change_user(ann.id, PasswordHash="")
    link = oidc_link(ann.id, "0" * 64, issuer="https://issuer.example", label="ann")
    transactions.commit([transactions.put(link)])
    assert ann.delete(path).status_code == 204


def test_of_two_that_are_the_last_ways_in_one_stays_whatever_comes_at_once(ann: Person) -> None:
    paths = [path_of(add_to(ann)), path_of(add_to(ann))]
    change_user(ann.id, PasswordHash="")
    answers = at_once(2, lambda number: ann.delete(paths[number]).status_code)
    assert sorted(answers) == [204, 409]
    assert stored(ann.id).passkeys == len(ann.get("/auth/passkeys").json()["results"]) == 1


@pytest.mark.parametrize("other", [{"Totp": False}, {"Totp": True}])
def test_recovery_codes_go_with_the_last_second_factor(ann: Person, other: dict[str, bool]) -> None:
    first, second = path_of(add_to(ann)), path_of(add_to(ann))
    change_user(ann.id, **other)
    transactions.commit([transactions.put(new_recovery_codes(ann.id, recovery_codes.new()))])
    assert ann.delete(first).status_code == 204
    assert RecoveryCodes.read(keys.recovery_codes(ann.id)) is not None
    assert ann.delete(second).status_code == 204
    assert (RecoveryCodes.read(keys.recovery_codes(ann.id)) is not None) == other["Totp"]


def test_a_change_meanwhile_is_told(ann: Person) -> None:
    authenticator, seen = add_to(ann), stored(ann.id)
    change_user(ann.id, CredentialVersion=int(seen.credential_version) + 1)
    with pytest.raises(Conflict):
        keeping_passkeys.remove_passkey(seen, passkey_id(authenticator.credential_id))
    assert Passkey.read(keys.passkey(ann.id, passkey_id(authenticator.credential_id))) is not None
