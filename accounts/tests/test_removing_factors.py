"""Second factors that go with a change of address that is taken back, or that the operators remove."""

from concurrent.futures import ThreadPoolExecutor
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.services import changing_email
from accounts.tests import authenticator
from accounts.tests.acting import change_user, session_of, stored
from accounts.tests.factors import Clock, enrol, log_in, mails_of
from accounts.tests.mailing import confirm, letter, move, step_up, token
from accounts.tests.test_reset import NEW, remove_password, reset
from echomate import dynamodb, keys, table
from echomate.config import config
from echomate.keys import Key
from echomate.testing.client import Caller, Person, sign_up, unique_name
from echomate.testing.races import halting


@pytest.fixture
def ann() -> Person:
    person = sign_up("ann")
    confirm(person)
    step_up(person)
    return person


def take_over(person: Person) -> None:
    move(person, f"{unique_name()}@example.org")
    step_up(person)


def take_back(person: Person) -> int:
    link = token(person.email, "email-changed")
    return int(Caller().post("/auth/change-email/undo", {"token": link}).status_code)


def get_in(person: Person) -> None:
    """By the link in the mail, and without a second factor."""
    assert reset(token(person.email, "email-restored")).status_code == 204
    answer = Caller().post("/auth/login", {"login": person.email, "password": NEW, "token_delivery": "body"})
    assert answer.status_code == 200, answer.content


def factors_of(person: Person) -> list[str]:
    partition = keys.user_partition(person.id)
    kinds = ("passkey", "totp", "recovery_codes", "pending_totp")
    return [item["EntityType"]["S"] for item in table.query(partition) if item["EntityType"]["S"] in kinds]


def age(key: Key) -> None:
    """As if the item had been there for long."""
    change = {"CreatedAt": {"Action": "PUT", "Value": {"N": "1"}}}
    request = {"TableName": config.table_name, "Key": table.wire_key(key), "AttributeUpdates": change}
    dynamodb.call("UpdateItem", request)


# --- with an address that is taken back -------------------------------------------------------------------------------


def test_what_a_thief_has_added_goes(ann: Person, clock: Clock) -> None:
    take_over(ann)
    authenticator.add_to(ann)
    enrol(ann, clock)
    assert take_back(ann) == 204
    assert factors_of(ann) == []
    assert (
        "Second factors that were added since the change are gone" in letter(ann.email, "email-restored").body
    )
    user = stored(ann.id)
    assert (user.totp, user.passkeys) == (False, 0)
    get_in(ann)


def test_what_was_there_before_stays(ann: Person, clock: Clock) -> None:
    authenticator.add_to(ann)
    enrol(ann, clock)
    for item in table.query(keys.user_partition(ann.id)):
        if item["EntityType"]["S"] in {"passkey", "totp", "recovery_codes"}:
            age((item["PK"]["S"], item["SK"]["S"]))
    take_over(ann)
    authenticator.add_to(ann)
    assert take_back(ann) == 204
    assert sorted(factors_of(ann)) == ["passkey", "recovery_codes", "totp"]
    user = stored(ann.id)
    assert (user.totp, user.passkeys) == (True, 1)
    assert "Passkeys open the account too, 1 at present" in letter(ann.email, "email-restored").body


def test_recovery_codes_that_a_thief_has_made_are_void(ann: Person, clock: Clock) -> None:
    enrol(ann, clock)
    age(keys.totp(ann.id))
    take_over(ann)
    codes = ann.post("/auth/recovery-codes", {}).json()["recovery_codes"]
    assert take_back(ann) == 204
    assert reset(token(ann.email, "email-restored")).status_code == 204
    assert log_in(ann, password=NEW, otp=codes[0]).status_code == 401
    assert factors_of(ann) == ["totp"]


def test_one_that_is_added_while_the_address_is_taken_back_goes_too(ann: Person) -> None:
    take_over(ann)
    with halting(changing_email, "removal", after=True) as undoing, ThreadPoolExecutor(1) as pool:
        done = pool.submit(take_back, ann)
        undoing.wait()
        authenticator.add_to(ann)
        undoing.go_on()
        assert done.result() == 204
    assert factors_of(ann) == []
    assert stored(ann.id).passkeys == 0


# --- by the operators -------------------------------------------------------------------------------------------------


def remove(person: Person) -> str:
    out = StringIO()
    call_command("remove_factors", person.username, stdout=out)
    return out.getvalue().strip()


def test_the_operators_remove_all(ann: Person, clock: Clock) -> None:
    authenticator.add_to(ann)
    enrol(ann, clock)
    for _ in range(2):
        assert remove(ann) == f"{ann.username} has no second factor."
    assert factors_of(ann) == []
    assert session_of(ann) is None
    assert mails_of(ann.id).count("factors-removed") == 1
    assert log_in(ann).status_code == 200


def test_who_has_none_stays_logged_in(ann: Person) -> None:
    remove(ann)
    assert session_of(ann) is not None


def test_the_only_way_in_stays(ann: Person) -> None:
    authenticator.add_to(ann)
    remove_password(ann)
    change_user(ann.id, EmailVerified=False)
    with pytest.raises(CommandError, match="nobody could log in"):
        remove(ann)
    assert factors_of(ann) == ["passkey"]
