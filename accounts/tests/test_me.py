"""One's own user: who sees it, and what may change in it."""

import threading
from typing import Any

import pytest

from accounts import selectors, services
from accounts.models import ACTIVE, User
from accounts.tests.acting import at_once, change_user
from echomate import dynamodb, keys
from echomate.config import config
from echomate.metering import metering
from echomate.testing.client import Caller, Person, problem, sign_up
from echomate.testing.proxy import Proxy

PRIVATE = {"email", "email_verified", "phone_number", "settings", "roles", "totp", "passkeys"}


def stored(person: Person) -> User:
    found = User.read(keys.user(person.id))
    assert found is not None
    return found


def test_nobody_in_particular_has_no_own_user(api: Caller) -> None:
    for response in (api.get("/users/me"), api.patch("/users/me", {"bio": "x"})):
        assert (response.status_code, problem(response)) == (401, "not-authenticated")


def test_what_is_private_is_shown_to_oneself_alone(ann: Person) -> None:
    bob = sign_up("bob")
    assert set(ann.get("/users/me").json()) >= PRIVATE
    for caller in (Caller(), bob):
        assert not PRIVATE & set(caller.get(f"/users/{ann.id}").json())


def test_a_new_account_has_settings_that_show_and_find_it(ann: Person) -> None:
    assert ann.get("/users/me").json()["settings"] == {
        "locale": "en",
        "timezone": "UTC",
        "default_visibility": "public",
        "default_language": "en",
        "show_followers": True,
        "show_likes": True,
        "discoverable": True,
        "mail_notices": True,
    }


def test_the_language_of_a_signup_becomes_the_locale() -> None:
    body = {"username": "gretel", "email": "gretel@example.org", "password": "correct9horse"}
    response = Caller().post("/auth/signup", body, headers={"Accept-Language": "de-AT,de;q=0.9,en;q=0.1"})
    assert response.json()["user"]["settings"]["locale"] == "de"


def test_only_what_is_given_changes(ann: Person) -> None:
    before = ann.get("/users/me").json()
    changes = {"full_name": "Ann Example", "bio": "Writes.\r\nSleeps.", "settings": {"show_likes": False}}
    after = ann.patch("/users/me", changes).json()
    assert after["bio"] == "Writes.\nSleeps."
    assert after["settings"] == before["settings"] | {"show_likes": False}
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"full_name", "bio", "settings"}
    assert ann.get("/users/me").json() == after


def test_all_that_may_change(ann: Person) -> None:
    changes: dict[str, Any] = {
        "full_name": "Ännchen 👩‍🚀 Müller",
        "bio": "b" * 500,
        "location": "Zürich",
        "website": "https://example.org/ann?x=1#y",
        "type": "group",
        "locked": True,
        "phone_number": "+4930123456",
        "settings": {
            "locale": "de",
            "timezone": "Europe/Zurich",
            "default_visibility": "followers",
            "default_language": "gsw-CH",
            "show_followers": False,
            "show_likes": False,
            "discoverable": False,
            "mail_notices": False,
        },
    }
    after = ann.patch("/users/me", changes).json()
    assert {name: after[name] for name in changes} == changes
    emptied = dict.fromkeys(("full_name", "bio", "location", "website"), "") | {"phone_number": None}
    after = ann.patch("/users/me", emptied).json()
    assert {name: after[name] for name in emptied} == emptied


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("full_name", "x" * 51),
        ("full_name", None),
        ("full_name", 7),
        ("full_name", "a\u202eb"),
        ("full_name", "a\x07b"),
        ("full_name", "a\ue000b"),
        ("bio", "x" * 501),
        ("bio", ["x"]),
        ("bio", "nul\x00"),
        ("location", "x" * 101),
        ("location", "two\nlines"),
        ("website", "javascript:alert(1)"),
        ("website", "ftp://example.org"),
        ("website", "example"),
        ("website", "https://" + "x" * 300 + ".org"),
        ("type", "robot"),
        ("type", None),
        ("locked", "yes"),
        ("locked", 1),
        ("phone_number", "030 123456"),
        ("phone_number", "+0123456789"),
        ("phone_number", "+49301234567890123"),
        ("phone_number", "+49３0123456"),  # noqa: RUF001 - that is the point
        ("settings", "dark"),
        ("settings", None),
        ("settings.locale", "tlh"),
        ("settings.timezone", "Mars/Olympus"),
        ("settings.timezone", "../../etc/passwd"),
        ("settings.default_visibility", "mentioned"),
        ("settings.default_language", "English"),
        ("settings.show_likes", "false"),
        ("settings.discoverable", None),
    ],
)
def test_what_is_not_valid_is_named_and_nothing_changes(ann: Person, field: str, value: Any) -> None:
    before = ann.get("/users/me").json()
    name, _, within = field.partition(".")
    response = ann.patch("/users/me", {"location": "Elsewhere", name: {within: value} if within else value})
    assert (response.status_code, problem(response)) == (400, "invalid")
    assert list(response.json()["errors"]) == [field]
    assert ann.get("/users/me").json() == before


@pytest.mark.parametrize(
    "field",
    ["id", "username", "email", "email_verified", "roles", "verified", "state", "created_at", "State"],
)
def test_what_is_not_ones_to_change_stays(ann: Person, field: str) -> None:
    before = stored(ann).wire()
    response = ann.patch("/users/me", {field: ["admin"]})
    assert response.status_code == 200
    assert stored(ann).wire() == before


def test_a_patch_of_nothing_changes_nothing(ann: Person) -> None:
    version = stored(ann).version
    assert ann.patch("/users/me", {}).status_code == 200
    assert stored(ann).version == version


def test_if_match_lets_one_edit_what_one_has_seen(ann: Person) -> None:
    seen = ann.get("/users/me").headers["ETag"]
    first = ann.patch("/users/me", {"bio": "first"}, headers={"If-Match": seen})
    assert first.status_code == 200
    second = ann.patch("/users/me", {"bio": "second"}, headers={"If-Match": seen})
    assert (second.status_code, problem(second)) == (412, "edit-conflict")
    assert ann.get("/users/me").json()["bio"] == "first"
    third = ann.patch("/users/me", {"bio": "third"}, headers={"If-Match": first.headers["ETag"]})
    assert third.status_code == 200


def test_if_match_lets_one_be_erased_as_one_has_seen_oneself(ann: Person) -> None:
    ann.step_up()
    seen = ann.get("/users/me").headers["ETag"]
    assert ann.patch("/users/me", {"bio": "edited"}).status_code == 200
    late = ann.delete("/users/me", headers={"If-Match": seen})
    assert (late.status_code, problem(late)) == (412, "edit-conflict")
    assert stored(ann).state == ACTIVE
    present = ann.get("/users/me").headers["ETag"]
    assert ann.delete("/users/me", headers={"If-Match": present}).status_code == 202


def test_of_ten_edits_of_one_version_at_once_one_succeeds(ann: Person) -> None:
    seen = ann.get("/users/me").headers["ETag"]
    edit = {"headers": {"If-Match": seen}}
    answers = at_once(10, lambda number: ann.patch("/users/me", {"bio": f"edit {number}"}, **edit))
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 9


def test_edits_of_different_fields_at_once_all_stand(ann: Person) -> None:
    fields = {"full_name": "Ann", "bio": "Writes.", "location": "Here", "locked": True, "type": "group"}
    answers = at_once(5, lambda number: ann.patch("/users/me", dict([list(fields.items())[number]])))
    assert {answer.status_code for answer in answers} == {200}
    me = ann.get("/users/me").json()
    assert {name: me[name] for name in fields} == fields
    assert stored(ann).version == 6


def test_what_the_client_has_is_not_sent_again(ann: Person) -> None:
    seen = ann.get("/users/me").headers["ETag"]
    again = ann.get("/users/me", headers={"If-None-Match": seen})
    assert (again.status_code, again.content) == (304, b"")


def test_an_edit_shows_at_once_to_everybody(ann: Person) -> None:
    assert Caller().get(f"/users/{ann.username}").json()["full_name"] == ""
    ann.patch("/users/me", {"full_name": "Ann Example"})
    assert Caller().get(f"/users/{ann.username}").json()["full_name"] == "Ann Example"


def test_who_wishes_not_to_be_found_has_left_the_index(ann: Person) -> None:
    def is_indexed() -> bool:
        names = {"S": keys.names(ann.username)}
        query = {"KeyConditionExpression": "GSI1PK = :p", "ExpressionAttributeValues": {":p": names}}
        found = dynamodb.call("Query", {"TableName": config.table_name, "IndexName": "GSI1", **query})
        return ann.username in {item["GSI1SK"]["S"] for item in found["Items"]}

    assert is_indexed()
    ann.patch("/users/me", {"settings": {"discoverable": False}})
    assert not is_indexed()
    ann.patch("/users/me", {"settings": {"discoverable": True}})
    assert is_indexed()


def test_a_suspended_account_changes_nothing(ann: Person) -> None:
    """Its session is about to end; an edit under way finds the state."""
    change_user(ann.id, State="suspended")
    assert problem(ann.patch("/users/me", {"bio": "still here"})) == "session-revoked"
    assert stored(ann).bio == ""


def test_without_redis_one_reads_and_edits(ann: Person, redis_proxy: Proxy) -> None:
    redis_proxy.refuse()
    assert ann.patch("/users/me", {"bio": "by the table alone"}).status_code == 200
    assert ann.get("/users/me").json()["bio"] == "by the table alone"


def test_the_tables_lost_answer_is_no_conflict(ann: Person, dynamodb_proxy: Proxy) -> None:
    """The update is repeated on the wire, and finds its own first try."""
    user = stored(ann)
    dynamodb_proxy.cut_after(0)
    threading.Timer(0.05, dynamodb_proxy.heal).start()
    edited = services.edit_profile(user, {"Bio": "once"}, version=1)
    assert (edited.bio, edited.version) == ("once", 2)


def test_what_ones_own_user_costs(ann: Person) -> None:
    ann.get("/users/me")
    with metering() as meter:
        ann.get("/users/me")
    assert meter.dynamodb == [("GetItem", 1.0)]
    assert len(meter.redis) == 1


def test_others_learn_the_counts_from_the_cache(ann: Person) -> None:
    assert selectors.stats.one(ann.id) == selectors.NO_COUNTS
