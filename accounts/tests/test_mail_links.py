"""Verifying an address, and what holds for every link that is mailed."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from accounts import mail, mail_links, unsubscribing
from accounts.models import ERASING, MailToken, Purpose
from accounts.tests.acting import at_once, change_user, stored
from accounts.tests.mailing import confirm, expire, letter, letters, move, token, url_in
from echomate import jobs, keys, table
from echomate.config import config
from echomate.ids import now_seconds
from echomate.testing.client import Caller, Person, problem, unique_name
from echomate.testing.configuration import configured


def verify(found: object) -> Any:
    return Caller().post("/auth/verify-email", {"token": found})


def resend(email: str) -> Any:
    return Caller().post("/auth/verify-email/resend", {"email": email})


# --- verify -----------------------------------------------------------------------------------------------------------


def test_the_welcome_mails_link_verifies_the_address(sign_up: Callable[..., Person]) -> None:
    person = sign_up()
    etag = person.get("/users/me").headers["ETag"]
    assert person.get("/users/me").json()["email_verified"] is False
    confirm(person)
    shown = person.get("/users/me")
    assert shown.json()["email_verified"] is True
    assert shown.headers["ETag"] != etag
    claim = table.get_item(keys.email_claim(person.email))
    assert claim is not None
    assert claim["Verified"] == {"BOOL": True}


def test_a_verified_address_falls_to_nobody(sign_up: Callable[..., Person]) -> None:
    from accounts.tests.acting import age_claim

    person = sign_up()
    confirm(person)
    age_claim(person.email, hours=1000)
    body = {"username": unique_name(), "email": person.email, "password": "correct9horse"}
    assert problem(Caller().post("/auth/signup", body)) == "email-taken"


@pytest.mark.parametrize(
    "kind", ["wrong", "used", "expired", "another's purpose", "of an address that was left"]
)
def test_any_link_that_is_not_good_gets_the_one_answer(sign_up: Callable[..., Person], kind: str) -> None:
    person = sign_up()
    found = token(person.email, "welcome")
    match kind:
        case "wrong":
            found = found.swapcase()
        case "used":
            assert verify(found).status_code == 204
        case "expired":
            expire(found)
        case "of an address that was left":
            move(person, f"{unique_name()}@example.org")
        case _:
            Caller().post("/auth/forgot-password", {"email": person.email})
            found = token(person.email, "reset")
    response, invented = verify(found), verify("x" * 43)
    assert (response.status_code, problem(response)) == (400, "link-invalid")
    assert "POST /auth/verify-email/resend" in invented.json()["detail"]
    assert _said(response) == _said(invented)


def _said(response: Any) -> dict[str, Any]:
    return {name: value for name, value in response.json().items() if name != "request_id"}


def test_of_two_who_use_a_link_at_once_one_does(sign_up: Callable[..., Person]) -> None:
    found = token(sign_up().email, "welcome")
    assert sorted(at_once(4, lambda _: verify(found).status_code)) == [204, 400, 400, 400]


def test_the_title_is_in_the_clients_language() -> None:
    response = Caller().post("/auth/verify-email", {"token": "x"}, headers={"Accept-Language": "de"})
    assert response.json()["title"] == "Der Link ist nicht mehr gültig"


# --- resend -----------------------------------------------------------------------------------------------------------


def test_the_link_is_mailed_again(sign_up: Callable[..., Person]) -> None:
    person = sign_up()
    assert resend(person.email).status_code == 202
    assert verify(token(person.email, "verify")).status_code == 204


def test_with_a_session_it_is_ones_own(sign_up: Callable[..., Person]) -> None:
    person = sign_up()
    assert person.post("/auth/verify-email/resend", {}).status_code == 202
    assert verify(token(person.email, "verify")).status_code == 204
    assert Caller().post("/auth/verify-email/resend", {}).status_code == 401


@pytest.mark.parametrize("who", ["nobody", "verified", "suspended", "erasing"])
def test_those_whom_it_does_not_concern_get_none_and_the_same_answer(
    sign_up: Callable[..., Person], who: str
) -> None:
    person, other = sign_up(), sign_up()
    email = person.email
    if who == "nobody":
        email = f"{unique_name()}@example.org"
    elif who == "verified":
        confirm(person)
    else:
        change_user(person.id, State=who)
    answers = [resend(address) for address in (email, other.email)]
    assert [(answer.status_code, answer.content) for answer in answers] == [(202, b"")] * 2
    assert not [message for message in letters(email) if ".verify@" in message.extra_headers["Message-ID"]]


def test_five_in_half_an_hour_for_one_address() -> None:
    email = f"{unique_name()}@example.org"
    with configured(rate_limit_factor=1):
        assert [resend(email).status_code for _ in range(6)] == [202] * 5 + [429]


@pytest.mark.parametrize("path", ["/auth/forgot-password", "/auth/verify-email/resend"])
@pytest.mark.parametrize("policy", ["reset-address", "anonymous"])
def test_who_is_refused_uses_up_nobodys_share(path: str, policy: str) -> None:
    caller, email = Caller(), f"{unique_name()}@example.org"
    with configured(rate_limit_factor=1, rate_limits={policy: "2/1800"}):
        asked = [caller.post(path, {"email": f"{unique_name()}@example.org"}).status_code for _ in range(2)]
        asked += [caller.post(path, {"email": email}).status_code for _ in range(6)]
        assert asked == [202] * 2 + [429] * 6
        by_others = [Caller().post(path, {"email": email}).status_code for _ in range(6)]
        assert by_others == [202] * 5 + [429]


def test_a_session_is_no_way_to_more(sign_up: Callable[..., Person]) -> None:
    person = sign_up()
    with configured(rate_limit_factor=1):
        asked = [person.post("/auth/verify-email/resend", {}).status_code for _ in range(6)]
        assert asked == [202] * 5 + [429]
        assert resend(person.email).status_code == 429


def test_links_are_tried_thirty_times_in_five_minutes() -> None:
    caller = Caller()
    with configured(rate_limit_factor=1):
        answers = [caller.post("/auth/verify-email", {"token": "x" * 43}).status_code for _ in range(31)]
    assert answers == [400] * 30 + [429]


# --- what holds for every link ----------------------------------------------------------------------------------------


def test_links_lead_to_this_server_or_to_the_web_client_and_nowhere_else(
    sign_up: Callable[..., Person],
) -> None:
    person = sign_up()
    assert url_in(letter(person.email, "welcome")).startswith(f"{config.public_url}/account/verify?token=")
    asked = Caller().post(
        "/auth/forgot-password",
        {"email": person.email},
        headers={"X-Forwarded-Host": "evil.example", "Origin": "https://evil.example"},
    )
    assert asked.status_code == 202
    with configured(web_url="https://web.example/"):
        reset = letter(person.email, "reset")
    assert url_in(reset).startswith("https://web.example/account/reset?token=")
    assert "evil" not in reset.message().as_string()


def test_a_request_of_another_host_is_refused() -> None:
    response = Caller().post(
        "/auth/forgot-password", {"email": "ann@example.org"}, headers={"Host": "evil.example"}
    )
    assert response.status_code == 400


def test_a_token_has_256_bits_and_no_two_are_alike() -> None:
    nonces = {mail_links.new_nonce() for _ in range(100)}
    tokens = {mail_links.token_of(purpose, nonce) for nonce in nonces for purpose in Purpose}
    assert len(tokens) == 100 * len(Purpose)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", token) for token in tokens)
    assert all(re.fullmatch(r"[0-9]{8}", mail_links.code_of(nonce)) for nonce in nonces)


def test_a_stored_token_says_whose_it_is_and_ends_by_itself(sign_up: Callable[..., Person]) -> None:
    person = sign_up()
    found = mail_links.find(token(person.email, "welcome"), Purpose.VERIFY)
    assert (found.user, found.address, found.purpose) == (person.id, person.email, Purpose.VERIFY)
    assert 0 < (found.expires_at or 0) - now_seconds() <= mail_links.LIFE_SECONDS[Purpose.VERIFY]
    (listed,) = table.query(keys.mail_tokens_of(person.id), index="GSI1")
    assert listed["PK"]["S"] == found.pk
    assert MailToken.read((found.pk, found.sk)) is not None


def test_who_is_being_erased_gets_only_what_is_for_them(sign_up: Callable[..., Person]) -> None:
    person = sign_up()
    letters(person.email)
    change_user(person.id, State=ERASING)
    jobs.add(mail.job("verify", to=person.id, link=Purpose.VERIFY))
    jobs.add(mail.job("email-changed", to=person.id, link=Purpose.RESTORE, also=(ERASING,)))
    assert url_in(letters(person.email)[-1]).startswith(f"{config.public_url}/account/restore?token=")
    assert len(letters(person.email)) == 2


def test_a_mail_that_new_credentials_overtook_is_not_sent(sign_up: Callable[..., Person]) -> None:
    person = sign_up()
    letters(person.email)
    jobs.add(mail.job("change-email", to=person.id, link=Purpose.CHANGE_EMAIL, credential_version=1))
    change_user(person.id, CredentialVersion=2)
    assert len(letters(person.email)) == 1


# --- notices ----------------------------------------------------------------------------------------------------------


def test_a_notice_can_be_unsubscribed_from_and_a_security_mail_cannot(sign_up: Callable[..., Person]) -> None:
    person = sign_up()
    welcome = letter(person.email, "welcome")
    link = f"<{unsubscribing.url(person.id)}>"
    assert welcome.extra_headers["List-Unsubscribe"] == link
    assert welcome.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link.strip("<>") in welcome.body
    Caller().post("/auth/forgot-password", {"email": person.email})
    assert "List-Unsubscribe" not in letter(person.email, "reset").extra_headers


def test_who_unsubscribed_gets_no_notice_and_still_what_is_about_safety(
    sign_up: Callable[..., Person],
) -> None:
    person = sign_up()
    letters(person.email)
    for _ in range(2):
        response = Caller().post("/mail/unsubscribe", {"token": unsubscribing.token_of(person.id)})
        assert response.status_code == 204
    assert person.get("/users/me").json()["settings"]["mail_notices"] is False
    jobs.add(mail.job("welcome", to=person.id))
    assert len(letters(person.email)) == 1
    Caller().post("/auth/forgot-password", {"email": person.email})
    assert letter(person.email, "reset")


def test_who_unsubscribed_may_wish_for_notices_again(sign_up: Callable[..., Person]) -> None:
    person = sign_up()
    Caller().post("/mail/unsubscribe", {"token": unsubscribing.token_of(person.id)})
    changed = person.patch("/users/me", {"settings": {"mail_notices": True}})
    assert changed.json()["settings"]["mail_notices"] is True
    assert stored(person.id).settings.mail_notices is True


@pytest.mark.parametrize("found", ["1", "1:x", "", "x" * 43, ":", "1:" + "A" * 43])
def test_nobody_unsubscribes_another(found: str) -> None:
    response = Caller().post("/mail/unsubscribe", {"token": found})
    assert (response.status_code, problem(response)) in {(400, "link-invalid"), (400, "invalid")}


def test_one_who_is_gone_is_unsubscribed_without_a_trace() -> None:
    assert Caller().post("/mail/unsubscribe", {"token": unsubscribing.token_of(12345)}).status_code == 204
    assert table.get_item(keys.user(12345)) is None
