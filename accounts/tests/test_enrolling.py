"""One-time passwords switched on and off, and the secret at rest."""

import re
import threading

import pytest
from cryptography.fernet import Fernet

from accounts.models import PendingTotp, Totp
from accounts.services import begin_session, enrolling
from accounts.tests.acting import change_user, session_of, stored
from accounts.tests.factors import App, Clock, enrol, log_in, mails_of, sid_of, step_down
from echomate import dynamodb, keys, sealing, table, transactions
from echomate.config import config
from echomate.errors import Conflict, Unauthenticated
from echomate.testing.client import Caller, Person, problem, sign_up
from echomate.testing.configuration import configured
from echomate.testing.proxy import Proxy
from echomate.testing.races import together

pytestmark = pytest.mark.store


@pytest.fixture
def ann() -> Person:
    return sign_up("ann").step_up()


def test_setting_it_up_takes_a_code_of_the_app(ann: Person, clock: Clock) -> None:
    begun = ann.post("/auth/totp")
    assert begun.headers["Cache-Control"] == "no-store"
    app = App(begun.json(), clock)
    assert not ann.get("/users/me").json()["totp"]
    assert log_in(ann).status_code == 200
    confirmed = ann.post("/auth/totp/confirm", {"otp": app.code()})
    assert confirmed.headers["Cache-Control"] == "no-store"
    assert len(set(confirmed.json()["recovery_codes"])) == 10
    assert ann.get("/users/me").json()["totp"]
    assert problem(log_in(ann)) == "otp-required"


def test_the_secret_lies_sealed_and_for_its_owner_only(ann: Person, clock: Clock) -> None:
    app, codes = enrol(ann, clock)
    bob = sign_up("bob")
    item = Totp.read(keys.totp(ann.id))
    assert item is not None
    assert app.secret not in item.sealed
    assert sealing.unseal(item.sealed, place=f"totp:{ann.id}") == app.secret
    everything = str(list(table.query(keys.user_partition(ann.id))))
    assert app.secret not in everything
    assert not [code for code in codes if code in everything or code.replace("-", "") in everything]
    with pytest.raises(sealing.CannotUnseal):
        sealing.unseal(item.sealed, place=f"totp:{bob.id}")


def test_a_wrong_code_confirms_nothing(ann: Person, clock: Clock) -> None:
    app = App(ann.post("/auth/totp").json(), clock)
    for code in (app.code(late=3), "x" * 60, chr(0x0664) * 6):
        response = ann.post("/auth/totp/confirm", {"otp": code})
        assert (response.status_code, problem(response)) == (400, "otp-invalid")
    assert not stored(ann.id).totp
    assert ann.post("/auth/totp/confirm", {"otp": app.code()}).status_code == 200


@pytest.mark.parametrize("body", [{}, {"otp": 123456}, {"otp": None}, {"otp": ""}, {"otp": "1" * 1000}])
def test_a_confirmation_that_is_no_text_is_not_valid(ann: Person, body: dict[str, object]) -> None:
    response = ann.post("/auth/totp/confirm", body)
    assert (response.status_code, problem(response)) == (400, "invalid")
    assert list(response.json()["errors"]) == ["otp"]


def test_without_a_beginning_there_is_nothing_to_confirm(ann: Person) -> None:
    response = ann.post("/auth/totp/confirm", {"otp": "123456"})
    assert (response.status_code, problem(response)) == (400, "otp-invalid")
    assert "begin again" in response.json()["detail"]


def test_a_pending_secret_is_over_after_15_minutes(ann: Person, clock: Clock) -> None:
    app = App(ann.post("/auth/totp").json(), clock)
    change = transactions.expressions(
        "attribute_exists(PK)", change="SET #ExpiresAt = :past", values={"past": 1}
    )
    dynamodb.call("UpdateItem", {**transactions.of(keys.pending_totp(ann.id)), **change})
    assert problem(ann.post("/auth/totp/confirm", {"otp": app.code()})) == "otp-invalid"


def test_a_new_pending_secret_takes_the_place_of_an_older_one(ann: Person, clock: Clock) -> None:
    old, new = (App(ann.post("/auth/totp").json(), clock) for _ in range(2))
    assert problem(ann.post("/auth/totp/confirm", {"otp": old.code()})) == "otp-invalid"
    assert ann.post("/auth/totp/confirm", {"otp": new.code()}).status_code == 200


def test_a_pending_secret_leaves_the_confirmed_one_alone(ann: Person, clock: Clock) -> None:
    app, codes = enrol(ann, clock)
    pending = App(ann.post("/auth/totp").json(), clock)
    assert problem(log_in(ann, otp=pending.code())) == "otp-invalid"
    assert log_in(ann, otp=app.code()).status_code == 200
    confirmed = ann.post("/auth/totp/confirm", {"otp": pending.code()})
    assert not set(confirmed.json()["recovery_codes"]) & set(codes)
    clock.tick()
    assert problem(log_in(ann, otp=app.code())) == "otp-invalid"
    assert problem(log_in(ann, otp=codes[0])) == "otp-invalid"
    assert log_in(ann, otp=pending.code()).status_code == 200


def test_another_session_confirms_nothing(ann: Person, clock: Clock) -> None:
    """It would be shown the recovery codes."""
    app = App(ann.post("/auth/totp").json(), clock)
    other = Person(log_in(ann).json())
    assert problem(other.post("/auth/totp/confirm", {"otp": app.code()})) == "otp-invalid"
    assert ann.post("/auth/totp/confirm", {"otp": app.code()}).status_code == 200


@pytest.mark.parametrize("state", ["suspended", "erasing"])
def test_an_account_that_is_gone_meanwhile_begins_nothing(ann: Person, state: str) -> None:
    user = stored(ann.id)
    change_user(ann.id, State=state)
    with pytest.raises(Unauthenticated):
        enrolling.begin_totp(user, sid_of(ann))
    assert table.get_item(keys.pending_totp(ann.id)) is None


def test_of_two_confirmations_at_once_one_has_the_codes(ann: Person, clock: Clock) -> None:
    app = App(ann.post("/auth/totp").json(), clock)
    answers = together(*[lambda: ann.post("/auth/totp/confirm", {"otp": app.code()})] * 2)
    won = [answer for answer in answers if answer.status_code == 200]
    assert len(won) == 1
    assert {problem(answer) for answer in answers if answer not in won} <= {"otp-invalid", "conflict"}
    clock.tick()
    assert log_in(ann, otp=won[0].json()["recovery_codes"][0]).status_code == 200


def test_the_code_of_the_confirmation_is_used_up(ann: Person, clock: Clock) -> None:
    app = App(ann.post("/auth/totp").json(), clock)
    ann.post("/auth/totp/confirm", {"otp": app.code()})
    assert problem(log_in(ann, otp=app.code())) == "otp-invalid"
    clock.tick()
    assert log_in(ann, otp=app.code()).status_code == 200


def test_the_session_that_sets_it_up_and_the_others_live_on(ann: Person, clock: Clock) -> None:
    other = Person(log_in(ann).json())
    enrol(ann, clock)
    assert ann.get("/users/me").status_code == other.get("/users/me").status_code == 200


def test_a_login_under_way_meanwhile_makes_no_session(ann: Person, clock: Clock) -> None:
    """Its password was right, and it has shown no second factor."""
    before = stored(ann.id)
    enrol(ann, clock)
    with pytest.raises(Unauthenticated):
        begin_session(before, methods=["password"])


def test_taking_it_away_takes_the_codes_too(ann: Person, clock: Clock) -> None:
    app, codes = enrol(ann, clock)
    assert ann.delete("/auth/totp").status_code == 204
    assert not ann.get("/users/me").json()["totp"]
    assert ann.get("/auth/recovery-codes").json() == {"left": 0}
    assert log_in(ann).status_code == 200
    assert {item["EntityType"]["S"] for item in table.query(keys.user_partition(ann.id))}.isdisjoint(
        {"totp", "pending_totp", "recovery_codes"}
    )
    again, _ = enrol(ann, clock)
    assert problem(log_in(ann, otp=app.code())) == "otp-invalid"
    assert problem(log_in(ann, otp=codes[0])) == "otp-invalid"
    assert log_in(ann, otp=again.code()).status_code == 200


def test_with_a_passkey_left_the_codes_stay(ann: Person, clock: Clock) -> None:
    enrol(ann, clock)
    change_user(ann.id, Passkeys=1)
    assert ann.delete("/auth/totp").status_code == 204
    assert ann.get("/auth/recovery-codes").json() == {"left": 10}


def test_taking_it_away_again_is_no_error_and_no_news(ann: Person, clock: Clock) -> None:
    enrol(ann, clock)
    for _ in range(2):
        assert ann.delete("/auth/totp").status_code == 204
    assert mails_of(ann.id).count("totp-removed") == 1


def test_what_is_pending_goes_too(ann: Person) -> None:
    ann.post("/auth/totp")
    assert ann.delete("/auth/totp").status_code == 204
    assert PendingTotp.read(keys.pending_totp(ann.id)) is None
    assert "totp-removed" not in mails_of(ann.id)


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/auth/totp"), ("DELETE", "/auth/totp"), ("POST", "/auth/recovery-codes")],
)
def test_each_change_asks_for_a_step_up(ann: Person, clock: Clock, method: str, path: str) -> None:
    enrol(ann, clock)
    before = [table.get_item(key(ann.id)) for key in (keys.user, keys.totp, keys.recovery_codes)]
    step_down(ann)
    response = ann.call(method, path)
    assert (response.status_code, problem(response)) == (403, "step-up-required")
    assert [table.get_item(key(ann.id)) for key in (keys.user, keys.totp, keys.recovery_codes)] == before


def test_nobody_in_particular_has_none(api: Caller) -> None:
    calls = [
        api.post("/auth/totp"),
        api.delete("/auth/totp"),
        api.post("/auth/totp/confirm", {"otp": "123456"}),
        api.get("/auth/recovery-codes"),
        api.post("/auth/recovery-codes"),
    ]
    assert {problem(response) for response in calls} == {"not-authenticated"}


def test_a_change_of_credentials_meanwhile_is_a_conflict(ann: Person, clock: Clock) -> None:
    """One who takes the factor away, and one who adds a passkey: neither decides by what the other has changed."""
    enrol(ann, clock)
    before = stored(ann.id)
    change_user(ann.id, CredentialVersion=int(before.credential_version) + 1)
    for change in (enrolling.remove_totp, enrolling.renew_recovery_codes):
        with pytest.raises(Conflict):
            change(before)
    assert stored(ann.id).totp


def test_each_change_is_told_by_mail(ann: Person, clock: Clock) -> None:
    enrol(ann, clock)
    ann.post("/auth/recovery-codes")
    ann.delete("/auth/totp")
    news = [template for template in mails_of(ann.id) if template.startswith(("totp", "recovery"))]
    assert news == ["totp-added", "recovery-codes-made", "totp-removed"]


def test_a_lost_answer_of_the_table_is_no_conflict(ann: Person, clock: Clock, dynamodb_proxy: Proxy) -> None:
    """The transaction is repeated on the wire, and counts once."""
    app = App(ann.post("/auth/totp").json(), clock)
    user = stored(ann.id)
    dynamodb_proxy.cut_after(0)
    threading.Timer(0.05, dynamodb_proxy.heal).start()
    assert len(enrolling.confirm_totp(user, sid_of(ann), app.code())) == 10
    assert stored(ann.id).totp


def test_rotated_keys_open_the_secret_and_a_login_seals_it_anew(ann: Person, clock: Clock) -> None:
    app, _ = enrol(ann, clock)
    new = Fernet.generate_key().decode()
    with configured(encryption_keys=[new, *config.encryption_keys]):
        assert log_in(ann, otp=app.code()).status_code == 200
        item = Totp.read(keys.totp(ann.id))
        assert item is not None
        assert item.gsi2pk == keys.sealed(sealing.fingerprint())
    clock.tick()
    with configured(encryption_keys=[new]):
        assert log_in(ann, otp=app.code()).status_code == 200


def test_without_its_key_codes_are_503_and_recovery_codes_still_let_in(ann: Person, clock: Clock) -> None:
    app, codes = enrol(ann, clock)
    with configured(encryption_keys=[Fernet.generate_key().decode()]):
        response = log_in(ann, otp=app.code())
        assert (response.status_code, problem(response)) == (503, "unavailable")
        assert log_in(ann, otp=codes[0]).status_code == 200
    assert log_in(ann, otp=app.code()).status_code == 200


def test_a_secret_that_was_moved_from_another_user_opens_nothing(ann: Person, clock: Clock) -> None:
    """Who can write to the table can't make his own secret another's."""
    bob = sign_up("bob").step_up()
    app, _ = enrol(bob, clock)
    enrol(ann, clock)
    theirs = Totp.read(keys.totp(bob.id))
    assert theirs is not None
    moved = transactions.expressions(
        "attribute_exists(PK)", change="SET #Sealed = :theirs", values={"theirs": theirs.sealed}
    )
    dynamodb.call("UpdateItem", {**transactions.of(keys.totp(ann.id)), **moved})
    assert log_in(ann, otp=app.code()).status_code == 503


def test_no_secret_is_logged(
    ann: Person, clock: Clock, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    app, codes = enrol(ann, clock)
    otp = app.code()
    log_in(ann, otp=otp)
    log_in(ann, otp=codes[0])
    lines = " ".join(str(vars(record)) for record in caplog.records) + capfd.readouterr().out
    assert "/auth/totp/confirm" in lines
    for secret in (app.secret, *codes):
        assert secret not in lines
    assert not re.search(rf"(?<![\d.]){otp}(?!\d)", lines), (
        "six digits, but not among those of a time or an id"
    )
    assert session_of(ann) is not None
