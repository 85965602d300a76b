"""Signing up: what is taken, what is refused, what one gets."""

import gzip
import threading
import time
from collections import Counter
from typing import Any

import orjson
import pytest

from accounts import passwords, selectors, services
from accounts.services import NewAccount
from accounts.tests.acting import age_claim, at_once, new
from echomate import keys, table
from echomate.errors import NotFound
from echomate.metering import metering
from echomate.testing.client import Caller, Person, problem, sign_up, unique_name
from echomate.testing.projecting import Projecting
from echomate.testing.proxy import Proxy
from echomate.testing.timing import within

pytestmark = pytest.mark.store


def test_who_signs_up_is_logged_in(api: Caller) -> None:
    body = new(full_name="Ann Example", token_delivery="body")
    response = api.post("/auth/signup", body)

    assert response.status_code == 201
    answer = response.json()
    assert response.headers["Location"] == f"/api/v1/users/{answer['user']['id']}"
    assert response.headers["Cache-Control"] == "no-store"
    me = Person(answer).get("/users/me").json()
    assert me == answer["user"]
    assert (me["username"], me["email"], me["full_name"]) == (body["username"], body["email"], "Ann Example")
    assert me["email_verified"] is False
    assert me["roles"] == ["user"]


def test_the_refresh_token_is_a_cookie_unless_the_body_is_asked_for() -> None:
    browser = Caller(keeps_cookies=True)
    assert "refresh" not in browser.post("/auth/signup", new()).json()
    cookie = browser.cookie("echomate_refresh")
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/api/v1/auth")

    client = Caller(keeps_cookies=True)
    assert "refresh" in client.post("/auth/signup", new(token_delivery="body")).json()
    assert client.cookie("echomate_refresh") is None


def test_the_name_is_kept_in_lower_case_and_found_in_any(api: Caller) -> None:
    name = unique_name()
    answer = api.post("/auth/signup", new(username=name.upper())).json()
    assert answer["user"]["username"] == name
    assert selectors.resolve(name.title()) == int(answer["user"]["id"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", "ab"),
        ("username", "a" * 31),
        ("username", "12345"),
        ("username", "___"),
        ("username", "ann-b"),
        ("username", "änne"),
        ("username", "\u212aelvin"),
        ("username", "ann\n"),
        ("username", "admin"),
        ("username", "ME"),
        ("username", "Api"),
        ("username", 12345),
        ("username", None),
        ("username", ["ann"]),
        ("email", "ann"),
        ("email", "ann@"),
        ("email", "@example.org"),
        ("email", "ann@localhost"),
        ("email", '"ann"@example.org'),
        ("email", "ann@example.org\nBcc: bob@example.org"),
        ("email", "ann\r\n@example.org"),
        ("email", "a" * 65 + "@example.org"),
        ("email", "ann@[127.0.0.1]"),
        ("email", "ann@[IPv6:::1]"),
        ("email", "ann@" + "e" * 64 + ".org"),
        ("email", 7),
        ("password", "sh0rt"),
        ("password", "a1" * 65),
        ("password", "onlyletters"),
        ("password", "1234567890"),
        ("password", "password1"),
        ("password", 12345678),
        ("password", None),
        ("full_name", "x" * 51),
        ("full_name", "evil\u202etxt"),
        ("full_name", "two\nlines"),
        ("full_name", "nul\x00"),
        ("full_name", {"first": "Ann"}),
        ("token_delivery", "carrier pigeon"),
    ],
)
def test_what_is_not_valid_is_named_and_nothing_is_made(api: Caller, field: str, value: Any) -> None:
    body = new()
    response = api.post("/auth/signup", {**body, field: value})

    assert (response.status_code, problem(response)) == (400, "invalid")
    assert list(response.json()["errors"]) == [field]
    with pytest.raises(NotFound):
        selectors.resolve(body["username"])


@pytest.mark.parametrize("like", ["username", "email", "full_name"])
def test_the_password_may_not_be_like_the_name(api: Caller, like: str) -> None:
    body = new(username=unique_name("meadowlark"), full_name="Marguerite Duras")
    password = {
        "username": body["username"],
        "email": body["email"].split("@")[0],
        "full_name": "marguerite1",
    }
    response = api.post("/auth/signup", {**body, "password": password[like]})
    assert list(response.json()["errors"]) == ["password"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"text"', b"\xff\xfe", b'{"username": "\\ud800"}', b"[" * 5000, b"null"]
)
def test_a_broken_body_is_malformed(api: Caller, body: bytes) -> None:
    response = api.post("/auth/signup", body)
    assert response.status_code == 400
    assert problem(response) in {"malformed", "invalid"}


def test_another_content_type_is_refused(api: Caller) -> None:
    response = api.post("/auth/signup", b"username=ann", content_type="application/x-www-form-urlencoded")
    assert (response.status_code, problem(response)) == (415, "unsupported-media-type")
    assert response.headers["Accept"] == "application/json"


def test_a_compressed_body_is_refused_and_a_byte_order_mark_is_not(api: Caller) -> None:
    compressed = api.post("/auth/signup", gzip.compress(b"{}"), headers={"Content-Encoding": "gzip"})
    assert (compressed.status_code, problem(compressed)) == (415, "unsupported-media-type")
    assert compressed.headers["Accept-Encoding"] == "identity"
    assert api.post("/auth/signup", b"\xef\xbb\xbf" + orjson.dumps(new())).status_code == 201


def test_a_conflict_names_what_is_taken(api: Caller) -> None:
    ann = sign_up()
    taken = {
        "username-taken": (new(username=ann.username.upper()), ["username"]),
        "email-taken": (new(email=ann.email.upper()), ["email"]),
    }
    for type_, (body, fields) in taken.items():
        response = api.post("/auth/signup", body)
        assert (response.status_code, problem(response)) == (409, type_)
        assert list(response.json()["errors"]) == fields
    both = api.post("/auth/signup", new(username=ann.username, email=ann.email))
    assert list(both.json()["errors"]) == ["username", "email"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("ann.b@example.org", "Ann.B@EXAMPLE.org"),
        ("ann.c@bücher.example", "ann.c@xn--bcher-kva.example"),
        ("ann.d@example.org", " ann.d@example.org "),
        ("ann.g@example.org", "\uff41nn.g@example.org"),
        ("ann.e@example.org", "ann.e@\uff45xample.org"),
    ],
)
def test_one_address_has_one_account_however_it_is_written(first: str, second: str) -> None:
    assert Caller().post("/auth/signup", new(email=first)).status_code == 201
    assert problem(Caller().post("/auth/signup", new(email=second))) == "email-taken"


def test_plus_addresses_are_addresses_of_their_own() -> None:
    for address in ("ann.f@example.org", "ann.f+echomate@example.org"):
        assert Caller().post("/auth/signup", new(email=address)).status_code == 201


def test_an_endless_address_is_refused_at_once(api: Caller) -> None:
    """Normalising it would take minutes."""
    start = time.process_time()
    for local in ("a" + "\u0301\u0323" * 200_000, "a" * 1_000_000):
        response = api.post("/auth/signup", new(email=f"{local}@example.org"))
        assert (response.status_code, list(response.json()["errors"])) == (400, ["email"])
    assert time.process_time() - start < 2


def test_a_refused_signup_leaves_nothing(api: Caller) -> None:
    ann = sign_up()
    refused = new(email=ann.email)
    assert api.post("/auth/signup", refused).status_code == 409
    assert table.get_item(keys.username_claim(refused["username"])) is None
    assert api.post("/auth/signup", {**refused, "email": new()["email"]}).status_code == 201


def test_an_unverified_address_falls_to_another_after_48_hours(api: Caller, projector: Projecting) -> None:
    ann = sign_up()
    age_claim(ann.email, hours=47.9)
    assert problem(api.post("/auth/signup", new(email=ann.email))) == "email-taken"
    age_claim(ann.email, hours=48.1)
    bob = api.post("/auth/signup", new(email=ann.email))
    assert bob.status_code == 201

    projector.catch_up()
    assert ann.get("/users/me").json()["email"] is None
    by_mail = Caller().post("/auth/login", {"login": ann.email, "password": ann.password})
    assert by_mail.json()["user"]["id"] == bob.json()["user"]["id"]
    by_name = Caller().post("/auth/login", {"login": ann.username, "password": ann.password})
    assert by_name.json()["user"]["id"] == str(ann.id)


def test_a_verified_address_falls_to_nobody(api: Caller) -> None:
    account = NewAccount(username=unique_name(), email=f"{unique_name()}@example.org", email_verified=True)
    services.create_account(account, password_hash="-")
    age_claim(account.email, hours=10_000)
    assert problem(api.post("/auth/signup", new(email=account.email))) == "email-taken"


@pytest.fixture
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine 20 hashes may take longer than one should wait for a login."""
    monkeypatch.setattr(passwords, "QUEUE_SECONDS", 60)


def insist(wanted: dict[str, Any]) -> Any:
    """Asked again while the table is too busy: 503 says so, and nothing of what has come of it."""
    end = time.monotonic() + 60
    while (answer := Caller().post("/auth/signup", wanted)).status_code == 503:
        assert time.monotonic() < end, "the table stays away"
    return answer


def one_got_it(wanted: list[dict[str, Any]], answers: list[Any], refusal: str) -> None:
    """One account was made; whoever was told 503 for it hears the second time that it is taken."""
    made = [one for one in wanted if Caller().get(f"/users/{one['username']}").status_code == 200]
    assert len({one["username"] for one in made}) == 1
    told = Counter(answer.status_code for answer in answers)
    assert told[201] <= 1
    assert told[201] + told[409] == len(wanted)
    assert {problem(answer) for answer in answers if answer.status_code == 409} <= {refusal, "username-taken"}


@pytest.mark.usefixtures("_patience")
def test_of_20_who_want_one_name_at_once_one_gets_it() -> None:
    name = unique_name()
    wanted = [new(username=name) for _ in range(20)]
    one_got_it(wanted, at_once(20, lambda number: insist(wanted[number])), "username-taken")


@pytest.mark.usefixtures("_patience")
def test_of_20_who_want_one_address_at_once_one_gets_it() -> None:
    address = new()["email"]
    wanted = [new(email=address) for _ in range(20)]
    one_got_it(wanted, at_once(20, lambda number: insist(wanted[number])), "email-taken")


def test_five_signups_in_half_an_hour_are_enough_for_an_address(api: Caller) -> None:
    answers = [api.post("/auth/signup", new()) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [201] * 5 + [429]
    assert problem(answers[-1]) == "rate-limited"
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 1800
    assert answers[-1].headers["RateLimit-Policy"] == '"signup";q=5;w=1800'
    assert Caller().post("/auth/signup", new()).status_code == 201


def test_with_redis_away_one_can_sign_up_and_is_limited_still(api: Caller, redis_proxy: Proxy) -> None:
    redis_proxy.refuse()
    answers = [api.post("/auth/signup", new()) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [201] * 5 + [429]


def test_with_dynamodb_away_the_answer_is_503_within_5_seconds(api: Caller, dynamodb_proxy: Proxy) -> None:
    dynamodb_proxy.hang()
    response = within(5, lambda: api.post("/auth/signup", new()))
    assert (response.status_code, problem(response)) == (503, "unavailable")


def test_a_lost_answer_of_the_table_makes_no_conflict(api: Caller, dynamodb_proxy: Proxy) -> None:
    table.get_item(keys.user(1))
    dynamodb_proxy.cut_after(0)
    threading.Timer(0.03, dynamodb_proxy.heal).start()
    assert api.post("/auth/signup", new()).status_code == 201


def test_what_a_signup_asks_of_the_stores(api: Caller) -> None:
    sign_up()
    with metering() as meter:
        assert api.post("/auth/signup", new()).status_code == 201
    assert [operation for operation, _ in meter.dynamodb] == ["TransactWriteItems", "BatchGetItem"]
    assert len(meter.redis) <= 5
