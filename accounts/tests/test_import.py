"""Taking an export into a new account."""

import codecs
import json
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import orjson
import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from accounts import lookalikes
from accounts.importing import key_of
from accounts.importing.job import KEPT
from accounts.services import verifying
from accounts.tests.acting import at_once, change_user, stored
from accounts.tests.exported import export, lines
from accounts.tests.imported import all_of, jsonl, manifest, old_post, posts_of, refusal, start, take, zipped
from echomate import cache, ids, jobs, keys, objects, table, timelines
from echomate.jobs import Job
from echomate.testing.client import Person, sign_up, unique_name
from echomate.testing.configuration import configured
from echomate.testing.examples import examples
from echomate.testing.projecting import projecting
from echomate.testing.proxy import Proxy
from echomate.testing.working import run_jobs

PROFILE = {
    "username": "admin",
    "email": "evil@example.org",
    "roles": ["admin"],
    "verified": True,
    "full_name": "Ann Other",
    "bio": "Writes.",
    "location": "",
    "website": "https://ann.example",
    "type": "group",
    "settings": {"timezone": "Europe/Berlin", "show_likes": False, "unknown": 1},
}


@pytest.fixture
def new() -> Person:
    return sign_up("new")


def archive_of(person: Person) -> BytesIO:
    """The ZIP of a real export."""
    file = export(person).fp
    assert file
    file.seek(0)
    return BytesIO(file.read())


def comparable(row: dict[str, Any]) -> dict[str, Any]:
    """A post without what is another account's: its id's random part."""
    kept = {name: value for name, value in row.items() if name not in ("id", "url")}
    return {**kept, "moment": ids.milliseconds(int(row["id"]))}


def test_what_was_exported_is_the_same_after_an_import_and_another_export(ann: Person, new: Person) -> None:
    for number, content in enumerate(("one", "<b>two</b>\n\n🎉 é", "\u0627\u0644 three")):
        fields = {
            "sensitive": number == 1,
            "spoiler_text": "hm" * number,
            "visibility": ("public", "followers")[number % 2],
        }
        assert ann.post("/posts", {"content": content, "language": None, **fields}).status_code == 201
    edited = ann.post("/posts", {"content": "before"}).json()
    assert ann.patch(f"/posts/{edited['id']}", {"content": "after"}).status_code == 200
    bob = sign_up("bob")
    ann.post(f"/users/{bob.id}/follow")
    ann.patch("/users/me", {"full_name": "Ann", "bio": "a\nb", "settings": {"locale": "de"}})
    report = take(new, archive_of(ann))
    assert report["refused"] == {}
    assert (report["taken"]["posts"], report["taken"]["following"]) == (4, 1)
    first, second = export(ann), export(new)
    assert list(map(comparable, lines(second, "posts"))) == list(map(comparable, lines(first, "posts")))
    assert {row["id"] for row in lines(first, "posts")}.isdisjoint(
        row["id"] for row in lines(second, "posts")
    )
    assert [row["id"] for row in lines(second, "following")] == [str(bob.id)]
    before, after = lines(first, "profile")[0], lines(second, "profile")[0]
    for name in ("full_name", "bio", "settings"):
        assert before[name] == after[name]
    assert (after["username"], after["email"]) == (new.username, new.email)


def test_a_byte_order_mark_before_a_file_of_an_export_is_nothing(new: Person) -> None:
    files = {
        "manifest.json": codecs.BOM_UTF8 + orjson.dumps(manifest()),
        "posts.jsonl": codecs.BOM_UTF8 + jsonl([old_post(0), old_post(1)]),
    }
    file = BytesIO()
    with ZipFile(file, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    file.seek(0)
    report = take(new, file)
    assert (report["taken"]["posts"], report["refused"]) == (2, {})


def test_another_name_takes_the_mark_of_verification_away(new: Person) -> None:
    new.patch("/users/me", {"full_name": "Ann"})
    verifying.verify(stored(new.id))
    take(new, zipped(profile=[{**PROFILE, "full_name": "Ann"}]))
    assert stored(new.id).verified
    other = sign_up("other")
    other.patch("/users/me", {"full_name": "Some Body"})
    verifying.verify(stored(other.id))
    take(other, zipped(profile=[PROFILE]))
    assert (stored(other.id).full_name, stored(other.id).verified) == ("Ann Other", False)
    assert [*table.query(keys.verified_names(lookalikes.of_full_name("Some Body")))] == []


def test_an_export_of_many_pictures_is_one_too(new: Person) -> None:
    digests = {f"media/{800000000000000000 + number}.jpeg": "0" * 64 for number in range(13_000)}
    pictures = dict.fromkeys(digests, b"")
    report = take(new, zipped(pictures, said=manifest(sha256=digests), posts=[old_post(1)]))
    assert report["taken"] == {"posts": 1}


@examples(6, shrinks=False)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=12))
def test_whatever_content_the_api_takes_survives_and_no_other(contents: list[str]) -> None:
    new, asked = sign_up("new"), sign_up("asked")
    report = take(new, zipped(posts=[old_post(n, content=text) for n, text in enumerate(contents)]))
    answers = [asked.post("/posts", {"content": text}) for text in contents]
    accepted = [answer.json()["content"] for answer in answers if answer.status_code == 201]
    assert [post["content"] for post in posts_of(new)] == accepted
    assert report["taken"].get("posts", 0) == len(accepted)
    assert sum(report["refused"].get("posts", {}).values()) == len(contents) - len(accepted)


def test_the_profile_is_taken_but_for_what_one_may_not_give_oneself(new: Person) -> None:
    report = take(new, zipped(profile=[PROFILE]))
    user = stored(new.id)
    assert (user.full_name, user.bio, user.website, user.type) == (
        "Ann Other",
        "Writes.",
        "https://ann.example",
        "group",
    )
    assert (user.username, user.email, user.verified) == (new.username, new.email, False)
    assert list(map(str, user.roles)) == ["user"]
    assert (user.settings.timezone, user.settings.show_likes) == ("Europe/Berlin", False)
    assert report["taken"]["profile"] == 6


def test_a_full_name_that_imitates_is_not_taken(new: Person) -> None:
    take(new, zipped(profile=[{"full_name": "Echomate Support", "bio": "Writes."}]))
    me = new.get("/users/me").json()
    assert (me["full_name"], me["bio"]) == ("", "Writes.")


def test_of_a_profile_each_field_stands_for_itself(new: Person) -> None:
    report = take(
        new, zipped(profile=[{**PROFILE, "full_name": "x" * 1000, "website": "javascript:alert(1)"}])
    )
    user = stored(new.id)
    assert (user.full_name, user.website, user.bio) == ("", "", "Writes.")
    assert len(report["refused"]["profile"]) == 2


def test_run_twice_is_once_and_what_was_changed_or_deleted_since_stays_so(new: Person) -> None:
    file = zipped(profile=[PROFILE], posts=[old_post(n) for n in range(5)])
    first = take(new, file)
    gone = posts_of(new)[2]["id"]
    new.delete(f"/posts/{gone}")
    new.patch("/users/me", {"bio": "mine"})
    new.post("/posts", {"content": "own"})
    file.seek(0)
    assert take(new, file) == first
    assert [post["content"] for post in posts_of(new)] == ["own", "old 0", "old 1", "old 3", "old 4"]
    assert stored(new.id).bio == "mine"


def test_two_imports_at_once_are_one(new: Person) -> None:
    file = zipped(profile=[PROFILE], posts=[old_post(n) for n in range(40)]).getvalue()
    begun = [start(new, BytesIO(file)) for _ in range(2)]
    at_once(2, lambda number: jobs.run(begun[number].id))
    for job in begun:
        there = Job.read(keys.job(job.id))
        assert there
        if there.state != "done":  # the profile was changed meanwhile, so it is tried again
            there.update(actions=[Job.due_at.set(1)])
            jobs.run(job.id)
    assert len(posts_of(new)) == 40


def test_only_a_new_account_takes_an_export_and_only_one(ann: Person, new: Person) -> None:
    with projecting() as projector:
        ann.post("/posts", {"content": "own"})
        projector.catch_up()
    assert "posts of its own" in refusal(ann, zipped(posts=[old_post()]))
    take(new, zipped(posts=[old_post()]))
    assert "another account" in refusal(new, zipped(said=manifest(user_id="7"), posts=[old_post(1)]))
    assert len(posts_of(new)) == 1


def test_ids_in_the_file_are_nothing_to_others_posts(ann: Person, new: Person) -> None:
    his = ann.post("/posts", {"content": "his"}).json()
    row = old_post(id=his["id"], author={"id": str(ann.id)}, content="mine now")
    take(new, zipped(posts=[{**row, "author": str(ann.id), "author_id": str(ann.id)}]))
    assert ann.get(f"/posts/{his['id']}").json()["content"] == "his"
    (own,) = posts_of(new)
    assert (own["content"], own["author"]["id"]) == ("mine now", str(new.id))
    assert own["created_at"] == his["created_at"]


def test_nobody_is_told_and_lists_counters_and_later_homes_are_right(new: Person) -> None:
    reader = sign_up("reader")
    reader.post(f"/users/{new.id}/follow")
    with projecting() as projector:
        assert reader.get("/feed").json()["results"] == []
        assert new.get("/feed").json()["results"] == []
        assert new.get("/timeline").status_code == 200
        projector.catch_up()
        take(new, zipped(posts=[old_post(n) for n in (3, 1, 2, 0)]))
        projector.catch_up()
        run_jobs()
        (home,) = cache.ask(timelines.head(keys.feed(reader.id)))
        assert timelines.timeline(home).ids == [], "it was not pushed"
        expected = [f"old {n}" for n in range(4)]
        assert [post["content"] for post in new.get("/feed").json()["results"]] == expected
        in_public = [
            post["content"]
            for post in all_of(new, "/timeline?limit=50")
            if post["author"]["id"] == str(new.id)
        ]
        assert in_public == expected
        cache.ask(("DEL", keys.feed(reader.id)))
        assert [post["content"] for post in reader.get("/feed").json()["results"]] == expected
        assert new.get("/users/me").json()["counts"]["posts"] == 4


def test_what_is_dated_lately_is_in_no_timeline_of_strangers(new: Person) -> None:
    """Else a file would fill the public timeline at once."""
    tag, reader = unique_name("lately"), sign_up("reader")
    week = 7 * 24 * 3600 * 1000
    moments = {
        "now": ids.milliseconds(ids.new_id()) - 1,
        "a day ago": ids.milliseconds(new.id) - week // 7,
        "long ago": ids.milliseconds(new.id) - week - 1,
    }
    rows = [
        old_post(id=str(ids.id_at_milliseconds(moment)), content=f"{when} #{tag}")
        for when, moment in moments.items()
    ]
    with projecting() as projector:
        assert reader.get("/timeline").status_code == 200
        assert reader.get(f"/tags/{tag}/timeline").status_code == 200
        take(new, zipped(posts=rows))
        projector.catch_up()
        run_jobs()
        for path in ("/timeline?limit=50", f"/tags/{tag}/timeline?limit=50"):
            for is_cached in (True, False):
                shown = [
                    post["content"] for post in all_of(reader, path) if post["author"]["id"] == str(new.id)
                ]
                assert shown == [f"long ago #{tag}"], (path, is_cached)
                cache.ask(("DEL", keys.public_list()), ("DEL", keys.tag_list(tag)))
        assert [
            post["content"].split(" #")[0] for post in all_of(reader, f"/users/{new.id}/posts?limit=50")
        ] == [*moments]


def test_follows_are_taken_where_the_people_exist_and_may_be_followed(ann: Person, new: Person) -> None:
    blocker, gone, blocked = sign_up("blocker"), sign_up("gone"), sign_up("blocked")
    blocker.post(f"/users/{new.id}/block")
    new.post(f"/users/{blocked.id}/block")
    change_user(gone.id, State="suspended")
    rows: list[Any] = [{"id": str(who)} for who in (ann.id, blocker.id, gone.id, blocked.id, new.id, 7, "x")]
    report = take(new, zipped(following=[*rows, {"username": ann.username}, {"id": ann.id}]))
    assert report["taken"]["following"] == 1
    assert report["refused"] == {"following": {"id: nobody to follow": 8}}
    assert lines(export(new), "following")[0]["id"] == str(ann.id)


def test_a_file_is_no_way_to_follow_all_the_world_in_a_day(new: Person) -> None:
    people = [sign_up("one") for _ in range(3)]
    rows = [{"id": str(person.id)} for person in people]
    refused = {"following": {"id: more than a day allows, bring it again tomorrow": 1}}
    with configured(rate_limit_factor=1, rate_limits={"imported-follows": "2/86400"}):
        for _ in range(2):
            report = take(new, zipped(following=rows))
            assert report["refused"] == refused
        assert len(all_of(new, f"/users/{new.id}/following")) == 2
        cache.run([("DEL", keys.throttle("imported-follows", str(new.id)))])
        assert take(new, zipped(following=rows))["refused"] == {}
    assert len(all_of(new, f"/users/{new.id}/following")) == 3


def test_people_of_another_instance_are_others(ann: Person, new: Person) -> None:
    said = manifest(instance="https://elsewhere.example")
    report = take(new, zipped(said=said, following=[{"id": str(ann.id)}], posts=[old_post()]))
    assert (report["taken"], len(report["refused"]["following"])) == ({"posts": 1}, 1)
    assert lines(export(new), "following") == []


def test_likes_blocks_and_what_else_there_is_are_left_out_and_named(ann: Person, new: Person) -> None:
    his = ann.post("/posts", {"content": "his"}).json()
    likes, blocks = [{"post_id": his["id"]}], [{"id": str(ann.id)}]
    report = take(new, zipped(likes=likes, blocks=blocks, sessions=[{}], mutes=[], strangers=[{}]))
    assert set(report.pop("left_out")) == {"likes", "blocks", "sessions"}
    assert report == {"taken": {}, "refused": {}, "examples": []}


@pytest.mark.parametrize("line", [b"nonsense\n", b"[]\n", b'{"bio": "' + b"x" * 70_000 + b'"}\n'])
def test_a_profile_that_cannot_be_read_is_in_the_report(new: Person, line: bytes) -> None:
    report = take(new, zipped(profile=[line], posts=[old_post()]))
    assert report["taken"] == {"posts": 1}
    assert report["refused"] == {"profile": {"not a plain JSON object": 1}}
    assert report["examples"] == [{"file": "profile", "line": 1, "reason": "not a plain JSON object"}]


def test_a_file_that_is_gone_and_an_account_that_is_not_active_are_refused(new: Person) -> None:
    job = start(new, zipped())
    objects.remove(key_of(new.id, job.id))
    jobs.run(job.id)
    assert look(job).refusal == "The file is not there any more."
    change_user(new.id, State="suspended")
    assert refusal(new, zipped(posts=[old_post()])) == "The account is not active."


def look(job: Job) -> Job:
    found = Job.read(keys.job(job.id))
    assert found
    return found


def test_the_file_is_removed_after_the_end_and_kept_while_a_store_is_away(
    new: Person, storage_proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("echomate.jobs.running.AWAY_SECONDS", 0)
    job = start(new, zipped(posts=[old_post()]))
    storage_proxy.refuse()
    assert jobs.run(job.id)
    assert (look(job).state, removals(new)) == ("waiting", [])
    storage_proxy.heal()
    assert jobs.run(job.id)
    assert look(job).state == "done"
    (removal,) = removals(new)
    assert abs(removal.due_at - table.clock() - KEPT.total_seconds() * 1000) < 60_000
    removal.update(actions=[Job.due_at.set(1)])
    assert jobs.run(removal.id)
    assert objects.read(key_of(new.id, job.id)) is None


def removals(person: Person) -> list[Job]:
    entries = table.query(keys.jobs_of(person.id), index="GSI1")
    found = [Job.read((entry["PK"]["S"], entry["SK"]["S"])) for entry in entries]
    return [job for job in found if job is not None and job.kind == "file-removal"]


def test_an_import_is_shown_to_its_owner_only(ann: Person, new: Person) -> None:
    job = start(new, zipped(posts=[old_post(), old_post(1, content="")]))
    jobs.run(job.id)
    shown = new.get(f"/jobs/{job.id}").json()
    assert (shown["kind"], shown["state"], shown["result_url"]) == ("import", "done", None)
    assert shown["result"]["taken"] == {"posts": 1}
    assert shown["result"]["examples"] == [{"file": "posts", "line": 2, "reason": "content: blank"}]
    assert ann.get(f"/jobs/{job.id}").status_code == 404


def command(*arguments: str) -> str:
    out = StringIO()
    call_command("import_account", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_takes_a_file_and_reports(new: Person, tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    path.write_bytes(zipped(posts=[old_post(), old_post(1, content="")], likes=[{}]).getvalue())
    said = command(str(path), "--user", new.username)
    assert "posts: 1 taken, 1 not" in said
    assert "likes: no import takes them" in said
    assert "content: blank" in said
    assert json.loads(command(str(path), "--user", str(new.id), "--json"))["taken"] == {"posts": 1}
    assert [post["content"] for post in posts_of(new)] == ["old 0"]


def test_the_command_says_what_is_wrong(new: Person, tmp_path: Path, dynamodb_proxy: Proxy) -> None:
    path = tmp_path / "export.zip"
    path.write_bytes(b"no zip")
    with pytest.raises(CommandError, match="is damaged, or it is none") as refused:
        command(str(path), "--user", new.username)
    assert refused.value.returncode == 1
    with pytest.raises(CommandError, match="no active account nobody_x"):
        command(str(path), "--user", "nobody_x")
    with pytest.raises(CommandError, match="can't be read: No such file"):
        command(str(tmp_path / "absent.zip"), "--user", new.username)
    dynamodb_proxy.refuse()
    with pytest.raises(CommandError) as away:
        command(str(path), "--user", str(new.id))
    assert away.value.returncode == 2
