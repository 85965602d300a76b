"""A passkey in a real browser: made, then shown alone and after the password, by pages that this server serves."""

from typing import Any

import orjson
import pytest

from echomate.testing.chromium import ScriptFailed, Tab
from echomate.testing.client import PASSWORD, unique_name
from echomate.tests.over_http import Server

pytestmark = [pytest.mark.browser, pytest.mark.timed]

CLIENT = """
window.api = async (method, path, body, access) => {
  const headers = {"Content-Type": "application/json", ...(access && {Authorization: `Bearer ${access}`})};
  const answer = await fetch("/api/v1" + path, {method, headers, body: body && JSON.stringify(body)});
  const text = await answer.text();
  return {status: answer.status, body: text ? JSON.parse(text) : null};
};
window.make = async options => {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  return (await navigator.credentials.create({publicKey})).toJSON();
};
window.show = async options => {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return (await navigator.credentials.get({publicKey})).toJSON();
};
"""
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class Page:
    """A page of this server's origin, with a client of the API in it."""

    def __init__(self, tab: Tab, origin: str) -> None:
        self.tab = tab
        self.access: str | None = None
        tab.call("WebAuthn.enable")
        self.authenticator = tab.call("WebAuthn.addVirtualAuthenticator", options=AUTHENTICATOR)
        tab.call("Page.setBypassCSP", enabled=True)  # the front page itself calls nothing
        tab.open(f"{origin}/")
        tab.run(CLIENT)

    def api(self, method: str, path: str, body: object = None, *, status: int = 200) -> Any:
        answer = self._call("api", method, path, body, self.access)
        assert answer["status"] == status, answer
        return answer["body"]

    def make(self, options: object) -> Any:
        return self._call("make", options)

    def show(self, options: object) -> Any:
        return self._call("show", options)

    def verify_user(self, *, succeeds: bool) -> None:
        """Whether the finger or the PIN is the right one."""
        self.tab.call("WebAuthn.setUserVerified", **self.authenticator, isUserVerified=succeeds)

    def _call(self, name: str, *arguments: object) -> Any:
        return self.tab.run(f"{name}({', '.join(orjson.dumps(value).decode() for value in arguments)})")


@pytest.fixture
def page(web: Server, tab: Tab) -> Page:
    return Page(tab, f"http://localhost:{web.port}")


def test_a_passkey_is_made_and_opens_the_account_alone_and_as_second_factor(page: Page) -> None:
    name = unique_name("ann")
    login = {"login": name, "password": PASSWORD, "token_delivery": "body"}
    signup = {
        "username": name,
        "email": f"{name}@example.org",
        "password": PASSWORD,
        "token_delivery": "body",
    }
    page.access = page.api("POST", "/auth/signup", signup, status=201)["access"]
    page.api("POST", "/auth/step-up", {"password": PASSWORD}, status=204)
    options = page.api("POST", "/auth/passkeys/options")
    body = {"credential": page.make(options), "name": "This browser"}
    passkey = page.api("POST", "/auth/passkeys", body, status=201)
    assert passkey["transports"] == ["internal"]
    with pytest.raises(ScriptFailed, match="InvalidStateError"):  # it has one of this account already
        page.make(page.api("POST", "/auth/passkeys/options"))
    page.api("POST", "/auth/logout", status=204)

    page.access = None
    options = page.api("POST", "/auth/passkeys/login/options")
    body = {"credential": page.show(options), "token_delivery": "body"}
    logged_in = page.api("POST", "/auth/passkeys/login", body)
    assert logged_in["user"]["username"] == name
    assert page.api("POST", "/auth/passkeys/login", body, status=401)["type"] == "/problems/passkey-invalid"

    refusal = page.api("POST", "/auth/login", login, status=401)
    assert (refusal["type"], refusal["methods"]) == ("/problems/otp-required", ["passkey"])
    logged_in = page.api("POST", "/auth/login", {**login, "passkey": page.show(refusal["passkey"])})
    page.access = logged_in["access"]
    (found,) = page.api("GET", "/auth/passkeys")["results"]
    assert (found["id"], found["last_used_at"] > found["created_at"]) == (passkey["id"], True)

    page.verify_user(succeeds=False)
    with pytest.raises(ScriptFailed, match="NotAllowedError"):
        page.show(page.api("POST", "/auth/passkeys/step-up/options"))
    page.verify_user(succeeds=True)
    shown = page.show(page.api("POST", "/auth/passkeys/step-up/options"))
    page.api("POST", "/auth/step-up", {"passkey": shown}, status=204)
    page.api("DELETE", f"/auth/passkeys/{passkey['id']}", status=204)
    page.api("POST", "/auth/login", login)
