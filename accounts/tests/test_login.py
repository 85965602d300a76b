"""Logging in."""

import bcrypt
import pytest
from argon2 import PasswordHasher

from accounts import passwords, services
from accounts.services import NewAccount
from accounts.tests.acting import change_user, log_in, stored
from echomate import keys, table
from echomate.errors import Unauthenticated
from echomate.metering import metering
from echomate.testing.client import PASSWORD, Caller, Person, problem, unique_name
from echomate.testing.proxy import Proxy
from echomate.testing.timing import within


def test_one_logs_in_by_name_or_address_in_any_case(ann: Person) -> None:
    for login in (
        ann.username,
        ann.username.upper(),
        ann.email,
        ann.email.title(),
        f" {ann.email} ",
        f"@{ann.username}",
    ):
        response = log_in(login)
        assert response.status_code == 200
        assert response.headers["Cache-Control"] == "no-store"
        assert Person(response.json()).get("/users/me").json()["id"] == str(ann.id)


def test_a_login_may_be_typed_in_full_width_letters(ann: Person) -> None:
    for login in (ann.username, f"@{ann.username}", ann.email):
        wide = "".join(
            chr(ord(letter) + 0xFEE0) if letter.isalnum() or letter == "@" else letter for letter in login
        )
        assert log_in(wide).status_code == 200, wide


def test_each_login_is_a_session_of_its_own(ann: Person) -> None:
    other = Person(log_in(ann.username).json())
    assert other.post("/auth/logout").status_code == 204
    assert ann.get("/users/me").status_code == 200


def test_wrong_and_unknown_are_told_apart_by_nothing(ann: Person) -> None:
    attempts = {
        "wrong password": (ann.username, "correct9horsE"),
        "wrong password by address": (ann.email, "correct9horsE"),
        "unknown name": (unique_name(), PASSWORD),
        "unknown address": (f"{unique_name()}@example.org", PASSWORD),
        "no name": ("!", PASSWORD),
        "no address": ("@", PASSWORD),
        "an id": (str(ann.id), PASSWORD),
        "a trimmed password": (ann.username, PASSWORD + " "),
    }
    answers = []
    for login, password in attempts.values():
        response = log_in(login, password)
        hidden = ("X-Request-ID", "RateLimit")
        headers = {name: value for name, value in response.headers.items() if name not in hidden}
        answers.append((response.status_code, headers, response.json() | {"request_id": ""}))
    assert answers == [answers[0]] * len(answers)
    assert (answers[0][0], answers[0][2]["type"]) == (401, "/problems/bad-credentials")


@pytest.mark.parametrize(
    "changes",
    [{"State": "suspended"}, {"State": "erasing", "ErasedAt": 2**40}, {"Totp": True}, {"Passkeys": 1}],
)
def test_a_wrong_password_is_told_nothing_of_the_account(ann: Person, changes: dict[str, object]) -> None:
    change_user(ann.id, **changes)
    answers = []
    for login in (ann.username, unique_name()):
        with metering() as meter:
            response = log_in(login, "correct9horsE", otp="123456")
        answers.append((response.status_code, problem(response), [name for name, _ in meter.dynamodb]))
    assert answers == [(401, "bad-credentials", ["GetItem", "BatchGetItem"])] * 2


def test_the_unknown_cost_the_same_work(ann: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []
    matches = passwords._matches

    def remember(password: str, hash_: str) -> bool:
        hashed.append(hash_[:30])
        return matches(password, hash_)

    monkeypatch.setattr(passwords, "_matches", remember)
    for login in (ann.username, unique_name(), f"{unique_name()}@example.org", "@"):
        with metering() as meter:
            assert log_in(login, "correct9horsE").status_code == 401
        assert [operation for operation, _ in meter.dynamodb] == ["GetItem", "BatchGetItem"]
    assert hashed == ["$argon2id$v=19$m=19456,t=2,p=1"] * 4


def test_nobodys_hash_is_made_as_new_ones_are() -> None:
    assert not passwords.is_outdated(passwords.NOBODYS_HASH)


@pytest.mark.parametrize("body", [{}, {"login": "ann"}, {"password": "x"}, {"login": 1, "password": "x"}])
def test_an_incomplete_login_is_not_valid(api: Caller, body: dict[str, object]) -> None:
    assert problem(api.post("/auth/login", body)) == "invalid"


def test_the_suspended_learn_it_only_with_their_password(ann: Person) -> None:
    change_user(ann.id, State="suspended")
    response = log_in(ann.username)
    assert (response.status_code, problem(response)) == (403, "suspended")
    assert problem(log_in(ann.username, "correct9horsE")) == "bad-credentials"


def test_who_is_being_erased_learns_it_and_until_when_only_with_their_password(ann: Person) -> None:
    until = 1_800_000_000_000
    change_user(ann.id, State="erasing", ErasedAt=until)
    response = log_in(ann.username)
    assert (response.status_code, problem(response)) == (403, "erasing")
    assert response.json()["erased_at"] == "2027-01-15T08:00:00.000Z"
    assert problem(log_in(ann.username, "correct9horsE")) == "bad-credentials"


def test_an_account_without_a_password_has_none_that_fits() -> None:
    account = NewAccount(username=unique_name(), email=f"{unique_name()}@example.org")
    services.create_account(account, password_hash="")
    assert problem(log_in(account.username, "-")) == "bad-credentials"


@pytest.mark.parametrize("change", [{"State": "suspended"}, {"CredentialVersion": 2}])
def test_suspension_and_a_new_password_overtake_a_login_under_way(
    ann: Person, change: dict[str, object]
) -> None:
    seen_by_the_login = stored(ann.id)
    change_user(ann.id, **change)
    with pytest.raises(Unauthenticated):
        services.begin_session(seen_by_the_login)
    assert len(list(table.query(keys.user_partition(ann.id), prefix=keys.SESSION))) == 1


@pytest.mark.parametrize(
    "old",
    [
        bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode(),
        PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD),
    ],
    ids=["bcrypt", "cheaper argon2"],
)
def test_an_outdated_hash_is_renewed_at_login(ann: Person, old: str) -> None:
    change_user(ann.id, PasswordHash=old)
    assert problem(log_in(ann.username, "correct9horsE")) == "bad-credentials"
    assert stored(ann.id).password_hash == old
    assert log_in(ann.username).status_code == 200
    assert not passwords.is_outdated(str(stored(ann.id).password_hash))
    assert log_in(ann.username).status_code == 200


def test_bcrypt_sees_72_bytes_of_a_password(ann: Person) -> None:
    change_user(ann.id, PasswordHash=bcrypt.hashpw(b"x" * 72, bcrypt.gensalt(4)).decode())
    assert log_in(ann.username, "x" * 100).status_code == 200


def test_ten_tries_an_hour_for_an_account_from_wherever(ann: Person) -> None:
    answers = [log_in(ann.username, "correct9horsE") for _ in range(10)]
    assert {problem(answer) for answer in answers} == {"bad-credentials"}
    response = log_in(ann.username)
    assert (response.status_code, problem(response)) == (429, "rate-limited")
    assert response.headers["RateLimit-Policy"] == '"login-account";q=10;w=3600'


def test_an_unknown_account_is_limited_in_the_same_way() -> None:
    name = unique_name()
    answers = [problem(log_in(spelling)) for spelling in [name, name.upper()] * 5 + [name]]
    assert answers == ["bad-credentials"] * 10 + ["rate-limited"]


def test_another_spelling_is_no_other_account(ann: Person) -> None:
    """Unicode has many that come to the same address."""
    local, _, domain = ann.email.partition("@")
    wide = "".join(chr(ord(c) + 0xFEE0) if c.isalnum() else c for c in local)
    spellings = [
        ann.email,
        ann.email.upper(),
        f" {ann.email}",
        f"{wide}@{domain}",
        f"{local}@{domain.title()}",
    ]
    answers = [problem(log_in(spelling, "correct9horsE")) for spelling in spellings * 2]
    assert answers == ["bad-credentials"] * 10
    assert problem(log_in(f"{wide[0]}{local[1:]}@{domain}")) == "rate-limited"


def test_who_gets_in_may_try_ten_times_again(ann: Person) -> None:
    for _ in range(9):
        log_in(ann.username, "correct9horsE")
    assert log_in(ann.username).status_code == 200
    answers = [problem(log_in(ann.username, "correct9horsE")) for _ in range(10)]
    assert answers == ["bad-credentials"] * 10


def test_25_logins_in_five_minutes_are_enough_for_an_address(api: Caller) -> None:
    answers = [api.post("/auth/login", {"login": unique_name(), "password": "x"}) for _ in range(26)]
    assert [answer.status_code for answer in answers] == [401] * 25 + [429]
    assert answers[-1].headers["RateLimit-Policy"] == '"login";q=25;w=300'


def test_with_redis_away_one_can_log_in_and_guessing_is_limited_still(
    ann: Person, redis_proxy: Proxy
) -> None:
    redis_proxy.refuse()
    assert log_in(ann.username).status_code == 200
    answers = [problem(log_in(ann.username, "correct9horsE")) for _ in range(12)]
    assert answers == ["bad-credentials"] * 10 + ["rate-limited"] * 2


def test_with_dynamodb_away_the_answer_is_503_within_5_seconds(ann: Person, dynamodb_proxy: Proxy) -> None:
    dynamodb_proxy.refuse()
    response = within(5, lambda: log_in(ann.username))
    assert (response.status_code, problem(response)) == (503, "unavailable")


def test_another_method_is_no_guess(api: Caller) -> None:
    assert {api.get("/auth/login").status_code for _ in range(12)} == {405}


def test_no_secret_is_logged(
    ann: Person, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    logged_in = log_in(ann.username).json()
    log_in(ann.username, "a wrong secret 1")
    Caller().post("/auth/refresh-token", {"refresh": logged_in["refresh"]})
    ann.post("/auth/logout", headers={"Cookie": f"echomate_refresh={ann.refresh}"})
    lines = " ".join(str(vars(record)) for record in caplog.records) + capfd.readouterr().out
    assert "auth/login" in lines
    for secret in (PASSWORD, "a wrong secret 1", logged_in["access"], logged_in["refresh"], ann.access):
        assert secret not in lines


def test_what_a_login_asks_of_the_stores(ann: Person) -> None:
    token = log_in(ann.username).json()["device_token"]
    with metering() as meter:
        assert log_in(ann.username, device_token=token).status_code == 200
    assert [operation for operation, _ in meter.dynamodb] == ["GetItem", "BatchGetItem", "TransactWriteItems"]
    assert len(meter.redis) <= 4


def test_a_former_address_logs_nobody_in(ann: Person) -> None:
    """Its claim is held for the one who may want the change undone."""
    change_user(ann.id, Email=f"{unique_name()}@example.org")
    assert problem(log_in(ann.email)) == "bad-credentials"
    assert log_in(ann.username).status_code == 200
