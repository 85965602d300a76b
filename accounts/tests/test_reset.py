"""A forgotten password: who gets a link, what it does, and that it does it once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from accounts import passwords
from accounts.models import passkeys_of
from accounts.services import resetting
from accounts.tests.acting import at_once, change_user, log_in, refresh, stored
from accounts.tests.authenticator import add_to
from accounts.tests.factors import Clock, enrol
from accounts.tests.mailing import confirm, expire, letter, letters, step_up, token, url_in, waiting
from echomate import dynamodb, jobs, keys, table
from echomate.config import config
from echomate.jobs import Job
from echomate.testing.client import Caller, Person, problem, unique_name
from echomate.testing.configuration import configured
from echomate.testing.projecting import projecting
from echomate.testing.races import halting

NEW = "brown7sparrow"


def forget(email: str) -> Any:
    return Caller().post("/auth/forgot-password", {"email": email})


def reset(found: str, password: str = NEW) -> Any:
    return Caller().post("/auth/reset-password", {"token": found, "password": password})


def forgotten(person: Person) -> str:
    """The token of a link that was asked for just now."""
    assert forget(person.email).status_code == 202
    return token(person.email, "reset")


def test_a_link_sets_a_new_password(sign_up: Callable[..., Person]) -> None:
    person = sign_up()
    assert reset(forgotten(person)).status_code == 204
    assert log_in(person.username, NEW).status_code == 200
    assert log_in(person.email).status_code == 401


def test_all_sessions_end(sign_up: Callable[..., Person]) -> None:
    person = sign_up()
    another = log_in(person.username).json()
    assert reset(forgotten(person)).status_code == 204
    assert problem(person.get("/users/me")) == "session-revoked"
    for token_ in (person.refresh, another["refresh"]):
        assert refresh(token_).status_code == 401


def test_while_redis_is_away_they_end_too(sign_up: Callable[..., Person], redis_proxy: Any) -> None:
    person = sign_up()
    found = forgotten(person)
    assert person.get("/users/me").status_code == 200
    redis_proxy.refuse()
    assert reset(found).status_code == 204
    assert problem(person.get("/users/me")) == "session-revoked"
    redis_proxy.heal()
    with projecting() as projector:
        projector.catch_up()
    assert problem(person.get("/users/me")) == "session-revoked"
    assert refresh(person.refresh).status_code == 401


def test_known_devices_are_strange_again(sign_up: Callable[..., Person]) -> None:
    person = sign_up()
    assert list(table.query(keys.user_partition(person.id), prefix=keys.KNOWN_DEVICE))
    assert reset(forgotten(person)).status_code == 204
    assert not list(table.query(keys.user_partition(person.id), prefix=keys.KNOWN_DEVICE))


def test_second_factors_stay_and_the_address_is_verified(sign_up: Callable[..., Person]) -> None:
    person = sign_up()
    change_user(person.id, Totp=True, EmailVerified=True)
    before = stored(person.id)
    assert reset(forgotten(person)).status_code == 204
    user = stored(person.id)
    assert (user.totp, user.email_verified) == (True, True)
    assert user.credential_version == before.credential_version + 1
    claim = table.get_item(keys.email_claim(person.email))
    assert claim is not None
    assert claim["Verified"] == {"BOOL": True}


def test_who_signed_up_with_anothers_address_does_not_lock_its_owner_out(
    sign_up: Callable[..., Person], clock: Clock
) -> None:
    """No factor that a stranger added is asked for by a login with the password that the owner sets."""
    stranger = sign_up()
    step_up(stranger)
    app, codes = enrol(stranger, clock)
    assert stranger.post("/auth/totp").status_code == 200
    assert reset(forgotten(stranger)).status_code == 204
    assert "second factors are gone" in letter(stranger.email, "password-reset").body
    owner = log_in(stranger.email, NEW)
    assert owner.status_code == 200
    assert (owner.json()["user"]["totp"], owner.json()["user"]["passkeys"]) == (False, 0)
    for key in (keys.totp, keys.pending_totp, keys.recovery_codes):
        assert table.get_item(key(stranger.id)) is None
    assert problem(log_in(stranger.email, otp=app.code())) == "bad-credentials"
    assert problem(log_in(stranger.email, otp=codes[0])) == "bad-credentials"


def test_nor_does_what_he_changes_once_the_link_is_mailed(
    sign_up: Callable[..., Person], clock: Clock
) -> None:
    stranger = sign_up()
    found = forgotten(stranger)
    step_up(stranger)
    enrol(stranger, clock)
    assert reset(found).status_code == 204
    assert log_in(stranger.email, NEW).status_code == 200


def test_nor_what_he_adds_at_the_same_moment(sign_up: Callable[..., Person]) -> None:
    stranger = sign_up()
    found = forgotten(stranger)
    step_up(stranger)
    with halting(resetting, "_without_factors", after=True) as the_reset, ThreadPoolExecutor(1) as pool:
        answer = pool.submit(reset, found)
        the_reset.wait()
        add_to(stranger)
        the_reset.go_on()
        assert answer.result().status_code == 204
    assert list(passkeys_of(stranger.id)) == []
    assert log_in(stranger.email, NEW).status_code == 200


def test_of_two_links_used_at_once_one_sets_its_password(sign_up: Callable[..., Person]) -> None:
    person = sign_up()
    links = [forgotten(person), forgotten(person)]
    chosen = ["brown7sparrow", "green8thistle"]
    answers = at_once(2, lambda number: reset(links[number], chosen[number]).status_code)
    assert sorted(answers) == [204, 400]
    assert [log_in(person.username, password).status_code == 200 for password in chosen] == [
        status == 204 for status in answers
    ]


@pytest.mark.parametrize("is_verified", [False, True])
def test_passkeys_stay_only_where_the_address_was_verified(
    sign_up: Callable[..., Person], *, is_verified: bool
) -> None:
    """A stranger may have signed up with somebody's address, and a passkey opens the account alone."""
    person = sign_up()
    step_up(person)
    add_to(person)
    change_user(person.id, EmailVerified=is_verified)
    assert reset(forgotten(person)).status_code == 204
    assert len(passkeys_of(person.id)) == stored(person.id).passkeys == int(is_verified)
    assert log_in(person.username, NEW).status_code == (401 if is_verified else 200)


def test_a_notice_says_that_the_password_was_changed(sign_up: Callable[..., Person]) -> None:
    person = sign_up()
    reset(forgotten(person))
    notice = letter(person.email, "password-reset")
    assert "/account/" not in notice.body
    assert "asskeys" not in notice.body


def test_the_notice_names_the_passkeys_that_open_the_account_too(sign_up: Callable[..., Person]) -> None:
    person = sign_up()
    change_user(person.id, Passkeys=2, EmailVerified=True)
    reset(forgotten(person))
    assert "Passkeys open the account too, 2 at present" in letter(person.email, "password-reset").body


def test_a_link_works_once(sign_up: Callable[..., Person]) -> None:
    found = forgotten(sign_up())
    assert reset(found).status_code == 204
    assert problem(reset(found, "green8thistle")) == "link-invalid"


def test_of_two_who_use_a_link_at_once_one_does(sign_up: Callable[..., Person]) -> None:
    person = sign_up()
    found = forgotten(person)
    chosen = ["brown7sparrow", "green8thistle", "white9heron", "black6badger"]
    answers = at_once(4, lambda number: reset(found, chosen[number]).status_code)
    assert sorted(answers) == [204, 400, 400, 400]
    opened = [log_in(person.username, password).status_code for password in chosen]
    assert [status == 204 for status in answers] == [status == 200 for status in opened]


def test_a_login_with_the_old_password_that_is_under_way_makes_no_session(
    sign_up: Callable[..., Person],
) -> None:
    person = sign_up()
    found = forgotten(person)
    with halting(passwords, "matches", after=True) as login_that_was_shown, ThreadPoolExecutor(1) as pool:
        login = pool.submit(log_in, person.username)
        login_that_was_shown.wait()
        assert reset(found).status_code == 204
        login_that_was_shown.go_on()
        assert problem(login.result()) == "bad-credentials"
    assert not list(table.query(keys.user_partition(person.id), prefix=keys.SESSION))


@pytest.mark.parametrize("kind", ["wrong", "used", "expired", "another's purpose", "older"])
def test_any_link_that_is_not_good_gets_the_one_answer(sign_up: Callable[..., Person], kind: str) -> None:
    person = sign_up()
    found = forgotten(person)
    match kind:
        case "wrong":
            found = found.swapcase()
        case "used":
            reset(found)
        case "expired":
            expire(found)
        case "older":
            reset(forgotten(person))
        case _:
            found = token(person.email, "welcome")
    response = reset(found, "green8thistle")
    assert (response.status_code, problem(response)) == (400, "link-invalid")
    assert response.json()["detail"] == problem_detail()


def problem_detail() -> str:
    """What an invented token gets."""
    detail: str = reset("x" * 43).json()["detail"]
    assert "POST /auth/forgot-password" in detail
    return detail


def test_a_weak_password_does_not_use_the_link_up(sign_up: Callable[..., Person]) -> None:
    person = sign_up()
    found = forgotten(person)
    for weak in ("password1", person.username + "1", "ab1"):
        response = reset(found, weak)
        assert (problem(response), list(response.json()["errors"])) == ("invalid", ["password"])
    assert reset(found).status_code == 204


def test_a_link_of_before_a_change_of_address_is_none(sign_up: Callable[..., Person]) -> None:
    person = sign_up()
    found = forgotten(person)
    change_user(person.id, Email=f"{unique_name()}@example.org")
    assert problem(reset(found)) == "link-invalid"


def test_a_link_mailed_again_by_its_job_revives_nothing(sign_up: Callable[..., Person]) -> None:
    from accounts.tasks import send_reset_link

    person = sign_up()
    before = set(waiting())
    forget(person.email)
    (job_id,) = set(waiting()) - before
    job = Job.read(keys.job(job_id))
    assert job is not None
    for _ in range(2):
        send_reset_link(job.payload, job)
    first, second = [message for message in letters(person.email) if "/account/reset" in message.body][:2]
    assert url_in(first) == url_in(second)
    found = token(person.email, "reset")
    assert reset(found).status_code == 204
    sent = len(letters(person.email))
    send_reset_link(job.payload, job)
    assert len(letters(person.email)) == sent
    assert problem(reset(found, "green8thistle")) == "link-invalid"


def test_nothing_that_is_stored_opens_anything(sign_up: Callable[..., Person]) -> None:
    person = sign_up()
    found = forgotten(person)
    items = dynamodb.call("Scan", {"TableName": config.table_name})["Items"]
    assert found not in str(items)
    kept = str([item for item in items if item["PK"]["S"].startswith("JOB#")])
    assert person.email not in kept
    assert keys.email_claim(person.email)[0] not in kept


# --- who gets one -----------------------------------------------------------------------------------------------------


def test_the_answer_and_its_work_are_the_same_for_nobodys_address(
    sign_up: Callable[..., Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    person = sign_up()
    calls: list[str] = []
    real = dynamodb.call

    def counted(operation: str, *args: Any, **named: Any) -> Any:
        calls.append(operation)
        return real(operation, *args, **named)

    monkeypatch.setattr(dynamodb, "call", counted)
    answers = []
    for email in (person.email, f"{unique_name()}@example.org"):
        calls.clear()
        response = forget(email)
        headers = {name: value for name, value in response.headers.items() if name != "X-Request-ID"}
        answers.append((response.status_code, response.content, headers, list(calls)))
    assert answers[0] == answers[1]
    assert answers[0][3] == ["PutItem"]


def test_nobodys_address_gets_no_mail() -> None:
    email = f"{unique_name()}@example.org"
    assert forget(email).status_code == 202
    assert letters(email) == []


@pytest.mark.parametrize("state", ["suspended", "erasing"])
def test_who_is_suspended_or_being_erased_gets_a_link_and_stays_so(
    sign_up: Callable[..., Person], state: str
) -> None:
    person = sign_up()
    change_user(person.id, State=state)
    assert reset(forgotten(person)).status_code == 204
    assert stored(person.id).state == state
    assert letter(person.email, "password-reset")
    assert log_in(person.username, NEW).status_code in (401, 403)


def test_who_only_logs_in_elsewhere_gets_a_first_password_if_the_address_is_verified(
    sign_up: Callable[..., Person],
) -> None:
    person = sign_up()
    confirm(person)
    remove_password(person)
    assert reset(forgotten(person)).status_code == 204
    assert log_in(person.username, NEW).status_code == 200


def test_an_unverified_address_that_an_issuer_named_opens_no_account(sign_up: Callable[..., Person]) -> None:
    person = sign_up()
    remove_password(person)
    forget(person.email)
    assert not [message for message in letters(person.email) if "/account/reset" in message.body]


def remove_password(person: Person) -> None:
    dynamodb.call(
        "UpdateItem",
        {
            "TableName": config.table_name,
            "Key": table.wire_key(keys.user(person.id)),
            "UpdateExpression": "REMOVE PasswordHash",
        },
    )


def test_an_address_in_other_letters_is_the_same(sign_up: Callable[..., Person]) -> None:
    person = sign_up()
    forget(person.email.upper())
    assert token(person.email, "reset")


def test_five_in_half_an_hour_for_one_address_whoever_asks() -> None:
    email = f"{unique_name()}@example.org"
    with configured(rate_limit_factor=1):
        answers = [forget(written).status_code for written in [email, email.upper()] * 3]
    assert answers == [202] * 5 + [429]


def test_one_address_may_not_ask_for_all_the_world() -> None:
    caller = Caller()
    with configured(rate_limit_factor=1, rate_limits={"reset-address": "3/1800"}):
        answers = [
            caller.post("/auth/forgot-password", {"email": f"{unique_name()}@example.org"}).status_code
            for _ in range(4)
        ]
    assert answers == [202] * 3 + [429]


@pytest.mark.parametrize("email", ["", "a@b", 7, None, ["a@example.org"], "a" * 1000 + "@example.org"])
def test_what_is_no_address_is_refused(email: object) -> None:
    response = Caller().post("/auth/forgot-password", {"email": email})
    assert (response.status_code, list(response.json()["errors"])) == (400, ["email"])


@pytest.mark.parametrize("given", ["", 7, None, [], "x" * 1000, "\x00", "ä" * 43])
def test_what_can_be_no_token_is_refused(given: object) -> None:
    assert Caller().post("/auth/reset-password", {"token": given, "password": NEW}).status_code == 400


def test_jobs_run_again_after_the_end_do_nothing(sign_up: Callable[..., Person]) -> None:
    person = sign_up()
    before = set(waiting())
    forget(person.email)
    (job,) = set(waiting()) - before
    assert jobs.run(job)
    assert not jobs.run(job)
