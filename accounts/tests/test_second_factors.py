"""What a login asks for after the password: codes that count once, recovery codes, and how many may be tried."""

import hashlib
import threading

import pytest

from accounts import recovery_codes
from accounts.models import RecoveryCodes, User
from accounts.serializers.signing_in import CodeField
from accounts.services import second_factors
from accounts.tests.acting import change_user, stored
from accounts.tests.factors import Clock, enrol, jobs_of, log_in, mails_of, session_of
from echomate import keys
from echomate.errors import EchomateError, Unauthenticated
from echomate.testing.client import Caller, Person, problem, sign_up
from echomate.testing.proxy import Proxy
from echomate.testing.races import together


@pytest.fixture
def ann() -> Person:
    return sign_up("ann").step_up()


def test_who_has_none_is_asked_for_none(ann: Person) -> None:
    assert second_factors.demand(stored(ann.id)) == []
    assert second_factors.demand(stored(ann.id), otp="123456") == []
    assert log_in(ann).status_code == 200


def test_the_password_alone_is_told_what_else_there_is(ann: Person, clock: Clock) -> None:
    enrol(ann, clock)
    response = log_in(ann)
    assert (response.status_code, problem(response)) == (401, "otp-required")
    assert response.json()["methods"] == ["otp", "recovery"]
    assert "passkey" not in response.json()
    assert "access" not in response.json()


def test_without_the_password_nobody_learns_what_else_there_is(ann: Person, clock: Clock) -> None:
    app, _ = enrol(ann, clock)
    for more in ({}, {"otp": app.code()}):
        body = {"login": ann.username, "password": "correct9horsE", **more}
        response = Caller().post("/auth/login", body)
        assert problem(response) == "bad-credentials"
        assert "methods" not in response.json()
    assert log_in(ann, otp=app.code()).status_code == 200  # it was not used up


def test_a_passkey_is_named_with_its_options(ann: Person, clock: Clock) -> None:
    enrol(ann, clock)
    change_user(ann.id, Passkeys=1)
    answer = log_in(ann).json()
    assert answer["methods"] == ["otp", "recovery", "passkey"]
    assert {"challenge", "rpId"} <= set(answer["passkey"])


def test_a_passkey_alone_is_asked_for_too(ann: Person) -> None:
    change_user(ann.id, Passkeys=1)
    assert log_in(ann).json()["methods"] == ["passkey"]
    assert problem(log_in(ann, otp="123456")) == "otp-invalid"


def test_the_session_says_how_it_was_begun(ann: Person, clock: Clock) -> None:
    app, codes = enrol(ann, clock)
    by_app = Person(log_in(ann, otp=app.code()).json())
    by_code = Person(log_in(ann, otp=codes[0]).json())
    assert session_of(by_app).methods == ["password", "otp"]
    assert session_of(by_code).methods == ["password", "recovery"]


def test_a_code_counts_once(ann: Person, clock: Clock) -> None:
    app, _ = enrol(ann, clock)
    code = app.code()
    assert log_in(ann, otp=code).status_code == 200
    for _ in range(2):
        response = log_in(ann, otp=code)
        assert (response.status_code, problem(response)) == (401, "otp-invalid")
        clock.tick()


def test_a_code_before_the_last_one_counts_no_more(ann: Person, clock: Clock) -> None:
    app, _ = enrol(ann, clock)
    clock.tick()
    assert log_in(ann, otp=app.code()).status_code == 200
    assert problem(log_in(ann, otp=app.code(late=1))) == "otp-invalid"


@pytest.mark.parametrize("late", [-1, 0, 1])
def test_a_clock_may_be_a_step_off(ann: Person, clock: Clock, late: int) -> None:
    app, _ = enrol(ann, clock)
    clock.tick(5)
    assert log_in(ann, otp=app.code(late=late)).status_code == 200


@pytest.mark.parametrize("late", [-2, 2])
def test_two_steps_are_too_many(ann: Person, clock: Clock, late: int) -> None:
    app, _ = enrol(ann, clock)
    clock.tick(5)
    assert problem(log_in(ann, otp=app.code(late=late))) == "otp-invalid"


def test_of_ten_at_once_with_one_code_one_gets_in(ann: Person, clock: Clock) -> None:
    app, _ = enrol(ann, clock)
    code, user = app.code(), stored(ann.id)

    def use() -> str:
        try:
            return second_factors.use_code(user, code)
        except Unauthenticated as refused:
            return refused.type

    answers = together(*[use] * 10)
    assert sorted(answers) == ["otp", *["otp-invalid"] * 9]


def test_of_two_logins_at_once_with_one_code_one_succeeds(ann: Person, clock: Clock) -> None:
    app, codes = enrol(ann, clock)
    for code in (app.code(), codes[0]):
        answers = together(*[lambda code=code: log_in(ann, otp=code)] * 2)
        assert sorted(answer.status_code for answer in answers) == [200, 401]


FULL_WIDTH = {ord(letter): ord(letter) + 0xFEE0 for letter in "0123456789abcdefghijklmnopqrstuvwxyz-"}


@pytest.mark.parametrize(
    "form", ["{0}{1}", "{0} {1}", "{0}-{1}", " {0}{1}\n", "{0}\u00a0{1}", "{0}\u3000\u2010{1}"]
)
@pytest.mark.parametrize("zero", ["0", "\uff10", "\u0660", "\u0966", "\U0001d7ce"])
def test_gaps_and_the_script_of_its_digits_do_not_count_in_a_code(form: str, zero: str) -> None:
    digits = "".join(chr(ord(zero) + digit) for digit in (4, 9, 2, 0, 3, 9))
    assert CodeField().run_validation(form.format(digits[:3], digits[3:])) == "492039"


def test_codes_are_taken_as_keyboards_write_them(ann: Person, clock: Clock) -> None:
    app, codes = enrol(ann, clock)
    code = app.code().translate(FULL_WIDTH)
    assert log_in(ann, otp=f"{code[:3]}\u3000{code[3:]}").status_code == 200
    assert log_in(ann, otp=codes[0].translate(FULL_WIDTH)).status_code == 200
    assert log_in(ann, otp=codes[0]).status_code == 401


@pytest.mark.parametrize(
    "otp",
    [
        "12345",
        "1234567",
        "abcdef",
        chr(0x0664) * 6,
        "12345\u00b2",
        "-" * 6,
        " ",
        "x" * 64,
        "\u202e123456",
        "abcde-fghij-klmno-pqrst-uvwxy",
    ],
)
def test_what_is_no_code_is_a_wrong_one(ann: Person, clock: Clock, otp: str) -> None:
    enrol(ann, clock)
    response = log_in(ann, otp=otp)
    assert response.status_code in {400, 401}
    assert problem(response) in {"invalid", "otp-invalid"}


@pytest.mark.parametrize("otp", ["1" * 1000, 123456, None, ["123456"], {"otp": "123456"}, "12\x0034"])
def test_what_is_no_text_of_such_a_length_is_not_valid(ann: Person, clock: Clock, otp: object) -> None:
    enrol(ann, clock)
    response = log_in(ann, otp=otp)
    assert (response.status_code, problem(response)) == (400, "invalid")
    assert list(response.json()["errors"]) == ["otp"]


def test_ten_wrong_codes_an_hour_are_enough(ann: Person, clock: Clock) -> None:
    """However many addresses they come from; each login has a new one here."""
    app, codes = enrol(ann, clock)
    user = stored(ann.id)
    answers = [_tried(user, "000000" if app.code() != "000000" else "111111") for _ in range(11)]
    assert answers == ["otp-invalid"] * 10 + ["rate-limited"]
    assert _tried(user, app.code()) == "rate-limited"
    assert _tried(user, codes[0]) == "rate-limited"


def test_so_many_are_enough_without_redis_too(ann: Person, clock: Clock, redis_proxy: Proxy) -> None:
    enrol(ann, clock)
    redis_proxy.refuse()
    answers = [_tried(stored(ann.id), "xyz") for _ in range(11)]
    assert answers == ["otp-invalid"] * 10 + ["rate-limited"]


def test_a_right_code_clears_the_count(ann: Person, clock: Clock) -> None:
    app, _ = enrol(ann, clock)
    user = stored(ann.id)
    assert {_tried(user, "xyz") for _ in range(9)} == {"otp-invalid"}
    assert _tried(user, app.code()) == "otp"
    assert {_tried(user, "xyz") for _ in range(10)} == {"otp-invalid"}


def _tried(user: User, code: str) -> str:
    try:
        return second_factors.use_code(user, code)
    except EchomateError as refused:
        return refused.type


def test_recovery_codes_are_ten_of_125_bits_that_one_can_read() -> None:
    codes = recovery_codes.new()
    assert len(set(codes)) == 10
    for code in codes:
        groups = code.split("-")
        assert [len(group) for group in groups] == [5] * 5
        assert set("".join(groups)) <= set("abcdefghijklmnopqrstuvwxyz234567")


def test_only_their_hashes_are_kept(ann: Person, clock: Clock) -> None:
    _, codes = enrol(ann, clock)
    kept = RecoveryCodes.read(keys.recovery_codes(ann.id))
    assert kept is not None
    assert kept.digests == {hashlib.sha256(code.replace("-", "").encode()).hexdigest() for code in codes}


def test_a_recovery_code_lets_in_once_and_is_told_by_mail(ann: Person, clock: Clock) -> None:
    _, codes = enrol(ann, clock)
    assert log_in(ann, otp=codes[3]).status_code == 200
    assert ann.get("/auth/recovery-codes").json() == {"left": 9}
    assert problem(log_in(ann, otp=codes[3])) == "otp-invalid"
    assert mails_of(ann.id).count("recovery-code-used") == 1
    assert not [job for job in jobs_of(ann.id) if codes[3] in job.payload_json]


def test_how_a_recovery_code_is_typed_does_not_count(ann: Person, clock: Clock) -> None:
    _, codes = enrol(ann, clock)
    typed = [codes[0].upper(), codes[1].replace("-", ""), codes[2].replace("-", " "), f"  {codes[3]}\t"]
    assert [log_in(ann, otp=code).status_code for code in typed] == [200] * 4


def test_when_all_are_used_there_are_none(ann: Person, clock: Clock) -> None:
    _, codes = enrol(ann, clock)
    user = stored(ann.id)
    assert {second_factors.use_code(user, code) for code in codes} == {"recovery"}
    assert ann.get("/auth/recovery-codes").json() == {"left": 0}
    assert log_in(ann).json()["methods"] == ["otp"]
    assert problem(log_in(ann, otp=codes[0])) == "otp-invalid"


def test_anothers_recovery_code_is_none(ann: Person, clock: Clock) -> None:
    enrol(ann, clock)
    _, codes = enrol(sign_up("bob").step_up(), clock)
    assert problem(log_in(ann, otp=codes[0])) == "otp-invalid"


def test_new_recovery_codes_void_the_old(ann: Person, clock: Clock) -> None:
    _, old = enrol(ann, clock)
    renewed = ann.post("/auth/recovery-codes")
    assert renewed.headers["Cache-Control"] == "no-store"
    new = renewed.json()["recovery_codes"]
    assert len(set(new) - set(old)) == 10
    assert problem(log_in(ann, otp=old[0])) == "otp-invalid"
    assert log_in(ann, otp=new[0]).status_code == 200


def test_who_has_no_second_factor_gets_no_recovery_codes(ann: Person) -> None:
    response = ann.post("/auth/recovery-codes")
    assert (response.status_code, problem(response)) == (409, "conflict")
    assert ann.get("/auth/recovery-codes").json() == {"left": 0}


def test_who_has_a_passkey_gets_recovery_codes_that_let_in(ann: Person) -> None:
    change_user(ann.id, Passkeys=1)
    codes = ann.post("/auth/recovery-codes").json()["recovery_codes"]
    assert log_in(ann).json()["methods"] == ["recovery", "passkey"]
    assert log_in(ann, otp=codes[0]).status_code == 200


def test_codes_that_were_left_behind_open_nothing(ann: Person, clock: Clock) -> None:
    _, codes = enrol(ann, clock)
    change_user(ann.id, Totp=False)
    assert problem(ann.post("/auth/step-up", {"otp": codes[0]})) == "otp-invalid"


def test_of_two_renewals_at_once_the_codes_of_one_count(ann: Person, clock: Clock) -> None:
    enrol(ann, clock)
    answers = together(*[lambda: ann.post("/auth/recovery-codes")] * 2)
    assert sorted(answer.status_code for answer in answers) in ([200, 200], [200, 409])
    good = [
        answer.json()["recovery_codes"][0]
        for answer in answers
        if answer.status_code == 200
        and log_in(ann, otp=answer.json()["recovery_codes"][0]).status_code == 200
    ]
    assert len(good) == 1


def test_a_lost_answer_of_the_table_uses_a_code_once(
    ann: Person, clock: Clock, dynamodb_proxy: Proxy
) -> None:
    """The transaction is repeated on the wire and finds itself done: the code isn't taken for a used one."""
    app, codes = enrol(ann, clock)
    user = stored(ann.id)
    for code, method in ((codes[0], "recovery"), (app.code(), "otp")):
        dynamodb_proxy.cut_after(0)
        threading.Timer(0.05, dynamodb_proxy.heal).start()
        assert second_factors.use_code(user, code) == method
    assert second_factors.codes_left(ann.id) == 9
