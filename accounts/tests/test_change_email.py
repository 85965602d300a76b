"""Another address: confirmed at the new one, and taken back from the old one."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from accounts.services import changing_email
from accounts.tests.acting import age_claim, at_once, change_user, claims_of, log_in, refresh, stored
from accounts.tests.mailing import confirm, expire, letter, letters, move, step_up, token
from accounts.tests.test_reset import NEW, forget, remove_password, reset
from echomate import dynamodb, keys, table
from echomate.config import config
from echomate.testing.client import Caller, Person, problem, unique_name
from echomate.testing.configuration import configured
from echomate.testing.projecting import projecting
from echomate.testing.races import halting, together

pytestmark = pytest.mark.store


def fresh() -> str:
    return f"{unique_name()}@example.org"


def ask(person: Person, email: str) -> Any:
    return person.post("/auth/change-email", {"email": email})


def verify(found: str) -> Any:
    return Caller().post("/auth/verify-email", {"token": found})


def undo(found: str) -> Any:
    return Caller().post("/auth/change-email/undo", {"token": found})


def verified(sign_up: Callable[..., Person]) -> Person:
    person = sign_up()
    confirm(person)
    step_up(person)
    return person


# --- to a new address -------------------------------------------------------------------------------------------------


def test_nothing_changes_before_the_new_address_is_confirmed(sign_up: Callable[..., Person]) -> None:
    person, email = verified(sign_up), fresh()
    assert ask(person, email).status_code == 202
    assert stored(person.id).email == person.email
    assert table.get_item(keys.email_claim(email)) is None
    assert verify(token(email, "change-email")).status_code == 204
    me = person.get("/users/me").json()
    assert (me["email"], me["email_verified"]) == (email, True)
    assert log_in(email).status_code == 200


def test_it_asks_for_a_step_up(sign_up: Callable[..., Person]) -> None:
    person = sign_up()
    sid = claims_of(person.access)["sid"]
    change = {"SteppedUpUntil": {"Action": "PUT", "Value": {"N": "1"}}}
    key = table.wire_key(keys.session(person.id, sid))
    dynamodb.call("UpdateItem", {"TableName": config.table_name, "Key": key, "AttributeUpdates": change})
    response = ask(person, fresh())
    assert (response.status_code, problem(response)) == (403, "step-up-required")
    assert Caller().post("/auth/change-email", {"email": fresh()}).status_code == 401


def test_the_claim_moves_and_the_old_one_is_held(sign_up: Callable[..., Person]) -> None:
    person, email = verified(sign_up), fresh()
    move(person, email)
    body = {"username": unique_name(), "password": "correct9horse"}
    for taken in (email, person.email):
        assert problem(Caller().post("/auth/signup", body | {"email": taken})) == "email-taken"
    _let_the_hold_end(person.email)
    assert Caller().post("/auth/signup", body | {"email": person.email}).status_code == 201


def _let_the_hold_end(email: str) -> None:
    key = table.wire_key(keys.email_claim(email))
    change = {"ExpiresAt": {"Action": "PUT", "Value": {"N": "1"}}}
    dynamodb.call("UpdateItem", {"TableName": config.table_name, "Key": key, "AttributeUpdates": change})


def test_an_address_that_was_never_verified_is_given_up_without_a_way_back(
    sign_up: Callable[..., Person],
) -> None:
    person, email = sign_up(), fresh()
    move(person, email)
    assert not [message for message in letters(person.email) if "undo" in message.body]
    body = {"username": unique_name(), "email": person.email, "password": "correct9horse"}
    assert Caller().post("/auth/signup", body).status_code == 201


def test_who_lost_an_address_gets_another(sign_up: Callable[..., Person]) -> None:
    person, email = sign_up(), fresh()
    age_claim(person.email, hours=49)
    with projecting() as projector:
        body = {"username": unique_name(), "email": person.email, "password": "correct9horse"}
        assert Caller().post("/auth/signup", body).status_code == 201
        projector.catch_up()
    assert person.get("/users/me").json()["email"] is None
    assert person.post("/auth/verify-email/resend", {}).status_code == 202
    move(person, email)
    assert stored(person.id).email == email


def test_nobody_is_told_that_an_address_is_anothers_but_who_reads_its_mail(
    sign_up: Callable[..., Person],
) -> None:
    person, other = verified(sign_up), sign_up()
    answers = [ask(person, email) for email in (fresh(), other.email)]
    assert [(answer.status_code, answer.content) for answer in answers] == [(202, b"")] * 2
    found = token(other.email, "change-email")
    assert problem(verify(found)) == "email-taken"
    assert stored(person.id).email == person.email
    age_claim(other.email, hours=49)
    with projecting() as projector:
        assert verify(found).status_code == 204
        projector.catch_up()
    assert stored(person.id).email == other.email
    assert not stored(other.id).email


def test_of_two_who_want_one_address_one_gets_it(sign_up: Callable[..., Person]) -> None:
    people, email = [verified(sign_up) for _ in range(3)], fresh()
    found = []
    for person in people:
        assert ask(person, email).status_code == 202
        found.append(token(email, "change-email"))
    answers = at_once(3, lambda number: verify(found[number]).status_code)
    assert sorted(answers) == [204, 409, 409]
    winner = people[answers.index(204)]
    assert [stored(person.id).email == email for person in people] == [person is winner for person in people]


def test_ones_own_address_is_refused(sign_up: Callable[..., Person]) -> None:
    person = verified(sign_up)
    response = ask(person, person.email.upper())
    assert (response.status_code, list(response.json()["errors"])) == (400, ["email"])


@pytest.mark.parametrize("what", ["password", "suspended", "erasing", "expired"])
def test_a_pending_change_dies_with(sign_up: Callable[..., Person], what: str) -> None:
    person, email = verified(sign_up), fresh()
    ask(person, email)
    found = token(email, "change-email")
    if what == "password":
        forget(person.email)
        assert reset(token(person.email, "reset")).status_code == 204
    elif what == "expired":
        expire(found)
    else:
        change_user(person.id, State=what)
    assert problem(verify(found)) == "link-invalid"
    assert stored(person.id).email == person.email


def test_a_later_wish_voids_the_link_that_went_to_a_mistyped_address(sign_up: Callable[..., Person]) -> None:
    person, mistyped, email = verified(sign_up), fresh(), fresh()
    ask(person, mistyped)
    of_stranger = token(mistyped, "change-email")
    ask(person, email)
    assert problem(verify(of_stranger)) == "link-invalid"
    assert verify(token(email, "change-email")).status_code == 204
    assert problem(verify(of_stranger)) == "link-invalid"
    assert stored(person.id).email == email


def test_a_change_that_is_undone_leaves_no_link_that_was_asked_for_meanwhile(
    sign_up: Callable[..., Person],
) -> None:
    person, email, third = verified(sign_up), fresh(), fresh()
    move(person, email)
    ask(person, third)
    of_thief = token(third, "change-email")
    assert undo(token(person.email, "email-changed")).status_code == 204
    assert problem(verify(of_thief)) == "link-invalid"
    assert stored(person.id).email == person.email


def test_a_mail_that_a_later_wish_overtook_is_not_sent(sign_up: Callable[..., Person]) -> None:
    person, mistyped, email = verified(sign_up), fresh(), fresh()
    ask(person, mistyped)
    ask(person, email)
    assert len(letters(email)) == 1
    assert letters(mistyped) == []


def test_of_several_wishes_at_once_one_link_is_good(sign_up: Callable[..., Person]) -> None:
    person, emails = verified(sign_up), [fresh() for _ in range(4)]
    assert set(at_once(4, lambda number: ask(person, emails[number]).status_code)) == {202}
    mailed = [email for email in emails if letters(email)]
    assert len(mailed) == 1
    assert verify(token(mailed[0], "change-email")).status_code == 204
    assert stored(person.id).email == mailed[0]


def test_a_link_and_a_later_wish_at_once_leave_only_the_later_link_good(
    sign_up: Callable[..., Person],
) -> None:
    for _ in range(4):
        person, first, second = verified(sign_up), fresh(), fresh()
        ask(person, first)
        found = token(first, "change-email")
        confirmed, asked = together(partial(verify, found), partial(ask, person, second))
        assert asked.status_code == 202
        assert stored(person.id).email == (first if confirmed.status_code == 204 else person.email)
        assert problem(verify(found)) == "link-invalid"
        assert verify(token(second, "change-email")).status_code == 204
        assert stored(person.id).email == second


def test_a_wish_between_the_look_and_the_change_wins(sign_up: Callable[..., Person]) -> None:
    person, mistyped, email = verified(sign_up), fresh(), fresh()
    ask(person, mistyped)
    found = token(mistyped, "change-email")
    with halting(changing_email, "_left_claim", after=True) as the_change, ThreadPoolExecutor(1) as pool:
        changing = pool.submit(verify, found)
        the_change.wait()
        assert ask(person, email).status_code == 202
        the_change.go_on()
        assert problem(changing.result()) == "link-invalid"
    assert stored(person.id).email == person.email


def test_a_change_and_a_verification_at_once_leave_one_address_that_is_claimed(
    sign_up: Callable[..., Person],
) -> None:
    person, email = sign_up(), fresh()
    step_up(person)
    ask(person, email)
    links = [token(person.email, "welcome"), token(email, "change-email")]
    answers = at_once(2, lambda number: verify(links[number]).status_code)
    user = stored(person.id)
    assert answers[1] == 204
    assert answers[0] in (204, 400)
    assert (user.email, user.email_verified) == (email, True)
    claim = table.get_item(keys.email_claim(email))
    assert claim is not None
    assert (claim["User"]["N"], claim["Verified"]["BOOL"]) == (str(person.id), True)
    old = table.get_item(keys.email_claim(person.email))
    assert (old is None) == (answers[0] == 400)


def test_an_edit_in_between_does_not_stop_a_change(sign_up: Callable[..., Person]) -> None:
    person, email = verified(sign_up), fresh()
    ask(person, email)
    found = token(email, "change-email")
    with halting(changing_email, "_left_claim", after=True) as the_change, ThreadPoolExecutor(1) as pool:
        changing = pool.submit(verify, found)
        the_change.wait()
        assert person.patch("/users/me", {"bio": "In between."}).status_code == 200
        the_change.go_on()
        assert changing.result().status_code == 204
    user = stored(person.id)
    assert (user.email, user.bio) == (email, "In between.")


def test_five_a_day_and_five_to_one_address(sign_up: Callable[..., Person]) -> None:
    person, email = verified(sign_up), fresh()
    with configured(rate_limit_factor=1, rate_limits={"change-email": "9/86400"}):
        assert [ask(person, email).status_code for _ in range(6)] == [202] * 5 + [429]
    other = verified(sign_up)
    with configured(rate_limit_factor=1):
        assert [ask(other, fresh()).status_code for _ in range(6)] == [202] * 5 + [429]


def test_who_may_not_ask_uses_up_nobodys_share_of_an_address(sign_up: Callable[..., Person]) -> None:
    person, email = verified(sign_up), fresh()
    step_up(person)
    with configured(rate_limit_factor=1):
        for stranger in (Caller(), sign_up()):
            asked = [stranger.post("/auth/change-email", {"email": email}).status_code for _ in range(5)]
            assert set(asked) <= {401, 403}
        assert ask(person, email).status_code == 202


# --- and back ---------------------------------------------------------------------------------------------------------


def test_the_old_address_takes_the_change_back(sign_up: Callable[..., Person]) -> None:
    person, email = verified(sign_up), fresh()
    move(person, email)
    thief = log_in(email).json()
    assert undo(token(person.email, "email-changed")).status_code == 204
    user = stored(person.id)
    assert (user.email, user.email_verified, user.former_addresses) == (person.email, True, [])
    assert table.get_item(keys.email_claim(email)) is None
    assert problem(person.get("/users/me")) == "session-revoked"
    assert refresh(thief["refresh"]).status_code == 401


def test_the_password_is_void_then_and_a_new_one_is_a_link_away(sign_up: Callable[..., Person]) -> None:
    person, email = verified(sign_up), fresh()
    move(person, email)
    undo(token(person.email, "email-changed"))
    assert log_in(person.username).status_code == 401
    assert reset(token(person.email, "email-restored")).status_code == 204
    assert log_in(person.email, NEW).status_code == 200


def test_the_oldest_address_goes_before_those_that_came_after_it(sign_up: Callable[..., Person]) -> None:
    person, second, third = verified(sign_up), fresh(), fresh()
    move(person, second)
    move(person, third)
    of_thief = token(second, "email-changed")
    assert undo(token(person.email, "email-changed")).status_code == 204
    assert stored(person.id).email == person.email
    assert problem(undo(of_thief)) == "link-invalid"
    assert stored(person.id).email == person.email


def test_a_thief_who_undoes_his_own_change_does_not_void_the_owners_link(
    sign_up: Callable[..., Person],
) -> None:
    person, second, third = verified(sign_up), fresh(), fresh()
    move(person, second)
    move(person, third)
    assert undo(token(second, "email-changed")).status_code == 204
    assert undo(token(person.email, "email-changed")).status_code == 204
    assert stored(person.id).email == person.email


def test_sessions_that_a_process_left_when_it_died_end_all_the_same(sign_up: Callable[..., Person]) -> None:
    person = sign_up()
    assert person.get("/users/me").status_code == 200
    with projecting() as projector:
        change_user(person.id, Email=fresh(), CredentialVersion=stored(person.id).credential_version + 1)
        projector.catch_up()
    assert problem(person.get("/users/me")) == "session-revoked"


def test_who_only_logs_in_elsewhere_takes_a_change_back_too(sign_up: Callable[..., Person]) -> None:
    person = verified(sign_up)
    remove_password(person)
    move(person, fresh())
    assert undo(token(person.email, "email-changed")).status_code == 204
    assert stored(person.id).email == person.email
    assert problem(person.get("/users/me")) == "session-revoked"


@pytest.mark.parametrize("state", ["suspended", "erasing"])
def test_it_works_for_who_was_suspended_or_erased_meanwhile(
    sign_up: Callable[..., Person], state: str
) -> None:
    person, email = verified(sign_up), fresh()
    move(person, email)
    change_user(person.id, State=state)
    assert undo(token(person.email, "email-changed")).status_code == 204
    user = stored(person.id)
    assert (user.email, user.state) == (person.email, state)
    assert letter(person.email, "email-restored")


def test_there_and_back_again_by_ones_own_wish(sign_up: Callable[..., Person]) -> None:
    person, email = verified(sign_up), fresh()
    move(person, email)
    move(person, person.email)
    assert stored(person.id).email == person.email
    assert undo(token(email, "email-changed")).status_code == 204
    assert stored(person.id).email == email


@pytest.mark.parametrize("kind", ["wrong", "used", "expired", "too long ago", "another's purpose"])
def test_any_link_that_is_not_good_gets_the_one_answer(sign_up: Callable[..., Person], kind: str) -> None:
    person, email = verified(sign_up), fresh()
    move(person, email)
    found = token(person.email, "email-changed")
    match kind:
        case "wrong":
            found = found[::-1]
        case "used":
            undo(found)
        case "expired":
            expire(found)
        case "too long ago":
            former = [{"Address": person.email, "ChangedAt": 1}]
            change_user(person.id, FormerAddresses=former)
        case _:
            Caller().post("/auth/forgot-password", {"email": email})
            found = token(email, "reset")
    before = stored(person.id).email
    response, invented = undo(found), undo("x" * 43)
    assert (response.status_code, problem(response)) == (400, "link-invalid")
    assert "POST /auth/forgot-password" in invented.json()["detail"]
    assert response.json()["detail"] == invented.json()["detail"]
    assert stored(person.id).email == before


def test_of_two_who_undo_at_once_one_does(sign_up: Callable[..., Person]) -> None:
    person = verified(sign_up)
    move(person, fresh())
    found = token(person.email, "email-changed")
    assert sorted(at_once(4, lambda _: undo(found).status_code)) == [204, 400, 400, 400]
    assert stored(person.id).email == person.email
