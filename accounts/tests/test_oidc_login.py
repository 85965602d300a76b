"""POST /auth/oidc: logging in with a code of a login provider."""

import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest

from accounts import names
from accounts.models import OidcClaim, OidcLink
from accounts.services import verifying
from accounts.tests.acting import age_claim, at_once, change_user, stored
from accounts.tests.issuer import CLIENT, REDIRECT, TOKEN, Issuer, running, say, trusted
from echomate import keys, table
from echomate.testing.client import Caller, Person, problem, sign_up, unique_name
from echomate.testing.configuration import configured


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running() as one, trusted(one):
        yield one


def log_in(code: dict[str, str], **more: Any) -> Any:
    return Caller().post("/auth/oidc", {**code, "token_delivery": "body", **more})


def logged_in(code: dict[str, str], **more: Any) -> Person:
    response = log_in(code, **more)
    assert response.status_code == 200, response.content
    return Person(response.json())


def test_a_code_begins_a_session_of_ours(issuer: Issuer) -> None:
    name = unique_name("ida")
    response = log_in(issuer.code("ida", preferred_username=name, name="Ida  Lovelace"))
    assert response.status_code == 200, response.content
    body = response.json()
    assert (body["user"]["username"], body["user"]["full_name"]) == (name, "Ida Lovelace")
    assert (body["user"]["email"], body["user"]["email_verified"]) == (None, False)
    assert response.headers["Cache-Control"] == "no-store"
    ida = Person(body)
    assert ida.get("/users/me").status_code == 200
    refreshed = Caller().post("/auth/refresh-token", {"refresh": ida.refresh, "token_delivery": "body"})
    assert refreshed.status_code == 200


def test_the_provider_is_asked_as_rfc_7636_says(issuer: Issuer) -> None:
    code = issuer.code("ida")
    logged_in(code)
    assert issuer.forms == [
        {
            "grant_type": "authorization_code",
            "client_id": CLIENT,
            "code": code["code"],
            "code_verifier": code["code_verifier"],
            "redirect_uri": REDIRECT,
        }
    ]
    assert issuer.authorizations == [None]


def test_a_client_with_a_secret_shows_it(issuer: Issuer) -> None:
    with trusted(issuer, client_secret="s3cret:/"):
        logged_in(issuer.code("ida"))
        assert issuer.authorizations == ["Basic ZWNob21hdGUtd2ViOnMzY3JldCUzQSUyRg=="]
        assert "client_secret" not in issuer.forms[0]


def test_in_the_form_where_the_provider_takes_it_there_only(issuer: Issuer) -> None:
    issuer.more_in_discovery = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    with trusted(issuer, client_secret="s3cret"):
        logged_in(issuer.code("ida"))
        assert issuer.authorizations == [None]
        assert issuer.forms[0]["client_secret"] == "s3cret"


def test_the_second_login_finds_the_account(issuer: Issuer) -> None:
    first = logged_in(issuer.code("ida", preferred_username=unique_name()))
    again = logged_in(issuer.code("ida", preferred_username="somebody_else"))
    assert (again.id, again.username) == (first.id, first.username)
    assert logged_in(issuer.code("ben")).id != first.id


def test_two_first_logins_at_once_make_one_account(issuer: Issuer) -> None:
    name = unique_name("ida")
    codes = [issuer.code("ida", preferred_username=name) for _ in range(6)]
    found = at_once(6, lambda number: log_in(codes[number]))
    assert [response.status_code for response in found] == [200] * 6
    assert len({response.json()["user"]["id"] for response in found}) == 1
    assert {response.json()["user"]["username"] for response in found} == {name}


@pytest.mark.parametrize("what", ["code", "code_verifier"])
def test_a_code_and_its_verifier_belong_together(issuer: Issuer, what: str) -> None:
    one, other = issuer.code("ida"), issuer.code("ben")
    response = log_in({**one, what: other[what]})
    assert (response.status_code, problem(response)) == (401, "oidc-refused")


def test_a_code_is_good_once(issuer: Issuer) -> None:
    code = issuer.code("ida")
    logged_in(code)
    assert problem(log_in(code)) == "oidc-refused"


def test_a_nonce_is_compared(issuer: Issuer) -> None:
    assert log_in(issuer.code("ida", nonce="n1"), nonce="n1").status_code == 200
    assert problem(log_in(issuer.code("ida", nonce="n1"), nonce="n2")) == "oidc-refused"
    assert problem(log_in(issuer.code("ida"), nonce="n1")) == "oidc-refused"
    assert problem(log_in(issuer.code("ida", nonce="n1"))) == "oidc-refused"


NOW = int(time.time())
LIES: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://accounts.example"},
    "no issuer": {"iss": ...},
    "another client": {"aud": "other"},
    "no audience": {"aud": ...},
    "an audience that is a number": {"aud": 7},
    "several audiences without a party": {"aud": [CLIENT, "other"]},
    "issued to another party": {"aud": [CLIENT, "other"], "azp": "other"},
    "one audience, another party": {"azp": "other"},
    "over": {"exp": NOW - 3600},
    "no end": {"exp": ...},
    "an end that is text": {"exp": "2099"},
    "an end that is infinite": {"exp": 1e999},
    "a life of centuries": {"exp": NOW + 10**11},
    "issued tomorrow": {"iat": NOW + 86_400},
    "issued long ago": {"iat": NOW - 7200},
    "never issued": {"iat": ...},
    "good from tomorrow": {"nbf": NOW + 86_400},
    "no subject": {"sub": ...},
    "an empty subject": {"sub": ""},
    "a subject that is a number": {"sub": 7},
    "a subject of 10,000 characters": {"sub": "x" * 4000},
    "an access token": {"token_use": "access"},
    "the hash of another access token": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
}


@pytest.mark.parametrize("claims", LIES.values(), ids=LIES.keys())
def test_an_id_token_that_is_not_for_us_now_is_refused(issuer: Issuer, claims: dict[str, Any]) -> None:
    response = log_in(issuer.code("ida", **claims))
    assert (response.status_code, problem(response)) == (401, "oidc-refused")


def test_of_several_audiences_the_party_must_be_us(issuer: Issuer) -> None:
    logged_in(issuer.code("ida", aud=[CLIENT, "other"], azp=CLIENT))


@pytest.mark.parametrize("token", ["", "a.b.c", jwt.encode({"sub": "ida"}, "", algorithm="none")])
def test_what_is_no_id_token_is_refused(issuer: Issuer, token: str) -> None:
    issuer.answers[TOKEN] = say(200, {"id_token": token, "access_token": "x"})
    assert problem(log_in(issuer.code("ida"))) == "oidc-refused"


@pytest.mark.parametrize("status", [400, 401, 403])
def test_what_the_provider_refuses_is_refused(issuer: Issuer, status: int) -> None:
    issuer.answers[TOKEN] = say(status, {"error": "invalid_grant"})
    assert problem(log_in(issuer.code("ida"))) == "oidc-refused"


@pytest.mark.parametrize("status", [500, 503, 302])
def test_a_provider_in_trouble_is_away(issuer: Issuer, status: int) -> None:
    issuer.answers[TOKEN] = say(status, {"error": "server_error"}, Location="http://127.0.0.1/")
    response = log_in(issuer.code("ida"))
    assert (response.status_code, problem(response)) == (503, "unavailable")


BAD_BODIES: dict[str, dict[str, Any]] = {
    "another issuer": {"issuer": "https://accounts.example"},
    "a longer issuer": {"issuer": "…"},
    "a page elsewhere": {"redirect_uri": "https://evil.example/login"},
    "a page of another scheme": {"redirect_uri": "javascript:alert(1)"},
    "a page at no address": {"redirect_uri": "http://[::1"},
    "a page at the wrong port": {"redirect_uri": "http://localhost:3000@"},
    "no URL": {"redirect_uri": "//"},
    "a page behind credentials": {"redirect_uri": "http://localhost:3000@evil.example/"},
    "a short verifier": {"code_verifier": "short"},
    "a verifier with other characters": {"code_verifier": "x" * 42 + "é"},
    "a long verifier": {"code_verifier": "x" * 129},
    "a code with a newline": {"code": "a\nb"},
    "no code": {"code": ""},
    "a code that is a number": {"code": 1},
    "a long code": {"code": "x" * 2049},
}


@pytest.mark.parametrize("change", BAD_BODIES.values(), ids=BAD_BODIES.keys())
def test_bad_input_reaches_no_provider(issuer: Issuer, change: dict[str, Any]) -> None:
    response = log_in({**issuer.code("ida"), **change})
    assert (response.status_code, problem(response)) == (400, "invalid")
    assert set(response.json()["errors"]) == set(change)
    assert not issuer.forms


def test_the_settings_name_pages_of_native_apps(issuer: Issuer) -> None:
    uri = "org.example.app:/login"
    with trusted(issuer, redirect_uris=[uri]):
        code = issuer.code("ida")
        issuer.codes[code["code"]]["redirect_uri"] = uri
        logged_in({**code, "redirect_uri": uri})


def test_the_web_client_is_a_page_of_ours(issuer: Issuer) -> None:
    uri = "https://app.example/login"
    with configured(web_url="https://app.example"):
        code = issuer.code("ida")
        issuer.codes[code["code"]]["redirect_uri"] = uri
        logged_in({**code, "redirect_uri": uri})


@pytest.mark.parametrize(("state", "type_"), [("suspended", "suspended"), ("erasing", "erasing")])
def test_suspension_and_erasure_hold(issuer: Issuer, state: str, type_: str) -> None:
    ida = logged_in(issuer.code("ida"))
    change_user(ida.id, State=state)
    response = log_in(issuer.code("ida"))
    assert (response.status_code, problem(response)) == (403, type_)


NAMES: list[tuple[dict[str, Any], str]] = [
    ({"preferred_username": "Zoë Ångström"}, "zoe_angstrom"),
    ({"nickname": "-= The.Cat =-"}, "the_cat"),
    ({"email": "grace.hopper@example.org"}, "grace_hopper"),
    ({"cognito:username": "0a1b2c3d-1111-2222-3333-444455556666", "name": "Alan Turing"}, "alan_turing"),
    ({"preferred_username": "admin", "nickname": "kurt_g"}, "kurt_g"),
    ({"preferred_username": "x", "name": "Emmy N"}, "emmy_n"),
    ({"preferred_username": ["list"], "nickname": {"a": 1}, "name": "Sofya K"}, "sofya_k"),
    ({"preferred_username": "b" * 80}, "b" * 30),
]


@pytest.mark.parametrize(("claims", "name"), NAMES)
def test_a_username_is_made_of_the_claims(issuer: Issuer, claims: dict[str, Any], name: str) -> None:
    assert logged_in(issuer.code("ida", **claims)).username == name


@pytest.mark.parametrize(
    ("claimed", "locale"), [("de-AT", "de"), ("de_DE", "de"), ("DE", "de"), ("den-CA", "en"), ("fr", "en")]
)
def test_the_language_that_the_provider_names_becomes_the_locale(
    issuer: Issuer, claimed: str, locale: str
) -> None:
    person = logged_in(issuer.code("ida", locale=claimed))
    assert person.get("/users/me").json()["settings"]["locale"] == locale


@pytest.mark.parametrize(
    "claims", [{}, {"name": "李小龍"}, {"preferred_username": "root"}, {"preferred_username": "123"}]
)
def test_without_a_usable_name_there_is_one_all_the_same(issuer: Issuer, claims: dict[str, Any]) -> None:
    name = logged_in(issuer.code("ida", **claims)).username
    assert names.username(name) == name
    assert name.startswith("user")


def test_digits_tell_apart_who_has_the_same_name(issuer: Issuer) -> None:
    name = unique_name("ida")
    first, second = (logged_in(issuer.code(who, preferred_username=name)) for who in ("ida", "ada"))
    assert first.username == name
    assert second.username.startswith(name)
    assert second.username.removeprefix(name).isdigit()


def test_nobody_comes_as_somebody_verified_or_as_one_of_us(issuer: Issuer) -> None:
    grace = sign_up("grace", full_name="Grace Brewster Hopper")
    verifying.verify(stored(grace.id))
    alike = grace.username.replace("_", "")
    ida = logged_in(issuer.code("ida", preferred_username=alike, name="Grace Brewster H0pper"))
    assert ida.username != alike
    assert ida.get("/users/me").json()["full_name"] == ""
    ben = logged_in(issuer.code("ben", preferred_username="adm1n", name="Echomate Support"))
    assert ben.username != "adm1n"
    assert ben.get("/users/me").json()["full_name"] == ""


def test_a_name_is_shown_without_what_cannot_be_seen(issuer: Issuer) -> None:
    ida = logged_in(issuer.code("ida", name="I\u202eda\u0000 \n L" + "x" * 100))
    name = ida.get("/users/me").json()["full_name"]
    assert name.startswith("Ida L")
    assert len(name) == 50


def address() -> str:
    return f"{unique_name('mail')}@example.org"


class TestAddresses:
    """An address makes an account one's own only where both sides have verified it, and the settings say so."""

    def code(self, issuer: Issuer, email: str, *, verified: Any = True) -> dict[str, str]:
        return issuer.code(unique_name(), email=email, email_verified=verified)

    def test_one_that_a_trusted_provider_verified_is_the_accounts(self, issuer: Issuer) -> None:
        email = address()
        with trusted(issuer, email_trusted=True):
            ida = logged_in(self.code(issuer, email.upper()))
        shown = ida.get("/users/me").json()
        assert (shown["email"], shown["email_verified"]) == (email, True)
        again = Caller().post(
            "/auth/signup", {"username": unique_name(), "email": email, "password": "correct9horse"}
        )
        assert problem(again) == "email-taken"

    def test_cognito_says_it_in_text(self, issuer: Issuer) -> None:
        email = address()
        with trusted(issuer, email_trusted=True):
            assert logged_in(self.code(issuer, email, verified="true")).email == email

    @pytest.mark.parametrize("verified", [False, "false", None, 1, "yes", ...])
    def test_one_that_it_did_not_verify_is_not(self, issuer: Issuer, verified: Any) -> None:
        with trusted(issuer, email_trusted=True):
            ida = logged_in(self.code(issuer, address(), verified=verified))
        assert ida.get("/users/me").json()["email"] is None

    def test_nor_is_one_of_a_provider_whose_word_does_not_count(self, issuer: Issuer) -> None:
        assert logged_in(self.code(issuer, address())).get("/users/me").json()["email"] is None

    def test_an_account_is_joined_where_both_have_verified_it(self, issuer: Issuer) -> None:
        ann = sign_up("ann")
        change_user(ann.id, EmailVerified=True)
        with trusted(issuer, email_trusted=True):
            code = issuer.code("ann-there", email=ann.email, email_verified=True)
            assert logged_in(code).id == ann.id
            assert logged_in(issuer.code("ann-there")).id == ann.id
        digest = keys.oidc_digest(issuer.url, "ann-there")
        assert OidcLink.read(keys.oidc_link(ann.id, digest)) is not None
        assert OidcClaim.read(keys.oidc_claim(digest)) is not None

    def test_it_is_not_joined_where_we_have_not(self, issuer: Issuer) -> None:
        """Who signs up with somebody's address before them must not come to share their account."""
        squatter = sign_up("ann")
        with trusted(issuer, email_trusted=True):
            ann = logged_in(self.code(issuer, squatter.email))
        assert ann.id != squatter.id
        assert ann.get("/users/me").json()["email"] is None
        assert stored(squatter.id).email == squatter.email

    @pytest.mark.parametrize(("verified", "trust"), [("true", False), ("false", True)])
    def test_nor_where_the_provider_has_not_or_does_not_count(
        self, issuer: Issuer, verified: str, trust: Any
    ) -> None:
        ann = sign_up("ann")
        change_user(ann.id, EmailVerified=True)
        with trusted(issuer, email_trusted=trust):
            assert logged_in(self.code(issuer, ann.email, verified=verified)).id != ann.id

    def test_nobody_joins_the_suspended(self, issuer: Issuer) -> None:
        ann = sign_up("ann")
        change_user(ann.id, EmailVerified=True, State="suspended")
        with trusted(issuer, email_trusted=True):
            assert problem(log_in(self.code(issuer, ann.email))) == "suspended"

    def test_an_address_that_was_never_verified_falls_to_the_owner(self, issuer: Issuer) -> None:
        squatter = sign_up("ann")
        age_claim(squatter.email, hours=49)
        with trusted(issuer, email_trusted=True):
            ann = logged_in(self.code(issuer, squatter.email))
        assert ann.get("/users/me").json()["email"] == squatter.email
        claim = table.get_item(keys.email_claim(squatter.email))
        assert claim is not None
        assert int(claim["User"]["N"]) == ann.id
