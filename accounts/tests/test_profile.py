"""The profile and the settings as a whole: who may replace them, and what is left out."""

from typing import Any

import pytest

from accounts.tests.acting import at_once, change_user, stored
from echomate.testing.client import Caller, Person, problem, sign_up

FULL: dict[str, Any] = {
    "full_name": "Ann Example",
    "bio": "Writes.",
    "location": "Zürich",
    "website": "https://example.org/",
    "type": "group",
    "locked": True,
    "phone_number": "+4930123456",
}
SETTINGS = {
    "locale": "de",
    "timezone": "Europe/Zurich",
    "default_visibility": "followers",
    "default_language": "de",
    "show_followers": False,
    "show_likes": False,
    "discoverable": False,
}
PROFILE = ("full_name", "bio", "location", "website", "type")
EMPTY = {"full_name": "", "bio": "", "location": "", "website": "", "type": "person"}


@pytest.fixture
def ann() -> Person:
    person = sign_up("ann")
    assert person.patch("/users/me", {**FULL, "settings": SETTINGS}).status_code == 200
    return person


def part(user: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: user[name] for name in names}


@pytest.mark.parametrize(
    ("locale", "means"),
    [("de-DE", "de"), ("de_AT", "de"), ("EN", "en"), ("en-US-u-hc-h12", "en"), ("De", "de")],
)
def test_a_locale_is_the_nearest_language_that_mail_is_written_in(
    ann: Person, locale: str, means: str
) -> None:
    answer = ann.patch("/users/me", {"settings": {"locale": locale}})
    assert answer.status_code == 200, answer.content
    assert answer.json()["settings"]["locale"] == ann.get("/users/me").json()["settings"]["locale"] == means


def test_a_default_language_is_kept_in_its_one_form(ann: Person) -> None:
    answer = ann.patch("/users/me", {"settings": {"default_language": "pt_br"}})
    assert answer.json()["settings"]["default_language"] == "pt-BR"


@pytest.mark.parametrize("by", ["id", "username"])
def test_a_profile_is_replaced_by_its_owner(ann: Person, by: str) -> None:
    given = {"full_name": "Ann B.", "bio": "Sleeps.", "location": "Bern", "website": "", "type": "person"}
    response = ann.put(f"/users/{getattr(ann, by)}/profile", given)
    assert response.status_code == 200
    assert part(response.json(), *PROFILE) == given
    assert response.json() == ann.get("/users/me").json()
    assert part(Caller().get(f"/users/{ann.id}").json(), *PROFILE) == given


def test_what_a_profile_leaves_out_is_emptied_but_nothing_is_opened(ann: Person) -> None:
    before = ann.get("/users/me").json()
    after = ann.put(f"/users/{ann.id}/profile", {"bio": "Only this."}).json()
    assert part(after, *PROFILE) == {**EMPTY, "bio": "Only this."}
    assert part(after, "locked", "phone_number", "settings") == part(
        before, "locked", "phone_number", "settings"
    )
    after = ann.put(f"/users/{ann.id}/profile", {"locked": False, "phone_number": None}).json()
    assert part(after, *PROFILE, "locked", "phone_number") == {**EMPTY, "locked": False, "phone_number": None}


def test_of_oneself_as_a_whole_what_is_left_out_takes_its_default(ann: Person) -> None:
    after = ann.put("/users/me", {"bio": "Only this.", "settings": {"locale": "de"}}).json()
    fresh = sign_up("bob").get("/users/me").json()
    assert part(after, *PROFILE, "locked", "phone_number") == {
        **EMPTY,
        "bio": "Only this.",
        "locked": False,
        "phone_number": None,
    }
    assert after["settings"] == {**fresh["settings"], "locale": "de"}
    assert part(after, "username", "email", "roles") == part(
        ann.get("/users/me").json(), "username", "email", "roles"
    )


def test_all_that_may_be_given_is_taken(ann: Person) -> None:
    ann.put("/users/me", {})
    after = ann.put("/users/me", {**FULL, "settings": SETTINGS}).json()
    assert part(after, *FULL) == FULL
    assert part(after["settings"], *SETTINGS) == SETTINGS


def test_anothers_profile_is_forbidden_and_a_hidden_one_unknown(ann: Person) -> None:
    bob, gone = sign_up("bob"), sign_up("gone")
    response = bob.put(f"/users/{ann.username}/profile", {"bio": "mine"})
    assert (response.status_code, problem(response)) == (403, "forbidden")
    ann.post(f"/users/{bob.id}/block")
    change_user(gone.id, State="suspended")
    for nobody in (ann.username, gone.id, "nobody_here", "1"):
        response = bob.put(f"/users/{nobody}/profile", {"bio": "mine"})
        assert (response.status_code, problem(response)) == (404, "not-found")
    assert Caller().put(f"/users/{ann.id}/profile", {}).status_code == 401
    assert stored(ann.id).bio == FULL["bio"]


@pytest.mark.parametrize("path", ["/users/me", "/users/{id}/profile"])
def test_one_replaces_what_one_has_seen(ann: Person, path: str) -> None:
    path = path.format(id=ann.id)
    seen = ann.get("/users/me").headers["ETag"]
    first = ann.put(path, {"bio": "first"}, headers={"If-Match": seen})
    assert first.status_code == 200
    second = ann.put(path, {"bio": "second"}, headers={"If-Match": seen})
    assert (second.status_code, problem(second)) == (412, "edit-conflict")
    third = ann.put(path, {"bio": "third"}, headers={"If-Match": first.headers["ETag"]})
    assert third.json()["bio"] == "third"


def test_of_ten_replacements_of_one_version_at_once_one_succeeds(ann: Person) -> None:
    seen = ann.get("/users/me").headers["ETag"]
    answers = at_once(
        10,
        lambda number: ann.put(f"/users/{ann.id}/profile", {"bio": f"{number}"}, headers={"If-Match": seen}),
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 9


@pytest.mark.parametrize("path", ["/users/me", "/users/{id}/profile"])
@pytest.mark.parametrize(
    ("field", "value"), [("bio", "a\u202eb"), ("type", "robot"), ("website", "x"), ("full_name", None)]
)
def test_what_is_not_valid_is_named_and_nothing_is_replaced(
    ann: Person, path: str, field: str, value: object
) -> None:
    before = stored(ann.id).wire()
    response = ann.put(path.format(id=ann.id), {"location": "Elsewhere", field: value})
    assert (response.status_code, list(response.json()["errors"])) == (400, [field])
    assert stored(ann.id).wire() == before


def test_the_phone_number_is_nobody_elses_business(ann: Person) -> None:
    bob = sign_up("bob")
    ann.patch("/users/me", {"locked": False})
    for shown in (
        bob.get(f"/users/{ann.id}"),
        bob.get(f"/users?q={ann.username}"),
        Caller().get(f"/users/{ann.id}"),
    ):
        assert FULL["phone_number"].encode() not in shown.content
        assert b"phone_number" not in shown.content


def test_a_name_of_emoji_and_one_of_another_direction_are_shown_as_they_are(ann: Person) -> None:
    for name in (
        "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f3f3\ufe0f\u200d\U0001f308",
        "\u0645\u0631\u06cc\u0645 \u05db\u05d4\u05df",
    ):
        assert ann.patch("/users/me", {"full_name": name}).json()["full_name"] == name
        assert Caller().get(f"/users/{ann.id}").json()["full_name"] == name
