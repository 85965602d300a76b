"""A new password for one who is logged in."""

import threading
import time
from typing import Any

import pytest

from accounts import sessions
from accounts.services import changing_password, password_login
from accounts.tests.acting import at_once, change_user, log_in, refresh, stored
from accounts.tests.factors import change_session, mails_of, session_of, sid_of, step_down
from accounts.tests.mailing import letter
from echomate import cache, dynamodb, keys, table
from echomate.config import config
from echomate.errors import Unauthenticated
from echomate.testing.client import PASSWORD, Caller, Person, problem
from echomate.testing.projecting import Projecting
from echomate.testing.proxy import Proxy
from echomate.testing.races import halting

NEW = "brown7sparrow"


def change(person: Person, password: str | None = PASSWORD, new: str = NEW) -> Any:
    body = {"new_password": new} if password is None else {"password": password, "new_password": new}
    return person.post("/auth/change-password", body)


def another(person: Person) -> Person:
    return Person(log_in(person.username).json())


def remove_password(person: Person) -> None:
    """As of an account that was made by a login provider."""
    removal = {"PasswordHash": {"Action": "DELETE"}}
    key = table.wire_key(keys.user(person.id))
    dynamodb.call("UpdateItem", {"TableName": config.table_name, "Key": key, "AttributeUpdates": removal})


def test_the_new_password_counts_and_the_old_one_no_more(ann: Person) -> None:
    before = stored(ann.id)
    assert change(ann).status_code == 204
    assert problem(log_in(ann.username)) == "bad-credentials"
    assert log_in(ann.username, NEW).status_code == 200
    assert stored(ann.id).credential_version == before.credential_version + 1


def test_other_sessions_end_and_this_one_stays(ann: Person) -> None:
    others = [another(ann) for _ in range(2)]
    for person in (ann, *others):
        assert person.get("/users/me").status_code == 200
    assert change(ann).status_code == 204
    for other in others:
        assert problem(other.get("/users/me")) == "session-revoked"
        assert problem(refresh(other.refresh)) == "session-revoked"
    assert ann.get("/users/me").status_code == 200
    assert refresh(ann.refresh).status_code == 200


def test_it_is_told_by_mail(ann: Person) -> None:
    change(ann)
    assert "password" in letter(ann.email, "password-changed").subject
    assert mails_of(ann.id).count("password-changed") == 1


@pytest.mark.parametrize("by", ["cookie", "body"])
def test_other_devices_become_strange_and_this_one_stays_known(ann: Person, by: str) -> None:
    here, there = (log_in(ann.username).json()["device_token"] for _ in range(2))
    body = {"password": PASSWORD, "new_password": NEW} | ({"device_token": here} if by == "body" else {})
    headers = {"Cookie": f"echomate_device={here}"} if by == "cookie" else {}
    assert ann.post("/auth/change-password", body, headers=headers).status_code == 204
    for token in (here, there):
        assert log_in(ann.username, NEW, device_token=token).status_code == 200
    assert mails_of(ann.id).count("new-device") == 3


@pytest.mark.parametrize("password", ["correct9horsE", None])
def test_a_wrong_password_changes_nothing(ann: Person, password: str | None) -> None:
    other = another(ann)
    response = change(ann, password)
    assert (response.status_code, problem(response)) == (401, "bad-credentials")
    assert other.get("/users/me").status_code == 200
    assert log_in(ann.username).status_code == 200


def test_wrong_passwords_are_counted_for_the_session_and_lock_out_nobody_else(ann: Person) -> None:
    other = another(ann)
    answers = [problem(change(ann, "correct9horsE")) for _ in range(11)]
    assert answers == ["bad-credentials"] * 10 + ["rate-limited"]
    assert problem(change(ann)) == "rate-limited"
    assert change(other).status_code == 204


def test_a_try_is_one_guess(ann: Person) -> None:
    """The new password is not compared with the present one, which would answer whether that was guessed."""
    for _ in range(10):
        assert problem(change(ann, "wrong9guess", new=PASSWORD)) == "bad-credentials"
    assert problem(change(ann, "wrong9guess", new=PASSWORD)) == "rate-limited"
    assert stored(ann.id).credential_version == 1


def test_nor_does_another_session_guess_at_the_password_that_one_has_set(ann: Person) -> None:
    assert change(ann).status_code == 204
    other = Person(log_in(ann.username, NEW).json())
    assert problem(change(other, "wrong9guess", new=NEW)) == "bad-credentials"
    with_both_wrong = [problem(change(ann, "wrong9guess", new="other9guess")) for _ in range(6)]
    assert with_both_wrong == ["bad-credentials"] * 5 + ["rate-limited"]


@pytest.mark.parametrize("weak", ["short1", "onlyletters", "password1", "x" * 129 + "1"])
def test_a_weak_new_one_is_refused(ann: Person, weak: str) -> None:
    response = change(ann, new=weak)
    assert (response.status_code, problem(response)) == (400, "invalid")
    assert list(response.json()["errors"]) == ["new_password"]


def test_a_new_one_like_the_name_is_refused(ann: Person) -> None:
    assert "new_password" in change(ann, new=ann.username).json()["errors"]


def test_who_has_no_password_steps_up_and_sets_one(ann: Person) -> None:
    remove_password(ann)
    step_down(ann)
    assert problem(change(ann, None)) == "step-up-required"
    change_session(ann, SteppedUpUntil=2**33)
    assert change(ann, None).status_code == 204
    assert log_in(ann.username, NEW).status_code == 200


def test_one_needs_to_be_logged_in(api: Caller) -> None:
    body = {"password": PASSWORD, "new_password": NEW}
    assert problem(api.post("/auth/change-password", body)) == "not-authenticated"


def test_a_call_whose_answer_was_lost_may_be_repeated(ann: Person) -> None:
    assert [change(ann).status_code for _ in range(2)] == [204, 204]
    assert stored(ann.id).credential_version == 2
    assert mails_of(ann.id).count("password-changed") == 1


def test_with_redis_away_the_change_stands_and_the_retry_is_well(ann: Person, redis_proxy: Proxy) -> None:
    other = another(ann)
    other.get("/users/me")
    redis_proxy.refuse()
    assert change(ann).status_code == 204
    redis_proxy.heal()
    time.sleep(cache.REST_SECONDS + 0.1)
    assert problem(other.get("/users/me")) == "session-revoked"
    assert change(ann).status_code == 204
    assert problem(other.get("/users/me")) == "session-revoked"
    assert ann.get("/users/me").status_code == 200


def test_what_a_dead_process_left_the_projector_ends(ann: Person, projector: Projecting) -> None:
    other = another(ann)
    other.get("/users/me")
    user = stored(ann.id)
    changing_password._store(user, "!", session=sid_of(ann), version=int(user.credential_version) + 1)
    projector.catch_up()
    projector.catch_up()
    assert problem(other.get("/users/me")) == "session-revoked"
    assert ann.get("/users/me").status_code == 200


# --- races ------------------------------------------------------------------------------------------------------------


def test_a_login_with_the_old_password_that_is_overtaken_makes_no_session(ann: Person) -> None:
    answers: list[Any] = []
    with halting(password_login, "begin_session", after=False) as login:
        thread = threading.Thread(target=lambda: answers.append(log_in(ann.username)))
        thread.start()
        login.wait()
        assert change(ann).status_code == 204
        login.go_on()
        thread.join()
    assert problem(answers[0]) == "bad-credentials"
    assert [session.sid for session in sessions.of(ann.id)] == [sid_of(ann)]


def test_logins_against_a_change_leave_no_session_of_the_old_password(ann: Person) -> None:
    def act(number: int) -> Any:
        return change(ann) if number == 0 else log_in(ann.username)

    answers = at_once(6, act)
    assert answers[0].status_code == 204
    for answer in answers[1:]:
        if answer.status_code == 200:
            assert problem(Person(answer.json()).get("/users/me")) == "session-revoked"
    assert {session.credential_version for session in sessions.of(ann.id)} == {2}


def test_of_two_changes_at_once_one_counts(ann: Person) -> None:
    other = another(ann)
    answers = at_once(2, lambda number: change((ann, other)[number], new=f"brown7sparrow{number}"))
    winners = [number for number, answer in enumerate(answers) if answer.status_code == 204]
    assert len(winners) == 1
    assert log_in(ann.username, f"brown7sparrow{winners[0]}").status_code == 200
    assert len(sessions.of(ann.id)) == 2  # the winner's and this login's


def test_a_session_that_ends_meanwhile_changes_no_password(ann: Person) -> None:
    user = stored(ann.id)
    assert ann.post("/auth/logout").status_code == 204
    with pytest.raises(Unauthenticated):
        changing_password._store(user, "!", session=sid_of(ann), version=2)
    assert log_in(ann.username).status_code == 200


def test_a_suspended_account_changes_no_password(ann: Person) -> None:
    change_user(ann.id, State="suspended")
    assert change(ann).status_code == 409
    cache.run([("FLUSHALL",)])
    assert session_of(ann).credential_version == 1
