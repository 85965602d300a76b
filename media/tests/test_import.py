"""Bringing the export of another account along, over HTTP."""

import os
from collections.abc import Iterator
from functools import partial
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED, ZipFile

import orjson
import pytest
from django.core.management import call_command

from accounts.importing import key_of
from accounts.importing.archive import OldExport
from accounts.tests.exported import export, lines
from accounts.tests.imported import old_post, posts_of, start, zipped
from echomate import jobs, keys, objects, table
from echomate.jobs import Job
from echomate.testing.client import Person, problem
from echomate.testing.configuration import configured
from echomate.testing.projecting import Projecting
from echomate.testing.proxy import Proxy
from echomate.testing.races import busy, together
from media import imports
from media.purposes import Purpose
from media.services import bringing
from media.services.creating import Declaration, put_media
from media.tests.corpus.pictures import png_bomb
from media.tests.uploading import completed, ended, http, objects_of, picture, uploaded, work

TURNS = 30
"""Of the worker, in which an import of a few pictures comes to its end."""
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


def dress(person: Person, projector: Projecting) -> None:
    """Give somebody pictures in posts, an avatar and a cover."""
    pictures = [completed(person, picture(80, 60), alt=f"Picture {number}") for number in range(3)]
    worn = {which: completed(person, picture(300, 300), purpose=which) for which in ("avatar", "cover")}
    for media in (*pictures, *worn.values()):
        assert ended(person, media, projector)["state"] == "ready"
    for content, media_ids in (("two", pictures[:2]), ("", pictures[2:]), ("none", [])):
        assert person.post("/posts", {"content": content, "media_ids": media_ids}).status_code == 201
    for which, media in worn.items():
        assert person.put(f"/users/me/{which}", {"media_id": media}).status_code == 200


def archive_of(person: Person) -> BytesIO:
    file = export(person).fp
    assert file
    file.seek(0)
    return BytesIO(file.read())


def come(job: Job, projector: Projecting) -> Job:
    """The job a turn later, with all that it waits for done."""
    work(projector)
    there = Job.read(keys.job(job.id))
    assert there
    if there.state in ("waiting", "running"):
        there.update(actions=[Job.due_at.set(1)])
    jobs.run(job.id)
    return Job.read(keys.job(job.id)) or there


def result(job: Job, projector: Projecting) -> dict[str, Any]:
    """The report of an import that has come to its end."""
    for _ in range(TURNS):
        job = come(job, projector)
        if job.state in ("done", "failed"):
            assert job.state == "done", (job.refusal, job.error)
            return dict(job.result or {})
    raise AssertionError(job.state, job.error)


def seen(person: Person) -> list[tuple[str, list[tuple[str, int]]]]:
    """Posts, with the descriptions and the widths of what they show."""
    return [
        (post["content"], [(one["alt"], one["width"]) for one in post["media"] if one["variants"]])
        for post in posts_of(person)
    ]


def pictures_of(person: Person) -> int:
    return sum(1 for _ in table.query(keys.media_of(person.id), index="GSI1"))


def test_pictures_of_posts_and_of_a_profile_come_along(
    ann: Person, bob: Person, projector: Projecting
) -> None:
    dress(ann, projector)
    report = result(start(bob, archive_of(ann)), projector)
    assert (report["taken"]["media"], report["taken"]["posts"], report["refused"]) == (5, 3, {})
    expected = [("none", []), ("", [("Picture 2", 80)]), ("two", [("Picture 0", 80), ("Picture 1", 80)])]
    assert seen(bob) == seen(ann) == expected
    me = bob.get("/users/me").json()
    assert f"profiles/{bob.id}/" in me["avatar_url"]
    assert f"profiles/{bob.id}/" in me["cover_url"]
    shown = posts_of(bob)[1]["media"][0]["variants"][0]["url"]
    assert http.request("GET", shown).status == 200
    assert not any(key.startswith("uploads/") for key in objects_of(bob))
    again = [row["file"] for row in lines(export(bob), "media")]
    assert len(again) == 5
    assert all(again)


def test_pictures_are_taken_once_and_what_was_made_of_them_stays_so(
    ann: Person, bob: Person, projector: Projecting
) -> None:
    dress(ann, projector)
    file = archive_of(ann)
    first = result(start(bob, file), projector)
    assert bob.delete("/users/me/avatar").status_code == 200
    assert bob.delete(f"/posts/{posts_of(bob)[1]['id']}").status_code == 204
    projector.catch_up()
    kept = [one["id"] for one in posts_of(bob)[1]["media"]]
    file.seek(0)
    assert result(start(bob, file), projector) == first
    assert [post["content"] for post in posts_of(bob)] == ["none", "two"]
    assert [one["id"] for one in posts_of(bob)[1]["media"]] == kept
    assert f"profiles/{bob.id}/" not in bob.get("/users/me").json()["avatar_url"]


def test_two_imports_of_pictures_at_once_are_one(ann: Person, bob: Person, projector: Projecting) -> None:
    dress(ann, projector)
    data = archive_of(ann).getvalue()
    begun = [start(bob, BytesIO(data)) for _ in range(2)]
    together(*(partial(jobs.run, job.id) for job in begun))
    for job in begun:
        assert result(job, projector)["taken"]["media"] == 5
    assert (seen(bob), pictures_of(bob)) == (seen(ann), 5)


@pytest.mark.long
def test_an_import_whose_way_to_s3_breaks_again_and_again_goes_on(
    storage_proxy: Proxy, ann: Person, bob: Person, projector: Projecting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "IN_WORK", 1)
    monkeypatch.setattr("echomate.jobs.running.AWAY_SECONDS", 0)
    dress(ann, projector)
    job = start(bob, archive_of(ann))
    for _ in range(3):
        job = come(job, projector)
        storage_proxy.refuse()
        there = Job.read(keys.job(job.id))
        assert there
        there.update(actions=[Job.due_at.set(1)])
        jobs.run(job.id)
        storage_proxy.heal()
    assert result(job, projector)["taken"]["media"] == 5
    assert (seen(bob), pictures_of(bob)) == (seen(ann), 5)


def test_a_medium_that_waits_for_its_file_gets_it_from_the_next_try(
    bob: Person, projector: Projecting
) -> None:
    content = picture(50, 40)
    row = old_picture(1)
    declared = Declaration("image/png", len(content), Purpose.POST)
    assert put_media(bringing._new(bob.id, int(row["id"]), declared))  # and then its worker died
    report = result(start(bob, zipped({row["file"]: content}, media=[row])), projector)
    assert report["taken"]["media"] == 1
    assert pictures_of(bob) == 1


def old_picture(number: int, **changes: Any) -> dict[str, Any]:
    """A row of media.jsonl."""
    id_ = old_post(number)["id"]
    about = {"purpose": "post", "state": "ready", "type": "image/png", "alt": "", "used": True}
    return {"id": id_, **about, "file": f"media/{id_}.png", **changes}


HOSTILE: dict[str, tuple[dict[str, Any], bytes, str]] = {
    "HTML": ({}, b"<script>", "file: type-unknown"),
    "a bomb": ({}, png_bomb(), "file: too-many-pixels"),
    "half a picture": ({}, picture(200, 200)[:150], "file: damaged"),
    "too many bytes": ({}, os.urandom(16 * 1024 * 1024 + 1), "size: invalid"),
    "a type that is not taken": ({"type": "image/svg+xml"}, b"<svg/>", "content_type: invalid_choice"),
    "a type of an archive": ({"type": "application/zip"}, b"PK\x03\x04", "content_type: invalid"),
    "a video as an avatar": ({"purpose": "avatar", "type": "video/mp4"}, b"x", "content_type: invalid"),
    "an archive": ({"purpose": "import"}, b"x", "purpose: invalid"),
    "a file above": ({"file": "../../etc/passwd"}, b"x", "file: not in the export"),
    "no file": ({"file": None}, b"x", "file: not in the export"),
    "a list of files": ({"file": ["x"]}, b"x", "file: invalid"),
    "a row of posts": ({"file": "posts.jsonl"}, b"x", "file: type-unknown"),
    "a long description": ({"alt": "x" * 1501}, picture(), "alt: invalid"),
    "the future": ({"id": "9" * 18}, picture(), "id: not one"),
    "no id": ({"id": 7}, picture(), "id: not one"),
}


def test_files_that_nobody_should_send_are_refused_one_by_one(bob: Person, projector: Projecting) -> None:
    rows, files = [], {}
    for number, (changes, content, _) in enumerate(HOSTILE.values()):
        rows.append(old_picture(number, **changes))
        files[old_picture(number)["file"]] = content
    good = old_picture(90)
    posts = [
        old_post(90, media=[good["id"]]),
        old_post(91, media=[good["id"], rows[0]["id"]]),
        old_post(92, content="", media=[rows[1]["id"]]),
        old_post(93, media=["1", "2", "3", "4", "5"]),
        old_post(94, media="x"),
    ]
    file = zipped({**files, good["file"]: picture(40, 30)}, media=[*rows, good], posts=posts)
    report = result(start(bob, file), projector)
    reasons = [example["reason"] for example in report["examples"] if example["file"] == "media"]
    assert dict(zip(HOSTILE, reasons, strict=True)) == {name: case[2] for name, case in HOSTILE.items()}
    assert report["taken"] == {"media": 1, "posts": 2}
    assert len(report["refused"]["posts"]) == 3
    assert seen(bob) == [("old 90", [("", 40)]), ("old 91", [])]


def test_a_picture_whose_bytes_are_wrong_spoils_nothing_else(bob: Person, projector: Projecting) -> None:
    one, other = old_picture(1), old_picture(2)
    bad, good = picture(41, 31), picture(42, 32)
    file = zipped({one["file"]: bad, other["file"]: good}, media=[one, other], compression=ZIP_STORED)
    data = file.getvalue().replace(bad, bad[:-20] + b"?" * 20, 1)
    report = result(start(bob, BytesIO(data)), projector)
    assert (report["taken"], report["refused"]) == ({"media": 1}, {"media": {"file: damaged": 1}})


def test_a_file_is_one_rows_and_all_are_hardly_larger_than_the_zip(
    bob: Person, projector: Projecting
) -> None:
    """Or a small ZIP would be terabytes, and days of work."""
    one, again = old_picture(1), old_picture(2, file=old_picture(1)["file"])
    padded = [old_picture(number) for number in (3, 4, 5)]
    files = {row["file"]: picture(40, 30) + bytes(700_000) for row in padded}
    file = zipped({one["file"]: picture(40, 30), **files}, media=[one, again, *padded])
    report = result(start(bob, file), projector)
    reasons = report["refused"]["media"]
    assert reasons["file: named twice"] == 1
    assert reasons["file: together they are larger than the export"] == 2
    assert pictures_of(bob) <= 2


def test_a_file_that_is_shorter_than_the_zip_says_is_damaged(bob: Person, projector: Projecting) -> None:
    one, other = old_picture(1), old_picture(2)
    file = zipped({row["file"]: picture(40, 30) for row in (one, other)}, media=[one, other])
    with ZipFile(file, "a") as archive:
        archive.getinfo(one["file"]).file_size += 1
        archive._didModify = True  # type: ignore[attr-defined]  # so that the directory is written anew
    report = result(start(bob, file), projector)
    assert (report["taken"], report["refused"]) == ({"media": 1}, {"media": {"file: damaged": 1}})


def test_the_command_waits_for_the_pictures(
    bob: Person, projector: Projecting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "REST_SECONDS", 0.1)
    one, path = old_picture(1), tmp_path / "export.zip"
    path.write_bytes(zipped({one["file"]: picture(40, 30)}, media=[one]).getvalue())
    report = StringIO()
    with busy(partial(work, projector)):
        call_command("import_account", str(path), user=bob.username, json=True, stdout=report)
    assert orjson.loads(report.getvalue())["taken"] == {"media": 1}


def test_a_zip_is_read_from_end_to_end_once_however_many_rounds_its_pictures_take(
    bob: Person, projector: Projecting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "IN_WORK", 1)
    read, lines_of = list[str](), OldExport.lines

    def lines_noted(export: OldExport, name: str) -> Iterator[bytes | None]:
        read.append(name)
        return lines_of(export, name)

    monkeypatch.setattr(OldExport, "lines", lines_noted)
    rows = [old_picture(number) for number in range(3)]
    file = zipped({row["file"]: picture() for row in rows}, media=rows, posts=[old_post(9)])
    report = result(start(bob, file), projector)
    assert report["taken"] == {"media": 3, "posts": 1}
    assert read.count("media.jsonl") > 3
    assert read.count("posts.jsonl") == 2  # to check it, and to take it


def test_a_zip_that_is_another_in_the_next_round_is_read_from_end_to_end_again(
    bob: Person, projector: Projecting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The form for an upload may be used again while it is good."""
    monkeypatch.setattr(imports, "IN_WORK", 1)
    rows = [old_picture(number) for number in range(4)]
    files = {row["file"]: picture() for row in rows}
    posts = [old_post(8), old_post(9)]
    file = zipped(files, media=rows, posts=posts, compression=ZIP_STORED)
    job = come(start(bob, file), projector)
    assert job.state == "waiting"
    damaged = file.getvalue().replace(b"old 9", b"old ?", 1)
    objects.put(key_of(bob.id, job.id), BytesIO(damaged), content_type="application/zip")
    job = come(job, projector)
    assert (job.state, posts_of(bob)) == ("failed", [])
    assert "damaged" in str(job.refusal)


def test_ids_in_the_file_are_nothing_to_others_pictures(
    ann: Person, bob: Person, projector: Projecting
) -> None:
    hers = completed(ann, picture())
    assert ended(ann, hers, projector)["state"] == "ready"
    posts = [old_post(1, media=[hers])]
    report = result(start(bob, zipped(media=[old_picture(1, id=hers)], posts=posts)), projector)
    assert report["refused"] == {"media": {"file: not in the export": 1}}
    assert seen(bob) == [("old 1", [])]
    assert ann.post("/posts", {"content": "", "media_ids": [hers]}).status_code == 201
