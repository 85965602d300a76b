"""Login providers beside other ways in: links, second factors, coming back from an erasure."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core import mail

from accounts.models import OidcLink
from accounts.services import oidc_accounts, oidc_links
from accounts.tests.acting import at_once, change_user, stored
from accounts.tests.factors import Clock, change_session, enrol, mails_of, send, session_of
from accounts.tests.issuer import Issuer, running, trusted
from accounts.tests.mailing import confirm, letter, move, token
from accounts.tests.test_oidc_login import log_in, logged_in
from echomate import dynamodb, table
from echomate.config import config
from echomate.errors import DependencyAway
from echomate.testing.client import Caller, Person, problem, sign_up, unique_name
from echomate.testing.configuration import configured
from echomate.testing.races import halting

pytestmark = pytest.mark.store

LINKS = "/auth/oidc/links"


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running() as one, trusted(one, name="Example"):
        yield one


def outbox() -> list[Any]:
    return list(mail.outbox)


def stepped_up(person: Person) -> Person:
    change_session(person, SteppedUpUntil=int(time.time()) + 600)
    return person


def linked(person: Person, code: dict[str, str]) -> dict[str, Any]:
    response = stepped_up(person).post(LINKS, code)
    assert response.status_code == 201, response.content
    found: dict[str, Any] = response.json()
    return found


def test_a_provider_is_added_and_logs_one_in(issuer: Issuer) -> None:
    ann = sign_up("ann")
    link = linked(ann, issuer.code("ann-there", email="ann@there.example"))
    assert (link["issuer"], link["name"], link["account"]) == (issuer.url, "Example", "ann@there.example")
    assert ann.get(LINKS).json() == {"results": [link], "next": None, "previous": None}
    assert logged_in(issuer.code("ann-there")).id == ann.id
    assert "login-provider-linked" in mails_of(ann.id)
    send(ann.id, "login-provider-linked")
    (letter,) = (one for one in outbox() if one.to == [ann.email] and "Example" in one.subject)
    assert "log in to your account through Example" in letter.body


def test_adding_it_again_changes_nothing(issuer: Issuer) -> None:
    ann = sign_up("ann")
    first = linked(ann, issuer.code("ann-there"))
    assert linked(ann, issuer.code("ann-there")) == first
    assert len(ann.get(LINKS).json()["results"]) == 1


def test_a_login_belongs_to_one_account(issuer: Issuer) -> None:
    ann, ben = sign_up("ann"), sign_up("ben")
    linked(ann, issuer.code("ann-there"))
    response = stepped_up(ben).post(LINKS, issuer.code("ann-there"))
    assert (response.status_code, problem(response)) == (409, "conflict")
    assert ben.get(LINKS).json()["results"] == []


def test_of_two_who_link_the_same_login_at_once_one_gets_it(issuer: Issuer) -> None:
    people = [stepped_up(sign_up("ann")) for _ in range(4)]
    codes = [issuer.code("there") for _ in people]
    answers = at_once(4, lambda number: people[number].post(LINKS, codes[number]).status_code)
    assert sorted(answers) == [201, 409, 409, 409]
    assert sum(len(person.get(LINKS).json()["results"]) for person in people) == 1


def test_links_ask_for_a_step_up(issuer: Issuer) -> None:
    ann = sign_up("ann")
    link = linked(ann, issuer.code("ann-there"))
    change_session(ann, SteppedUpUntil=0)
    assert problem(ann.post(LINKS, issuer.code("x"))) == "step-up-required"
    assert problem(ann.delete(f"{LINKS}/{link['id']}")) == "step-up-required"
    assert problem(Caller().get(LINKS)) == "not-authenticated"


def test_a_refused_code_links_nothing(issuer: Issuer) -> None:
    ann = stepped_up(sign_up("ann"))
    assert problem(ann.post(LINKS, issuer.code("ann", aud="other"))) == "oidc-refused"
    assert ann.get(LINKS).json()["results"] == []


def test_a_provider_is_taken_away(issuer: Issuer) -> None:
    ann = sign_up("ann")
    link = linked(ann, issuer.code("ann-there"))
    assert stepped_up(ann).delete(f"{LINKS}/{link['id']}").status_code == 204
    assert ann.get(LINKS).json()["results"] == []
    assert logged_in(issuer.code("ann-there")).id != ann.id
    assert stepped_up(ann).delete(f"{LINKS}/{link['id']}").status_code == 404
    assert "login-provider-unlinked" in mails_of(ann.id)


def reset(person: Person) -> None:
    assert Caller().post("/auth/forgot-password", {"email": person.email}).status_code == 202
    body = {"token": token(person.email, "reset"), "password": "brown7sparrow"}
    assert Caller().post("/auth/reset-password", body).status_code == 204


def test_who_signed_up_with_anothers_address_keeps_no_way_in_when_its_owner_comes(issuer: Issuer) -> None:
    account = sign_up("thief")
    linked(account, issuer.code("thief-there"))
    reset(account)
    assert logged_in(issuer.code("thief-there")).id != account.id
    assert letter(account.email, "login-provider-unlinked")


def test_nor_where_the_table_is_away_right_after_the_new_password(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = sign_up("thief")
    linked(account, issuer.code("thief-there"))
    assert Caller().post("/auth/forgot-password", {"email": account.email}).status_code == 202
    body = {"token": token(account.email, "reset"), "password": "brown7sparrow"}
    break_once_changed(monkeypatch)
    assert Caller().post("/auth/reset-password", body).status_code == 503
    monkeypatch.undo()
    assert Caller().post("/auth/reset-password", body).status_code == 400
    assert logged_in(issuer.code("thief-there")).id != account.id


def break_once_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if nothing could be written any more after the change of the credentials."""
    forget = oidc_links.forget_links

    def forget_or_break(user: int, *, since: int = 0) -> None:
        if stored(user).credential_version > 1:
            raise DependencyAway("dynamodb")
        forget(user, since=since)

    monkeypatch.setattr(oidc_links, "forget_links", forget_or_break)


def test_a_reset_by_who_has_shown_that_the_address_is_theirs_leaves_it(issuer: Issuer) -> None:
    ann = sign_up("ann")
    confirm(ann)
    linked(ann, issuer.code("ann-there"))
    reset(ann)
    assert logged_in(issuer.code("ann-there")).id == ann.id


def test_one_that_was_added_after_a_change_of_the_address_goes_with_the_change(issuer: Issuer) -> None:
    ann, elsewhere = sign_up("ann"), f"{unique_name()}@example.org"
    confirm(ann)
    linked(ann, issuer.code("ann-there"))
    change_link(ann, CreatedAt=1)
    move(ann, elsewhere)
    linked(ann, issuer.code("thief-there"))
    undone = Caller().post("/auth/change-email/undo", {"token": token(ann.email, "email-changed")})
    assert undone.status_code == 204
    assert logged_in(issuer.code("thief-there")).id != ann.id
    assert logged_in(issuer.code("ann-there")).id == ann.id


def test_nor_does_it_stay_where_the_table_is_away_right_after_the_change_was_undone(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = sign_up("ann")
    confirm(ann)
    move(ann, f"{unique_name()}@example.org")
    linked(ann, issuer.code("thief-there"))
    undo = {"token": token(ann.email, "email-changed")}
    break_once_changed(monkeypatch)
    assert Caller().post("/auth/change-email/undo", undo).status_code == 503
    monkeypatch.undo()
    assert Caller().post("/auth/change-email/undo", undo).status_code == 400
    assert logged_in(issuer.code("thief-there")).id != ann.id


def change_link(person: Person, **values: int) -> None:
    """As if the one provider had been added at another time."""
    (link,) = oidc_links.links_of(person.id)
    changes = {name: {"Action": "PUT", "Value": {"N": str(value)}} for name, value in values.items()}
    key = table.wire_key((link.pk, link.sk))
    dynamodb.call("UpdateItem", {"TableName": config.table_name, "Key": key, "AttributeUpdates": changes})


def test_with_the_sessions_of_its_tokens(issuer: Issuer) -> None:
    ann = sign_up("ann")
    link = linked(ann, issuer.code("ann-there"))
    token = issuer.bearer("ann-there")
    caller = Caller()
    caller.headers["Authorization"] = f"Bearer {token}"
    assert caller.get("/users/me").json()["id"] == str(ann.id)
    assert stepped_up(ann).delete(f"{LINKS}/{link['id']}").status_code == 204
    assert problem(caller.get("/users/me")) == "session-revoked"
    assert ann.get("/users/me").status_code == 200


def test_the_only_way_in_stays(issuer: Issuer) -> None:
    ida = stepped_up(logged_in(issuer.code("ida")))
    (link,) = ida.get(LINKS).json()["results"]
    assert problem(ida.delete(f"{LINKS}/{link['id']}")) == "conflict"
    change_user(ida.id, Passkeys=1)
    assert ida.delete(f"{LINKS}/{link['id']}").status_code == 204


def test_of_two_links_that_go_at_once_one_stays(issuer: Issuer) -> None:
    ida = stepped_up(logged_in(issuer.code("ida")))
    linked(ida, issuer.code("ida-2"))
    links = [link["id"] for link in ida.get(LINKS).json()["results"]]
    at_once(2, lambda number: ida.delete(f"{LINKS}/{links[number]}"))
    assert len(ida.get(LINKS).json()["results"]) == 1


def test_somebody_elses_link_is_unknown(issuer: Issuer) -> None:
    ida = logged_in(issuer.code("ida"))
    (link,) = ida.get(LINKS).json()["results"]
    assert stepped_up(sign_up("ann")).delete(f"{LINKS}/{link['id']}").status_code == 404


def test_the_accounts_second_factor_is_asked_for(issuer: Issuer, clock: Clock) -> None:
    ann = sign_up("ann")
    linked(ann, issuer.code("ann-there"))
    app, _ = enrol(stepped_up(ann), clock)
    code = issuer.code("ann-there")
    asked = log_in(code)
    assert (asked.status_code, problem(asked)) == (401, "otp-required")
    assert set(asked.json()["methods"]) == {"otp", "recovery"}
    assert problem(log_in(code, otp="000000")) == "otp-invalid"
    again = logged_in(code, otp=app.code())
    assert again.id == ann.id
    assert list(session_of(again).methods) == ["oidc", "otp"]
    assert len(issuer.forms) == 2


def test_who_guesses_at_the_second_factor_locks_out_no_known_device(issuer: Issuer, clock: Clock) -> None:
    ann = sign_up("ann")
    linked(ann, issuer.code("ann-there"))
    device_token = log_in(issuer.code("ann-there")).json()["device_token"]
    app, _ = enrol(stepped_up(ann), clock)
    code = issuer.code("ann-there")
    answers = [problem(log_in(code, otp="000000")) for _ in range(11)]
    assert answers == ["otp-invalid"] * 10 + ["rate-limited"]
    assert log_in(code, otp=app.code(), device_token=device_token).status_code == 200


def test_a_login_that_waits_is_whose_verifier_it_is(issuer: Issuer, clock: Clock) -> None:
    ann = sign_up("ann")
    linked(ann, issuer.code("ann-there"))
    app, _ = enrol(stepped_up(ann), clock)
    code = issuer.code("ann-there")
    assert problem(log_in(code)) == "otp-required"
    stolen = {**code, "code_verifier": "x" * 43}
    assert problem(log_in(stolen, otp=app.code())) == "oidc-refused"
    logged_in(code, otp=app.code())
    clock.tick()
    assert problem(log_in(code, otp=app.code())) == "oidc-refused"


def test_a_login_that_waits_is_over_when_credentials_change(issuer: Issuer, clock: Clock) -> None:
    ann = sign_up("ann")
    linked(ann, issuer.code("ann-there"))
    app, _ = enrol(stepped_up(ann), clock)
    code = issuer.code("ann-there")
    assert problem(log_in(code)) == "otp-required"
    change_user(ann.id, CredentialVersion=int(stored(ann.id).credential_version) + 1)
    assert problem(log_in(code, otp=app.code())) == "oidc-refused"


def test_a_bearer_token_is_no_way_around_it(issuer: Issuer, clock: Clock) -> None:
    ann = sign_up("ann")
    linked(ann, issuer.code("ann-there"))
    enrol(stepped_up(ann), clock)
    shown = {"Authorization": f"Bearer {issuer.bearer('ann-there')}"}
    assert problem(Caller().get("/users/me", headers=shown)) == "otp-required"
    at_the_provider = {"Authorization": f"Bearer {issuer.bearer('ann-there', amr=['pwd', 'mfa'])}"}
    assert Caller().get("/users/me", headers=at_the_provider).status_code == 200


def by_address(issuer: Issuer, person: Person, **claims: Any) -> dict[str, str]:
    return issuer.code("ann-there", email=person.email, email_verified=True, **claims)


def links_of(person: Person) -> list[OidcLink]:
    return oidc_links.links_of(person.id)


def test_a_provider_that_knows_the_address_is_linked_only_after_the_second_factor(
    issuer: Issuer, clock: Clock
) -> None:
    ann = sign_up("ann")
    confirm(ann)
    app, _ = enrol(stepped_up(ann), clock)
    with trusted(issuer, email_trusted=True):
        code = by_address(issuer, ann)
        assert problem(log_in(code)) == "otp-required"
        assert problem(log_in(code, otp="000000")) == "otp-invalid"
        bearer = issuer.bearer("ann-there", email=ann.email, email_verified=True, amr=["pwd", "mfa"])
        asked = Caller().get("/users/me", headers={"Authorization": f"Bearer {bearer}"})
        assert problem(asked) == "otp-required"
        assert links_of(ann) == []
        assert "login-provider-linked" not in mails_of(ann.id)
        assert logged_in(code, otp=app.code()).id == ann.id
        (link,) = links_of(ann)
        assert (link.issuer, link.label) == (issuer.url, ann.email)
        assert Caller().get("/users/me", headers={"Authorization": f"Bearer {bearer}"}).status_code == 200


def test_one_that_waits_for_the_factor_is_not_linked_to_who_has_the_address_by_then(
    issuer: Issuer, clock: Clock
) -> None:
    ann = sign_up("ann")
    confirm(ann)
    app, _ = enrol(stepped_up(ann), clock)
    with trusted(issuer, email_trusted=True):
        code = by_address(issuer, ann)
        assert problem(log_in(code)) == "otp-required"
        move(ann, f"{unique_name()}@example.org")
        assert problem(log_in(code, otp=app.code())) == "oidc-refused"
    assert links_of(ann) == []


def test_a_factor_that_is_added_at_the_same_moment_comes_before_the_link(
    issuer: Issuer, clock: Clock
) -> None:
    ann = sign_up("ann")
    confirm(ann)
    stepped_up(ann)
    with (
        trusted(issuer, email_trusted=True),
        halting(oidc_accounts, "_owner_of_address", after=True) as the_login,
        ThreadPoolExecutor(1) as pool,
    ):
        answer = pool.submit(log_in, by_address(issuer, ann))
        the_login.wait()
        enrol(ann, clock)
        the_login.go_on()
        assert problem(answer.result()) == "otp-required"
    assert links_of(ann) == []


def test_one_who_is_being_erased_comes_back(issuer: Issuer) -> None:
    ida = stepped_up(logged_in(issuer.code("ida", preferred_username=unique_name())))
    assert ida.delete("/users/me").status_code == 202
    code = issuer.code("ida")
    refused = log_in(code)
    assert (refused.status_code, problem(refused)) == (403, "erasing")
    assert refused.json()["erased_at"]
    assert logged_in(code, restore=True).id == ida.id
    assert problem(ida.get("/users/me")) == "session-revoked"


class TestStepUp:
    def step_up(self, person: Person, code: dict[str, str]) -> Any:
        return person.post("/auth/step-up", {"oidc": code})

    def test_a_fresh_login_at_the_provider_is_one(self, issuer: Issuer) -> None:
        ida = logged_in(issuer.code("ida"))
        assert problem(ida.post(LINKS, issuer.code("ida-2"))) == "step-up-required"
        assert self.step_up(ida, issuer.code("ida", auth_time=int(time.time()))).status_code == 204
        assert ida.post(LINKS, issuer.code("ida-2")).status_code == 201

    @pytest.mark.parametrize("auth_time", [..., 0, -301, 3600, "now", None, True, 1.5e308])
    def test_an_earlier_one_is_none(self, issuer: Issuer, auth_time: Any) -> None:
        ida = logged_in(issuer.code("ida"))
        is_offset = isinstance(auth_time, int) and auth_time not in (0, True)
        at = int(time.time()) + auth_time if is_offset else auth_time
        assert problem(self.step_up(ida, issuer.code("ida", auth_time=at))) == "oidc-refused"

    def test_nor_is_that_of_somebody_else(self, issuer: Issuer) -> None:
        ida, now = logged_in(issuer.code("ida")), int(time.time())
        logged_in(issuer.code("ben"))
        for subject in ("ben", "nobody"):
            assert problem(self.step_up(ida, issuer.code(subject, auth_time=now))) == "oidc-refused"

    def test_who_has_a_second_factor_shows_that(self, issuer: Issuer, clock: Clock) -> None:
        ann = sign_up("ann")
        linked(ann, issuer.code("ann-there"))
        enrol(stepped_up(ann), clock)
        fresh = issuer.code("ann-there", auth_time=int(time.time()))
        assert problem(self.step_up(ann, fresh)) == "otp-required"


def test_the_instance_names_the_providers(issuer: Issuer) -> None:
    assert Caller().get("/instance").json()["oidc_issuers"] == [issuer.url]
    with configured(oidc_issuers=[]):
        assert Caller().get("/instance").json()["oidc_issuers"] == []
        response = log_in(issuer.code("ida"))
    assert (response.status_code, problem(response)) == (400, "invalid")
    assert config.oidc_issuers
