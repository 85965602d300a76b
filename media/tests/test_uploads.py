"""From the announcement of a file to its variants, and to their end."""

from typing import Any

import pytest

from echomate import keys
from echomate.testing.client import Caller, Person, problem
from echomate.testing.projecting import Projecting
from echomate.testing.races import together
from media.models import Media
from media.tests.uploading import (
    announced,
    completed,
    ended,
    http,
    objects_of,
    picture,
    send,
    uploaded,
    work,
)


def test_an_upload_is_announced_sent_to_s3_completed_processed_shown_and_deleted(
    ann: Person, projector: Projecting
) -> None:
    content = picture(800, 600)
    made = announced(ann, content, alt="A wall.")
    media = made["media"]
    assert (media["state"], media["progress"], media["variants"]) == ("pending", 0, [])
    assert send(made["upload"], content).status == 204
    completed_ = ann.post(f"/media/{media['id']}/complete")
    assert (completed_.status_code, completed_.json()["state"]) == (202, "processing")
    ready = ended(ann, media["id"], projector)
    assert (ready["state"], ready["progress"], ready["alt"]) == ("ready", 100, "A wall.")
    assert (ready["type"], ready["width"], ready["height"]) == ("image/png", 800, 600)
    assert ready["blurhash"]
    for variant in ready["variants"]:
        answer = http.request("GET", variant["url"])
        assert (answer.status, answer.headers["Content-Type"]) == (200, variant["type"])
        assert answer.headers["Content-Disposition"] == "inline"
        assert http.request("GET", variant["url"].partition("?")[0]).status == 403
    assert any(key.startswith(f"originals/{ann.id}/") for key in objects_of(ann))
    assert not any(key.startswith("uploads/") for key in objects_of(ann))
    assert ann.delete(f"/media/{media['id']}").status_code == 204
    assert ann.get(f"/media/{media['id']}").status_code == 404
    work(projector)
    assert objects_of(ann) == set()


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"content_type": "image/svg+xml"}, ["content_type"]),
        ({"content_type": "image/tiff"}, ["content_type"]),
        ({"content_type": "image/png" + "x" * 100_000}, ["content_type"]),
        ({"content_type": 7}, ["content_type"]),
        ({"content_type": None}, ["content_type"]),
        ({"content_type": "application/zip"}, ["content_type"]),
        ({"purpose": "import"}, ["content_type"]),
        ({"purpose": "avatar", "content_type": "video/mp4"}, ["content_type"]),
        ({"purpose": "header"}, ["purpose"]),
        ({"size": 0}, ["size"]),
        ({"size": -1}, ["size"]),
        ({"size": 16 * 1024 * 1024 + 1}, ["size"]),
        ({"content_type": "video/webm", "size": 99 * 1024 * 1024 + 1}, ["content_type", "size"]),
        ({"purpose": "import", "content_type": "application/zip", "size": 2**31}, ["size"]),
        ({"size": 2**62}, ["size"]),
        ({"size": 1.5}, ["size"]),
        ({"size": "many"}, ["size"]),
        ({"alt": "a" * 1501}, ["alt"]),
        ({"alt": 7}, ["alt"]),
        ({"alt": None}, ["alt"]),
    ],
)
def test_what_is_announced_wrongly_is_refused_by_its_field(
    ann: Person, changes: dict[str, Any], fields: list[str]
) -> None:
    body = {"content_type": "image/png", "size": 100, "purpose": "post", **changes}
    answer = ann.post("/media", body)
    assert (answer.status_code, problem(answer)) == (400, "invalid")
    (field,) = answer.json()["errors"]
    assert field in fields


def test_each_type_may_be_announced_in_its_largest_size(ann: Person) -> None:
    instance = ann.get("/instance").json()
    limits = instance["limits"]
    for type_ in (one for one in instance["media_types"] if one.startswith("image/")):
        body = {"content_type": type_, "size": limits["image_bytes"], "purpose": "avatar"}
        assert ann.post("/media", body).status_code == 201
    body = {"content_type": "application/zip", "size": limits["import_bytes"], "purpose": "import"}
    assert ann.post("/media", body).status_code == 201
    assert ann.post("/media", {**body, "size": limits["import_bytes"] + 1}).status_code == 400


@pytest.mark.parametrize(
    ("given", "type_"),
    [
        ("IMAGE/PNG", "image/png"),
        ("image/jpg", "image/jpeg"),
        ("image/heif", "image/heic"),
        ("video/webm;codecs=vp9,opus", "video/webm"),
        ("video/quicktime", "video/quicktime"),
    ],
)
def test_a_type_is_known_by_all_that_browsers_call_it(ann: Person, given: str, type_: str) -> None:
    if type_.startswith("video/") and type_ not in ann.get("/instance").json()["media_types"]:
        pytest.skip("this machine has no ffmpeg")
    made = announced(ann, b"x" * 100, content_type=given)
    assert made["media"]["type"] == made["upload"]["fields"]["Content-Type"] == type_


def test_a_picture_is_taken_for_what_its_bytes_say(ann: Person, projector: Projecting) -> None:
    medium = completed(ann, picture(type_="JPEG"), content_type="image/png")
    ready = ended(ann, medium, projector)
    assert (ready["state"], ready["type"]) == ("ready", "image/jpeg")


def test_what_is_not_taken_says_what_to_do(ann: Person) -> None:
    body = {"content_type": "image/tiff", "size": 100, "purpose": "post"}
    answer = ann.post("/media", body)
    assert "Save it as one of: image/jpeg" in answer.json()["errors"]["content_type"][0]
    assert len(answer.content) < 1000


@pytest.mark.parametrize(
    "tampered",
    [
        {"key": "originals/1/2/file"},
        {"Content-Type": "text/html"},
        {"policy": "e30="},
        {"x-amz-signature": "0" * 64},
    ],
)
def test_s3_takes_nothing_but_what_was_signed(ann: Person, tampered: dict[str, str]) -> None:
    content = picture()
    made = announced(ann, content)
    assert send(made["upload"], content, **tampered).status in (400, 403)
    assert objects_of(ann) == set()


@pytest.mark.parametrize("difference", [-1, 1, 100_000])
def test_s3_takes_no_file_of_another_size_than_was_declared(ann: Person, difference: int) -> None:
    content = picture()
    made = announced(ann, content, size=len(content) + difference)
    assert send(made["upload"], content).status in (400, 403)
    answer = ann.post(f"/media/{made['media']['id']}/complete")
    assert (answer.status_code, problem(answer)) == (409, "upload-missing")


def test_browsers_of_this_machine_may_upload_and_others_may_not(ann: Person) -> None:
    url = announced(ann, picture())["upload"]["url"]
    asked = {"Access-Control-Request-Method": "POST"}
    answers = {
        origin: http.request("OPTIONS", url, headers={**asked, "Origin": origin})
        for origin in ("http://localhost:5173", "http://127.0.0.1:8000", "https://evil.example")
    }
    assert [answer.status for answer in answers.values()] == [200, 200, 403]
    allowed = answers["http://localhost:5173"].headers["Access-Control-Allow-Origin"]
    assert allowed in ("http://localhost:5173", "*")


def test_what_has_not_arrived_can_not_be_completed(ann: Person, projector: Projecting) -> None:
    content = picture()
    made = announced(ann, content)
    media = made["media"]["id"]
    answer = ann.post(f"/media/{media}/complete")
    assert (answer.status_code, problem(answer)) == (409, "upload-missing")
    assert send(made["upload"], content).status == 204
    assert ann.post(f"/media/{media}/complete").status_code == 202
    assert ended(ann, media, projector)["state"] == "ready"


def test_completing_again_changes_nothing(ann: Person, projector: Projecting) -> None:
    media = completed(ann, picture())
    again = ann.post(f"/media/{media}/complete")
    assert (again.status_code, again.json()["state"]) == (202, "processing")
    ready = ended(ann, media, projector)
    again = ann.post(f"/media/{media}/complete")
    assert (again.status_code, again.json()) == (202, ready)


def test_of_many_who_complete_an_upload_at_once_one_begins_its_processing(ann: Person) -> None:
    media = uploaded(ann, picture())
    answers = together(*[lambda: ann.post(f"/media/{media}/complete")] * 6)
    assert {(answer.status_code, answer.json()["state"]) for answer in answers} == {(202, "processing")}
    item = Media.read(keys.media(int(media)))
    assert item
    assert ann.post(f"/media/{media}/complete").status_code == 202
    again = Media.read(keys.media(int(media)))
    assert again
    assert (again.job, again.last_write) == (item.job, item.last_write)


def test_a_file_that_is_not_what_it_says_is_rejected_and_removed(ann: Person, projector: Projecting) -> None:
    media = completed(ann, b"<svg onload=alert(1)></svg>")
    found = ended(ann, media, projector)
    assert (found["state"], found["variants"], found["urls_expire_at"]) == ("rejected", [], None)
    assert found["reason"] == "type-unknown"
    assert found["detail"].startswith("The file is not one")
    german = ann.get(f"/media/{media}", headers={"Accept-Language": "de"}).json()
    assert german["detail"].startswith("Die Datei")
    assert objects_of(ann) == set()
    assert ann.delete(f"/media/{media}").status_code == 204


@pytest.mark.parametrize("method", ["get", "patch", "delete", "complete"])
def test_what_is_another_persons_is_not_there(ann: Person, bob: Person, method: str) -> None:
    media = uploaded(ann, picture())
    calls = {
        "get": lambda who, id_: who.get(f"/media/{id_}"),
        "patch": lambda who, id_: who.patch(f"/media/{id_}", {"alt": "mine"}),
        "delete": lambda who, id_: who.delete(f"/media/{id_}"),
        "complete": lambda who, id_: who.post(f"/media/{id_}/complete"),
    }
    for id_ in (media, "1", "x", "9" * 19):
        answer = calls[method](bob, id_)
        assert (answer.status_code, problem(answer)) == (404, "not-found")
    assert calls[method](Caller(), media).status_code == 401
    assert ann.get(f"/media/{media}").json()["state"] == "pending"


def test_the_alternative_text_may_be_changed_at_any_time(ann: Person, projector: Projecting) -> None:
    media = uploaded(ann, picture())
    for alt in ("A cat.", "👩‍👩‍👧 " * 700, ""):
        answer = ann.patch(f"/media/{media}", {"alt": alt})
        assert (answer.status_code, answer.json()["alt"]) == (200, alt.strip())
    assert ann.patch(f"/media/{media}", {}).json()["alt"] == ""
    refusal = ann.patch(f"/media/{media}", {"alt": "a" * 1501})
    assert (refusal.status_code, list(refusal.json()["errors"])) == (400, ["alt"])


def test_the_same_announcement_with_a_key_makes_one_medium(ann: Person) -> None:
    body = {"content_type": "image/png", "size": 100, "purpose": "post"}
    key = {"Idempotency-Key": "k" * 20}
    first, again = (ann.post("/media", body, headers=key) for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert ann.post("/media", {**body, "size": 101}, headers=key).status_code == 422


def test_so_many_may_be_announced_within_half_an_hour(ann: Person) -> None:
    body = {"content_type": "image/png", "size": 100, "purpose": "post"}
    statuses = [ann.post("/media", body).status_code for _ in range(31)]
    assert statuses == [201] * 30 + [429]
