"""Bearer tokens of a login provider on any call: whose they are, and how their sessions end."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from accounts import sessions
from accounts.models import Session
from accounts.oidc import usernames
from accounts.services import oidc_bearers
from accounts.tests.acting import at_once, change_user
from accounts.tests.issuer import CLIENT, JWKS, Issuer, running, trusted
from echomate import dynamodb, keys, table, transactions
from echomate.metering import metering
from echomate.testing.client import Caller, problem, sign_up, unique_name
from echomate.testing.configuration import configured
from echomate.testing.proxy import Proxy
from echomate.testing.races import halting


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running() as one, trusted(one):
        yield one


def bearing(token: str) -> Caller:
    caller = Caller()
    caller.headers["Authorization"] = f"Bearer {token}"
    return caller


def me(token: str) -> Any:
    return bearing(token).get("/users/me")


def forget_processes() -> None:
    """As another process, which has seen no token yet."""
    oidc_bearers._known.clear()


def sessions_of(user: int) -> list[Session]:
    return sessions.of(user)


def test_first_sight_makes_an_account_and_its_session(issuer: Issuer) -> None:
    name = unique_name("ida")
    first = me(issuer.bearer("ida", preferred_username=name))
    assert first.status_code == 200, first.content
    assert first.json()["username"] == name
    assert me(issuer.bearer("ida")).json()["id"] == first.json()["id"]
    assert issuer.asked[JWKS] == 1


def test_a_token_that_is_seen_again_costs_nothing_more(issuer: Issuer) -> None:
    caller = bearing(issuer.bearer("ida"))
    assert caller.get("/timeline").status_code == 200
    caller.get("/timeline")
    with metering() as meter:
        assert caller.get("/timeline").status_code == 200
    assert meter.dynamodb == []
    with metering() as own:
        assert sign_up().get("/timeline").status_code == 200
    assert len(meter.redis) <= len(own.redis)
    assert issuer.asked[JWKS] == 1


def test_its_session_is_one_among_others(issuer: Issuer) -> None:
    token = issuer.bearer("ida", exp=int(time.time()) + 1000)
    user = int(me(token).json()["id"])
    forget_processes()
    assert me(token).status_code == 200
    (session,) = sessions_of(user)
    assert list(session.methods) == ["oidc"]
    assert abs(int(session.expires_at or 0) - time.time() - 1000) < 60


def test_first_sight_by_many_at_once_makes_one_of_each(issuer: Issuer) -> None:
    token = issuer.bearer("ida", preferred_username=unique_name())
    answers = at_once(6, lambda _: me(token))
    assert [answer.status_code for answer in answers] == [200] * 6
    (user,) = {int(answer.json()["id"]) for answer in answers}
    assert len(sessions_of(user)) == 1


ENDINGS: dict[str, Callable[[Caller, int], Any]] = {
    "logout": lambda caller, _: caller.post("/auth/logout"),
    "logout of all": lambda caller, _: caller.post("/auth/logout-all"),
    "ended in the list": lambda caller, user: caller.delete(f"/auth/sessions/{sessions_of(user)[0].sid}"),
}


@pytest.mark.parametrize("end", ENDINGS.values(), ids=ENDINGS.keys())
@pytest.mark.parametrize("claims", [{}, {"origin_jti": "login-1"}, {"sid": "login-1"}, {"jti": ...}])
def test_a_session_that_was_ended_stays_so(issuer: Issuer, end: Any, claims: dict[str, Any]) -> None:
    token = issuer.bearer("ida", **claims)
    caller = bearing(token)
    user = int(caller.get("/users/me").json()["id"])
    assert end(caller, user).status_code == 204
    for _ in range(2):
        assert problem(me(token)) == "session-revoked"
        forget_processes()
    assert sessions_of(user) == []


def test_a_token_that_was_never_seen_can_be_ended(issuer: Issuer) -> None:
    token = issuer.bearer("ida")
    assert bearing(token).post("/auth/logout").status_code == 204
    assert problem(me(token)) == "session-revoked"


@pytest.mark.parametrize("claim", ["origin_jti", "sid"])
def test_later_tokens_of_an_ended_login_are_refused_too(issuer: Issuer, claim: str) -> None:
    """The client renews its token at the provider, which knows of no logout here."""
    first = issuer.bearer("ida", **{claim: "login-1"})
    assert bearing(first).get("/users/me").status_code == 200
    assert bearing(first).post("/auth/logout").status_code == 204
    assert problem(me(issuer.bearer("ida", **{claim: "login-1"}))) == "session-revoked"
    assert me(issuer.bearer("ida", **{claim: "login-2"})).status_code == 200


@pytest.mark.parametrize("claim", ["origin_jti", "sid"])
def test_tokens_of_one_login_share_a_session_that_they_prolong(
    issuer: Issuer, claim: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = me(issuer.bearer("ida", **{claim: "login-1"}))
    user = int(first.json()["id"])
    (before,) = sessions_of(user)
    monkeypatch.setattr(oidc_bearers, "now_seconds", lambda: int(time.time()) + 2 * 86_400)
    assert me(issuer.bearer("ida", **{claim: "login-1"})).status_code == 200
    (after,) = sessions_of(user)
    assert int(after.expires_at or 0) - int(before.expires_at or 0) >= 2 * 86_400 - 60
    assert after.sid == before.sid


def test_tokens_from_before_the_logout_of_all_make_no_session(issuer: Issuer) -> None:
    seen, unseen = (issuer.bearer("ida") for _ in range(2))
    caller = bearing(seen)
    user = int(caller.get("/users/me").json()["id"])
    assert caller.post("/auth/logout-all").status_code == 204
    assert problem(me(unseen)) == "session-revoked"
    assert sessions_of(user) == []
    later = issuer.bearer("ida", iat=int(time.time()) + 20)
    assert me(later).status_code == 200


@pytest.mark.parametrize("state", ["suspended", "erasing"])
def test_suspension_reaches_tokens_that_were_seen_and_others(issuer: Issuer, state: str) -> None:
    token = issuer.bearer("ida")
    user = int(me(token).json()["id"])
    change_user(user, State=state)
    sessions.end_all(user)
    assert problem(me(token)) == "session-revoked"
    assert problem(me(issuer.bearer("ida", iat=int(time.time()) + 20))) == "session-revoked"


def test_a_suspension_at_the_same_moment_leaves_no_session(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes between the look at the account and the session."""
    user = int(me(issuer.bearer("ida")).json()["id"])
    begin = oidc_bearers._begin

    def suspended_meanwhile(*args: Any) -> None:
        change_user(user, State="suspended")
        sessions.end_all(user)
        begin(*args)

    monkeypatch.setattr(oidc_bearers, "_begin", suspended_meanwhile)
    assert problem(me(issuer.bearer("ida", iat=int(time.time()) + 20))) == "session-revoked"
    assert sessions_of(user) == []


def test_a_logout_of_all_at_the_same_moment_leaves_no_session(issuer: Issuer) -> None:
    """A token is seen for the first time while the other sessions are being ended."""
    caller, unseen = bearing(issuer.bearer("ida")), issuer.bearer("ida")
    user = int(caller.get("/users/me").json()["id"])
    with ThreadPoolExecutor(1) as pool, halting(sessions, "_note_end", after=False) as halt:
        ending = pool.submit(caller.post, "/auth/logout-all")
        halt.wait()
        assert me(unseen).status_code == 200
        halt.go_on()
        assert ending.result().status_code == 204
    assert problem(me(unseen)) == "session-revoked"
    assert sessions_of(user) == []


def test_a_claim_that_goes_at_the_same_moment_leaves_no_session(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = int(me(issuer.bearer("ida")).json()["id"])
    before = len(sessions_of(user))
    begin = oidc_bearers._begin

    def unlinked_meanwhile(*args: Any) -> None:
        claim = keys.oidc_claim(keys.oidc_digest(issuer.url, "ida"))
        dynamodb.call("DeleteItem", transactions.of(claim))
        begin(*args)

    monkeypatch.setattr(oidc_bearers, "_begin", unlinked_meanwhile)
    assert problem(me(issuer.bearer("ida"))) == "session-revoked"
    assert len(sessions_of(user)) == before


def test_without_redis_the_table_is_asked(issuer: Issuer, redis_proxy: Proxy) -> None:
    token = issuer.bearer("ida")
    user = int(me(token).json()["id"])
    (session,) = sessions_of(user)
    redis_proxy.refuse()
    assert me(token).status_code == 200
    sessions._delete(user, [session.sid])
    assert problem(me(token)) == "session-revoked"


def test_a_token_ends_although_it_is_remembered(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    token = issuer.bearer("ida")
    assert me(token).status_code == 200
    later = SimpleNamespace(time=lambda: time.time() + 3700)
    monkeypatch.setattr(oidc_bearers, "time", later)
    monkeypatch.setattr("accounts.oidc.verifying.time", later)
    assert problem(me(token)) == "token-expired"


def test_no_more_tokens_are_remembered_than_there_is_room_for(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_processes()
    monkeypatch.setattr(oidc_bearers, "REMEMBERED", 3)
    tokens = [issuer.bearer("ida", preferred_username=unique_name()) for _ in range(5)]
    for token in tokens:
        assert me(token).status_code == 200
        assert me(tokens[0]).status_code == 200
    assert len(oidc_bearers._known) == 3
    assert oidc_bearers.remembered(tokens[0]) is not None


NOW = int(time.time())
REFUSED: dict[str, dict[str, Any]] = {
    "another audience": {"aud": "other"},
    "no audience": {"aud": ...},
    "an audience within another": {"aud": CLIENT + "-2"},
    "audiences of others": {"aud": ["other", "another"]},
    "an audience that is an object": {"aud": {CLIENT: 1}},
    "no audience, our client": {"aud": ..., "client_id": CLIENT},
    "no end": {"exp": ...},
    "an end that is text": {"exp": str(NOW + 1000)},
    "an end that is true": {"exp": True},
    "an end beyond numbers": {"exp": 1e999},
    "an end in centuries": {"exp": NOW + 10**11},
    "good from tomorrow": {"nbf": NOW + 86_400},
    "good from text": {"nbf": "now"},
    "issued tomorrow": {"iat": NOW + 86_400},
    "never issued": {"iat": ...},
    "no subject": {"sub": ...},
    "an empty subject": {"sub": ""},
    "a subject that is a list": {"sub": ["ida"]},
    "a very long subject": {"sub": "x" * 256},
    "an ID token by its use": {"token_use": "id"},
    "a refresh token": {"token_use": "refresh"},
    "an ID token by its nonce": {"nonce": "n"},
    "an ID token by its at_hash": {"at_hash": "AAAA"},
    "bound to a key": {"cnf": {"jkt": "x"}},
}


@pytest.mark.parametrize("claims", REFUSED.values(), ids=REFUSED.keys())
def test_a_token_that_is_not_for_us_now_is_refused(issuer: Issuer, claims: dict[str, Any]) -> None:
    response = me(issuer.bearer("ida", **claims))
    assert (response.status_code, problem(response)) == (401, "token-invalid")
    assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]


def test_one_that_is_over_says_so(issuer: Issuer) -> None:
    assert problem(me(issuer.bearer("ida", exp=NOW - 3600))) == "token-expired"


def test_clocks_may_differ_a_little(issuer: Issuer) -> None:
    now = int(time.time())
    assert me(issuer.bearer("ida", iat=now + 20, nbf=now + 20)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"typ": "logout+jwt"},
        {"typ": "dpop+jwt"},
        {"crit": ["exp"]},
        {"zip": "DEF"},
        {"crit": ["b64"], "b64": True},
    ],
)
def test_a_header_of_something_else_is_refused(issuer: Issuer, headers: dict[str, Any]) -> None:
    assert problem(me(issuer.sign(issuer.claims("ida"), **headers))) == "token-invalid"


@pytest.mark.parametrize("kind", ["at+jwt", "application/at+jwt", "JWT"])
def test_kinds_of_access_tokens_pass(issuer: Issuer, kind: str) -> None:
    assert me(issuer.sign(issuer.claims("ida"), typ=kind)).status_code == 200


KEYS: dict[str, Callable[[], Any]] = {
    "RS256": lambda: rsa.generate_private_key(65537, 2048),
    "PS256": lambda: rsa.generate_private_key(65537, 2048),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": Ed25519PrivateKey.generate,
}


@pytest.mark.parametrize("algorithm", KEYS)
def test_each_algorithm_passes_unless_the_settings_leave_it_out(issuer: Issuer, algorithm: str) -> None:
    issuer.add_key("another", KEYS[algorithm](), algorithm)
    assert me(issuer.bearer("ida")).status_code == 200
    with trusted(issuer, algorithms=[other for other in KEYS if other != algorithm]):
        assert problem(me(issuer.bearer("ida"))) == "token-invalid"


def test_the_settings_name_audiences(issuer: Issuer) -> None:
    with trusted(issuer, audiences=["https://api.example", "other"]):
        assert me(issuer.bearer("ida", aud=["x", "https://api.example"])).status_code == 200
        assert problem(me(issuer.bearer("ida"))) == "token-invalid"


@pytest.mark.parametrize("scope", [{"scope": "read:all openid write"}, {"scp": ["write", "openid"]}])
def test_and_scopes(issuer: Issuer, scope: dict[str, Any]) -> None:
    with trusted(issuer, scopes=["write", "openid"]):
        assert me(issuer.bearer("ida", **scope)).status_code == 200
        for lacking in ({}, {"scope": "write"}, {"scope": "writeopenid"}, {"scope": 7}):
            assert problem(me(issuer.bearer("ida", **lacking))) == "token-invalid"


def cognito_access(issuer: Issuer, subject: str, **more: Any) -> str:
    """As the documentation of Amazon Cognito shows an access token: no `aud`, but `client_id`."""
    claims = {
        "aud": ...,
        "client_id": CLIENT,
        "token_use": "access",
        "scope": "aws.cognito.signin.user.admin openid",
        "username": subject,
        "origin_jti": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
        "event_id": "64f513be-32db-42b0-b78e-b02127b4f463",
        "version": 2,
        "cognito:groups": ["us-west-2_EXAMPLE_OpenIDProvider"],
        "auth_time": int(time.time()),
        **more,
    }
    return issuer.bearer(subject, **claims)


def cognito_id(issuer: Issuer, subject: str, **more: Any) -> str:
    """And as it shows an ID token."""
    claims = {
        "token_use": "id",
        "cognito:username": "janedoe",
        "email_verified": True,
        "email": "jane@example.com",
        "at_hash": "uHiOsOKQaMn40OVdTEO1Kg",
        "origin_jti": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
        "auth_time": int(time.time()),
        **more,
    }
    return issuer.bearer(subject, **claims)


class TestCognito:
    def test_access_tokens_of_our_client_pass(self, issuer: Issuer) -> None:
        subject = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
        user = me(cognito_access(issuer, subject))
        assert user.status_code == 200, user.content
        assert user.json()["username"].startswith("user")

    def test_those_of_another_client_do_not(self, issuer: Issuer) -> None:
        assert problem(me(cognito_access(issuer, "jane", client_id="other"))) == "token-invalid"

    def test_id_tokens_are_no_access_tokens(self, issuer: Issuer) -> None:
        assert problem(me(cognito_id(issuer, "jane"))) == "token-invalid"

    def test_unless_the_settings_say_so(self, issuer: Issuer) -> None:
        with trusted(issuer, token_use="id"):
            answer = me(cognito_id(issuer, "jane"))
            assert answer.status_code == 200
            assert answer.json()["username"].startswith("janedoe")
            assert problem(me(cognito_access(issuer, "jane"))) == "token-invalid"

    def test_all_tokens_of_a_login_are_one_session(self, issuer: Issuer) -> None:
        user = int(me(cognito_access(issuer, "jane")).json()["id"])
        assert me(cognito_access(issuer, "jane")).status_code == 200
        assert len(sessions_of(user)) == 1


def test_of_two_issuers_the_same_subject_is_somebody_else(issuer: Issuer) -> None:
    with running() as other, configured(oidc_issuers=[issuer.settings(), other.settings()]):
        first, second = (me(one.bearer("ida")).json()["id"] for one in (issuer, other))
        assert first != second
        stolen = issuer.sign(other.claims("ida"))
        assert problem(me(stolen)) == "token-invalid"


def test_an_issuer_that_is_not_configured_is_never_asked(issuer: Issuer) -> None:
    with running() as other:
        assert problem(me(other.bearer("ida"))) == "token-invalid"
        assert not other.asked


def test_our_own_tokens_go_on_as_before(issuer: Issuer) -> None:
    ann = sign_up("ann")
    assert ann.get("/users/me").status_code == 200
    assert not issuer.asked
    assert problem(me("nonsense")) == "token-invalid"


def test_an_account_without_its_user_lets_nobody_in(issuer: Issuer) -> None:
    user = int(me(issuer.bearer("ida")).json()["id"])
    dynamodb.call("DeleteItem", transactions.of(keys.user(user)))
    assert problem(me(issuer.bearer("ida"))) == "oidc-refused"
    assert table.get_item(keys.user(user)) is None


def test_a_taken_name_does_not_stop_a_first_login(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = me(issuer.bearer("ida", preferred_username=unique_name())).json()["username"]
    free = unique_name()
    monkeypatch.setattr(usernames, "candidates", lambda _: iter([taken, taken, free]))
    assert me(issuer.bearer("ben")).json()["username"] == free
