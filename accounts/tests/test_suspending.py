"""Suspended: hidden from all, and in no session."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from accounts import services, sessions
from accounts.services import password_login
from accounts.tests.acting import at_once, change_user, log_in, refresh, stored
from echomate.errors import Conflict, NotFound
from echomate.testing.client import Caller, Person, problem
from echomate.testing.projecting import Projecting
from echomate.testing.races import halting


def test_all_sessions_end_at_once(ann: Person) -> None:
    other = Person(log_in(ann.username).json())
    for person in (ann, other):
        assert person.get("/users/me").status_code == 200
    services.suspend(ann.id)
    for person in (ann, other):
        assert problem(person.get("/users/me")) == "session-revoked"
        assert problem(refresh(person.refresh)) == "session-revoked"
    assert problem(log_in(ann.username)) == "suspended"


def test_nobody_sees_the_account_until_it_is_back(ann: Person, sign_up: Callable[..., Person]) -> None:
    bob = sign_up("bob")
    for path in (f"/users/{ann.id}", f"/users/{ann.username}"):
        assert bob.get(path).status_code == 200
    services.suspend(ann.id)
    for path in (f"/users/{ann.id}", f"/users/{ann.username}"):
        assert [caller.get(path).status_code for caller in (bob, Caller())] == [404, 404]
    services.unsuspend(ann.id)
    for path in (f"/users/{ann.id}", f"/users/{ann.username}"):
        assert [caller.get(path).status_code for caller in (bob, Caller())] == [200, 200]
    assert problem(ann.get("/users/me")) == "session-revoked"
    assert log_in(ann.username).status_code == 200


def test_it_may_be_done_again(ann: Person) -> None:
    assert [services.suspend(ann.id).state for _ in range(2)] == ["suspended"] * 2
    assert [services.unsuspend(ann.id).state for _ in range(2)] == ["active"] * 2


def test_what_is_not_there_or_being_erased_is_not_suspended(ann: Person) -> None:
    change_user(ann.id, State="erasing")
    for act in (services.suspend, services.unsuspend):
        with pytest.raises(Conflict):
            act(ann.id)
        with pytest.raises(NotFound):
            act(2**40)
    assert stored(ann.id).state == "erasing"


def test_a_login_that_is_overtaken_makes_no_session(ann: Person) -> None:
    answers: list[Any] = []
    with halting(password_login, "begin_session", after=False) as login:
        thread = threading.Thread(target=lambda: answers.append(log_in(ann.username)))
        thread.start()
        login.wait()
        services.suspend(ann.id)
        login.go_on()
        thread.join()
    assert problem(answers[0]) == "bad-credentials"
    assert sessions.of(ann.id) == []


def test_logins_against_a_suspension_leave_no_session(ann: Person) -> None:
    def act(number: int) -> Any:
        return services.suspend(ann.id) if number == 0 else log_in(ann.username)

    answers = at_once(6, act)
    for answer in answers[1:]:
        if answer.status_code == 200:
            assert problem(Person(answer.json()).get("/users/me")) == "session-revoked"
        else:
            assert problem(answer) in {"suspended", "bad-credentials"}
    assert sessions.of(ann.id) == []


def test_what_a_dead_process_left_the_projector_ends(ann: Person, projector: Projecting) -> None:
    assert ann.get("/users/me").status_code == 200
    change_user(ann.id, State="suspended")
    projector.catch_up()
    projector.catch_up()
    assert sessions.of(ann.id) == []
    assert problem(ann.get("/users/me")) == "session-revoked"
