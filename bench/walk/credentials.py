"""How people show who they are: address, password, sessions, second factors, passkeys, providers."""

import hmac
import secrets
import struct
import time
from base64 import b32decode
from typing import Any

from accounts.tests.authenticator import Authenticator
from bench.walk.person import NEW_PASSWORD, PASSWORD, Person, new_person
from bench.walk.town import Town, text_of, token_in

PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/19.0 Mobile/15E148 Safari/604.1"
)


def verify_an_address(town: Town) -> None:
    person = new_person(town)
    assert not person.me()["email_verified"]
    link = town.link(person.email, "Welcome")
    page = town.call("GET", link, status=200)
    assert "<form" in page
    assert not person.me()["email_verified"], "a scanner that fetches the link has confirmed the address"
    town.look(link, "verify")
    town.call("POST", "/auth/verify-email/resend", {"email": person.email}, status=202)
    again = town.link(person.email, "onfirm")
    town.call("POST", "/auth/verify-email", {"token": token_in(again)}, status=204)
    assert person.me()["email_verified"]
    refused = town.call("POST", "/auth/verify-email", {"token": token_in(again)}, status=400)
    assert refused["type"].endswith("link-invalid")


def forget_a_password(town: Town) -> None:
    person = new_person(town)
    town.call("POST", "/auth/forgot-password", {"email": "nobody@example.org"}, status=202)
    town.call("POST", "/auth/forgot-password", {"email": person.email}, status=202)
    link = town.link(person.email, "password")
    town.look(link, "reset")
    town.call("POST", "/auth/reset-password", {"token": token_in(link), "password": NEW_PASSWORD}, status=204)
    person.call("GET", "/users/me", status=401)
    person.log_in(status=401)
    person.password = NEW_PASSWORD
    person.log_in()
    town.call("POST", "/auth/reset-password", {"token": token_in(link), "password": PASSWORD}, status=400)


def change_the_address(town: Town) -> None:
    person = new_person(town)
    link = town.link(person.email, "Welcome")
    town.call("POST", "/auth/verify-email", {"token": token_in(link)}, status=204)
    new = f"new-{person.email}"
    person.call("POST", "/auth/change-email", {"email": new}, status=403)
    person.step_up()
    person.call("POST", "/auth/change-email", {"email": new}, status=202)
    assert person.me()["email"] == person.email
    town.call(
        "POST", "/auth/verify-email", {"token": token_in(town.link(new, "new e-mail address"))}, status=204
    )
    assert person.me()["email"] == new
    undo = town.link(person.email, "address was changed")
    town.look(undo, "undo")
    town.call("POST", "/auth/change-email/undo", {"token": token_in(undo)}, status=204)
    person.call("GET", "/users/me", status=401)
    person.log_in(status=401)  # who changed the address knew the password, so a new one is asked for
    body = {"token": token_in(town.link(person.email, "address again")), "password": NEW_PASSWORD}
    town.call("POST", "/auth/reset-password", body, status=204)
    person.password = NEW_PASSWORD
    person.log_in()
    assert person.me()["email"] == person.email


def change_the_password_and_watch_sessions(town: Town) -> None:
    person = new_person(town)
    elsewhere = Person(town, person.name, person.email, person.password)
    elsewhere.log_in(agent=PHONE)
    letter = text_of(town.letter(person.email, "new device"))
    assert "iOS" in letter or "iPhone" in letter, letter
    sessions = person.call("GET", "/auth/sessions", status=200)["results"]
    assert len(sessions) == 2
    (other,) = [session for session in sessions if not session["current"]]
    person.call("DELETE", f"/auth/sessions/{other['id']}", status=204)
    elsewhere.call("GET", "/users/me", status=401)
    elsewhere.log_in(device_token=elsewhere.device)
    changed = {"password": PASSWORD, "new_password": NEW_PASSWORD}
    person.call("POST", "/auth/change-password", changed, status=204)
    elsewhere.call("GET", "/users/me", status=401)
    person.me()
    person.call("POST", "/auth/logout-all", status=204)
    person.call("GET", "/users/me", status=401)


def add_a_second_factor(town: Town) -> None:
    person = new_person(town)
    person.call("POST", "/auth/totp", status=403)
    person.step_up()
    secret = person.call("POST", "/auth/totp", status=200)["secret"]
    used = _totp(secret)
    codes = person.call("POST", "/auth/totp/confirm", {"otp": used}, status=200)["recovery_codes"]
    assert len(codes) == 10
    assert person.me()["totp"]
    asked = person.log_in(status=401)
    assert asked["type"].endswith("otp-required"), asked
    assert "otp" in asked["methods"]
    person.log_in(status=401, otp=used)
    person.log_in(otp=_totp(secret, ahead=1))
    person.log_in(otp=codes[0])
    person.log_in(status=401, otp=codes[0])
    person.step_up(otp=codes[1])
    person.call("DELETE", "/auth/totp", status=204)
    person.log_in()


def _totp(secret: str, *, ahead: int = 0) -> str:
    """RFC 6238, by hand: the walk trusts nothing of the product's."""
    step = struct.pack(">Q", int(time.time()) // 30 + ahead)
    digest = hmac.digest(b32decode(secret), step, "sha1")
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


def carry_a_passkey(town: Town) -> None:
    person = new_person(town)
    person.step_up()
    key = Authenticator(origin=town.url)
    options = person.call("POST", "/auth/passkeys/options", status=200)
    body = {"credential": key.create(options), "name": "the walker's key"}
    made = person.call("POST", "/auth/passkeys", body, status=201)
    assert person.me()["passkeys"] == 1
    asked = person.log_in(status=401)
    assert "passkey" in asked["methods"]
    person.log_in(passkey=key.get(asked["passkey"]))
    options = town.call("POST", "/auth/passkeys/login/options", status=200)
    alone = {"credential": key.get(options), "token_delivery": "body"}
    person.use(town.call("POST", "/auth/passkeys/login", alone, status=200))
    town.call("POST", "/auth/passkeys/login", alone, status=401)
    options = person.call("POST", "/auth/passkeys/step-up/options", status=200)
    person.step_up(passkey=key.get(options))
    person.call("DELETE", f"/auth/passkeys/{made['id']}", status=204)
    person.log_in()


def come_from_a_provider(town: Town) -> None:
    subject = secrets.token_hex(6)
    claims: dict[str, Any] = {
        "preferred_username": f"guest {subject}",
        "nonce": "n",
        "auth_time": int(time.time()),
    }
    code = {**town.issuer.code(subject, **claims), "nonce": "n", "token_delivery": "body"}
    answer = town.call("POST", "/auth/oidc", code, status=200)
    guest = Person(town, answer["user"]["username"], "", "")
    guest.use(answer)
    town.call("POST", "/auth/oidc", code, status=401)
    bearer = Person(town, guest.name, "", "", access=town.issuer.bearer(subject))
    assert bearer.me()["id"] == guest.me()["id"]
    bearer.call("POST", "/auth/logout", status=204)
    bearer.call("GET", "/users/me", status=401)
    guest.me()
