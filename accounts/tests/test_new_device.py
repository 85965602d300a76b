"""Devices that an account knows: a login from another one is told by mail."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts import devices
from accounts.models import KnownDevice
from accounts.tests.acting import log_in
from accounts.tests.factors import mails_of
from accounts.tests.mailing import letter
from echomate import dynamodb, keys, table
from echomate.config import config
from echomate.ids import now_seconds
from echomate.testing.client import PASSWORD, Caller, Person, problem, unique_name
from echomate.testing.projecting import Projecting

DAY = 24 * 3600


def news(person: Person) -> int:
    """How many logins from new devices were told."""
    return mails_of(person.id).count("new-device")


def token_of(response: Any) -> str:
    assert response.status_code in {200, 201}, response.content
    return str(response.json()["device_token"])


def known(person: Person, token: str) -> KnownDevice | None:
    key = devices.key_of(person.id, token)
    return KnownDevice.read(key) if key else None


def put_end(person: Person, token: str, expires_at: int) -> None:
    dynamodb.call(
        "UpdateItem",
        {
            "TableName": config.table_name,
            "Key": table.wire_key(devices.key_of(person.id, token) or ("", "")),
            "UpdateExpression": "SET ExpiresAt = :end",
            "ExpressionAttributeValues": dynamodb.wire_item({":end": expires_at}),
        },
    )


def test_a_login_from_a_new_device_is_told_by_mail(ann: Person) -> None:
    caller = Caller()
    caller.address = "203.0.113.77"
    caller.headers["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    assert log_in(ann.username, caller=caller).status_code == 200
    message = letter(ann.email, "new-device")
    assert "Firefox on Linux" in message.body
    assert "203.0.113.0/24" in message.body
    assert "203.0.113.77" not in message.body
    assert news(ann) == 1


def test_a_signup_and_the_device_it_was_made_on_are_no_news() -> None:
    name = unique_name()
    body = {"username": name, "email": f"{name}@example.org", "password": PASSWORD, "token_delivery": "body"}
    signed_up = Caller().post("/auth/signup", body)
    person = Person(signed_up.json())
    assert log_in(name, device_token=token_of(signed_up)).status_code == 200
    assert news(person) == 0


def test_a_device_is_new_once(ann: Person) -> None:
    token = token_of(log_in(ann.username))
    assert token_of(log_in(ann.username, device_token=token)) == token
    assert news(ann) == 1


def test_a_browser_keeps_the_token_as_a_cookie_of_a_year_that_scripts_cannot_read(ann: Person) -> None:
    browser = Caller(keeps_cookies=True)
    body = {"login": ann.username, "password": PASSWORD}
    response = browser.post("/auth/login", body)
    assert "device_token" not in response.json()
    cookie = response.cookies["echomate_device"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/api/v1/auth")
    assert cookie["max-age"] == 365 * DAY
    assert browser.post("/auth/login", body).status_code == 200
    assert news(ann) == 1
    assert browser.post("/auth/logout-all").status_code == 401  # it opens nothing


def test_a_token_that_came_as_a_cookie_stays_out_of_the_body(ann: Person) -> None:
    browser = Caller(keeps_cookies=True)
    body = {"login": ann.username, "password": PASSWORD}
    browser.post("/auth/login", body)
    response = browser.post("/auth/login", body | {"token_delivery": "body"})
    assert response.status_code == 200
    assert "device_token" not in response.json()
    assert response.cookies["echomate_device"]["httponly"] is True


def test_the_table_keeps_no_token(ann: Person) -> None:
    token = token_of(log_in(ann.username))
    items = list(table.query(keys.user_partition(ann.id)))
    assert any(item["SK"]["S"].startswith(keys.KNOWN_DEVICE) for item in items)
    assert token not in str(items)


def test_another_accounts_token_and_one_of_ones_own_make_are_no_known_device(
    ann: Person, sign_up: Callable[..., Person]
) -> None:
    bobs = token_of(log_in(sign_up("bob").username))
    for token in (bobs, "A" * 32):
        assert log_in(ann.username, device_token=token).status_code == 200
    assert news(ann) == 2


def test_accounts_that_share_a_browser_know_it_by_one_token(
    ann: Person, sign_up: Callable[..., Person]
) -> None:
    bob = sign_up("bob")
    token = token_of(log_in(ann.username))
    assert token_of(log_in(bob.username, device_token=token)) == token
    for person in (ann, bob):
        assert log_in(person.username, device_token=token).status_code == 200
        assert news(person) == 1
    assert devices.key_of(ann.id, token) != devices.key_of(bob.id, token)


@pytest.mark.parametrize("token", ["", "x", "#" * 32, "é" * 32])
def test_what_is_no_token_is_as_none(ann: Person, token: str) -> None:
    caller = Caller()
    caller.headers["Cookie"] = "echomate_device=" + token.encode().decode("latin-1")
    assert len(token_of(log_in(ann.username, caller=caller))) == 32
    assert news(ann) == 1


def test_a_token_that_is_too_long_is_refused(ann: Person) -> None:
    assert problem(log_in(ann.username, device_token="x" * 65)) == "invalid"


def test_a_year_is_counted_from_the_last_month_in_which_it_was_used(ann: Person) -> None:
    token = token_of(log_in(ann.username))
    for left, renewed in ((340 * DAY, False), (300 * DAY, True)):
        put_end(ann, token, now_seconds() + left)
        assert log_in(ann.username, device_token=token).status_code == 200
        device = known(ann, token)
        assert device is not None
        assert (int(device.expires_at or 0) > now_seconds() + 360 * DAY) is renewed
    put_end(ann, token, now_seconds() - 1)
    assert log_in(ann.username, device_token=token).status_code == 200
    assert news(ann) == 2


def test_an_account_knows_so_many_devices_and_forgets_the_eldest(
    ann: Person, projector: Projecting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "AT_MOST", 2)
    eldest = token_of(log_in(ann.username))
    tokens = [token_of(log_in(ann.username)) for _ in range(2)]
    projector.catch_up()
    assert known(ann, eldest) is None
    assert all(known(ann, token) for token in tokens)


def test_one_that_is_used_again_is_not_forgotten_for_logins_elsewhere(
    ann: Person, projector: Projecting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "AT_MOST", 2)
    used = token_of(log_in(ann.username))
    assert log_in(ann.username, device_token=used).status_code == 200
    elsewhere = [token_of(log_in(ann.username)) for _ in range(4)]
    projector.catch_up()
    assert [known(ann, token) is not None for token in (used, *elsewhere)] == [True, *[False] * 3, True]


def test_a_wrong_password_makes_no_device_known(ann: Person) -> None:
    response = log_in(ann.username, "correct9horsE")
    assert "device_token" not in response.json()
    assert "echomate_device" not in response.cookies
    assert news(ann) == 0
