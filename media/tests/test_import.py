"""Bringing the export of another account along, over HTTP."""

from io import BytesIO
from typing import Any

import pytest

from accounts.tests.imported import old_post, posts_of, zipped
from echomate.testing.client import Person, problem
from echomate.testing.configuration import configured
from echomate.testing.projecting import Projecting
from media.tests.uploading import completed, ended, objects_of, picture, uploaded, work

ZIP = {"purpose": "import", "content_type": "application/zip"}


def brought(person: Person, file: BytesIO, projector: Projecting) -> str:
    """The id of a ZIP that may be imported, by one who has stepped up."""
    person.step_up()
    media = completed(person, file.getvalue(), **ZIP)
    assert ended(person, media, projector)["state"] == "ready"
    return media


def test_a_zip_that_was_uploaded_is_taken_into_a_new_account_once(ann: Person, projector: Projecting) -> None:
    media = brought(ann, zipped(posts=map(old_post, range(3))), projector)
    started = ann.post("/users/me/import", {"media_id": media})
    assert started.status_code == 202
    work(projector)
    job: dict[str, Any] = ann.get(f"/jobs/{started.json()['job']['id']}").json()
    assert (job["state"], job["result"]["taken"]) == ("done", {"posts": 3})
    assert [post["content"] for post in posts_of(ann)] == ["old 0", "old 1", "old 2"]
    again = ann.post("/users/me/import", {"media_id": media})
    assert (again.status_code, problem(again)) == (409, "media-attached")


def test_an_import_that_is_asked_for_twice_with_a_key_is_one(ann: Person, projector: Projecting) -> None:
    media = brought(ann, zipped(posts=[old_post()]), projector)
    key = {"Idempotency-Key": "i" * 20}
    first, again = (ann.post("/users/me/import", {"media_id": media}, headers=key) for _ in range(2))
    assert first.status_code == again.status_code == 202
    assert first.json() == again.json()


def test_it_asks_for_a_step_up(ann: Person, projector: Projecting) -> None:
    media = completed(ann, zipped().getvalue(), **ZIP)
    ended(ann, media, projector)
    answer = ann.post("/users/me/import", {"media_id": media})
    assert (answer.status_code, problem(answer)) == (403, "step-up-required")


def test_only_so_many_are_begun_in_a_day(ann: Person, projector: Projecting) -> None:
    media = [brought(ann, zipped(posts=[old_post(n)]), projector) for n in range(3)]
    with configured(rate_limit_factor=1, rate_limits={"import": "2/86400"}):
        refused = [ann.post("/users/me/import", {"media_id": "1"}).status_code for _ in range(3)]
        assert refused == [400] * 3
        begun = [ann.post("/users/me/import", {"media_id": one}).status_code for one in media]
    assert begun == [202, 202, 429]


def test_what_is_no_zip_is_rejected_before_it_is_imported(ann: Person, projector: Projecting) -> None:
    ann.step_up()
    media = completed(ann, b"PK no zip at all", **ZIP)
    assert ended(ann, media, projector)["state"] == "rejected"
    answer = ann.post("/users/me/import", {"media_id": media})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["media_id"])
    assert objects_of(ann) == set()


@pytest.mark.parametrize("value", [None, 7, "", "x", "1", "9" * 20, ["1"]])
def test_only_an_id_is_taken(ann: Person, value: Any) -> None:
    answer = ann.step_up().post("/users/me/import", {"media_id": value})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["media_id"])


def test_it_must_be_ones_own_ready_and_uploaded_for_that(
    ann: Person, bob: Person, projector: Projecting
) -> None:
    bob.step_up()
    waiting = uploaded(ann.step_up(), zipped().getvalue(), **ZIP)
    answer = ann.post("/users/me/import", {"media_id": waiting})
    assert (answer.status_code, problem(answer)) == (409, "media-not-ready")
    assert answer.headers["Retry-After"] == "1"
    image = completed(ann, picture())
    ended(ann, image, projector)
    for person, media in ((ann, image), (bob, waiting)):
        answer = person.post("/users/me/import", {"media_id": media})
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["media_id"])
