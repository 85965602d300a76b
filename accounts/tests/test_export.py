"""POST /users/me/export, from the call to the file."""

import hashlib
import urllib.error
import urllib.request
from collections.abc import Callable
from html.parser import HTMLParser

import orjson
import pytest
from django.core import mail as outbox

from accounts import mail, removing
from accounts.exporting import KEPT_SECONDS, key_of, pages
from accounts.exporting import job as export_job
from accounts.services import exporting
from accounts.tests import acting
from accounts.tests.acting import at_once, change_user
from accounts.tests.exported import ask, download, export, lines, look, stepped_up
from echomate import cache, ids, jobs, keys, objects, privacy, table
from echomate.config import config
from echomate.ids import rfc3339
from echomate.jobs import Job, running
from echomate.objects import s3
from echomate.table import Item
from echomate.testing.client import Caller, Person, problem
from echomate.testing.configuration import configured
from echomate.testing.proxy import Proxy

pytestmark = pytest.mark.store

NASTY = "<script>alert('ann & bob')</script>\n\n\u202e\"é🎉"


def stored(job: dict[str, str]) -> Job:
    found = Job.read(keys.job(int(job["id"])))
    assert found
    return found


def test_every_entity_of_the_table_is_exported_or_says_why_not() -> None:
    exported = {entity for one in privacy.exporters() for entity in one.entities}
    reasons = privacy.without_exporter()
    known = entities()
    assert known - exported - reasons.keys() == set()
    assert (exported | reasons.keys()) - known == set(), "what is gone needs no entry"
    assert exported & reasons.keys() == set()
    assert all(len(reason) > 20 for reason in reasons.values())


def entities() -> set[str]:
    """The discriminators of all items but those that tests make."""
    found, classes = set(), list(Item.__subclasses__())
    while classes:
        one = classes.pop()
        classes += one.__subclasses__()
        discriminator = one._get_discriminator_attribute()
        assert discriminator
        if ".tests." not in one.__module__:
            found.add(str(discriminator.get_discriminator(one)))
    return found


def test_an_export_holds_what_one_wrote_and_whom_one_follows(
    ann: Person, sign_up: Callable[..., Person]
) -> None:
    bob, eve = sign_up("bob"), sign_up("eve")
    ann.patch(
        "/users/me",
        {"full_name": "Ann <b>", "bio": "Line\nand line", "settings": {"timezone": "Europe/Berlin"}},
    )
    posts = [
        ann.post("/posts", {"content": text, "visibility": "followers"}).json()
        for text in ("one", NASTY.replace("\u202e", ""))
    ]
    his = bob.post("/posts", {"content": "his"}).json()
    ann.post(f"/posts/{his['id']}/like")
    for post in (posts[0], his):
        ann.post(f"/posts/{post['id']}/bookmark")
    ann.post(f"/users/{bob.id}/follow")
    bob.post(f"/users/{ann.id}/follow")
    ann.post(f"/users/{eve.id}/block")
    archive = export(ann)
    (profile,) = lines(archive, "profile")
    assert profile["full_name"] == "Ann <b>"
    assert (profile["email"], profile["settings"]["timezone"]) == (ann.email, "Europe/Berlin")
    exported = lines(archive, "posts")
    assert [row["id"] for row in exported] == [post["id"] for post in reversed(posts)]
    for row, post in zip(exported, reversed(posts), strict=True):
        assert {name: post[name] for name in row} == {**row, "url": post["url"]}
        assert row["url"] == f"{config.public_url}{post['url']}"
    assert [row["post_id"] for row in lines(archive, "likes")] == [his["id"]]
    bookmarks = lines(archive, "bookmarks")
    assert [row["post_id"] for row in bookmarks] == [his["id"], posts[0]["id"]]
    assert [row["url"] for row in bookmarks] == [config.public_url + post["url"] for post in (his, posts[0])]
    assert posts[1]["created_at"] <= bookmarks[1]["bookmarked_at"] <= bookmarks[0]["bookmarked_at"]
    for name in ("following", "followers"):
        (edge,) = lines(archive, name)
        assert (edge["id"], edge["username"]) == (str(bob.id), bob.username)
    assert [row["id"] for row in lines(archive, "blocks")] == [str(eve.id)]
    assert len(lines(archive, "sessions")) == 1


def test_an_export_holds_requests_both_ways_and_whom_one_mutes(
    ann: Person, sign_up: Callable[..., Person]
) -> None:
    bob, eve = sign_up("bob"), sign_up("eve")
    for one in (ann, bob):
        assert one.patch("/users/me", {"locked": True}).status_code == 200
    ann.post(f"/users/{bob.id}/follow")
    eve.post(f"/users/{ann.id}/follow")
    ann.post(f"/users/{bob.id}/mute", {"until": "2035-01-01T00:00:00Z", "notifications": False})
    ann.post(f"/users/{eve.id}/mute")
    bob.post(f"/users/{ann.id}/mute")
    archive = export(ann)
    for name, other in (("follow_requests", bob), ("follow_requests_received", eve)):
        (request,) = lines(archive, name)
        assert (request["id"], request["username"]) == (str(other.id), other.username)
    mutes = {row["username"]: (row["until"], row["notifications"]) for row in lines(archive, "mutes")}
    assert mutes == {bob.username: ("2035-01-01T00:00:00.000Z", False), eve.username: (None, True)}


def test_no_secret_is_in_an_export_and_nobody_elses_block(
    ann: Person, sign_up: Callable[..., Person]
) -> None:
    eve = sign_up("eve")
    eve.post(f"/users/{ann.id}/block")
    archive = export(ann)
    whole = b"".join(map(archive.read, archive.namelist())).decode()
    assert str(eve.id) not in whole
    assert eve.username not in whole
    for secret in ("$argon2", "jti", ann.refresh, ann.access):
        assert secret not in whole


def test_the_manifest_tells_what_each_file_is(ann: Person) -> None:
    ann.post("/posts", {"content": "hello"})
    archive = export(ann)
    assert archive.testzip() is None
    manifest = orjson.loads(archive.read("manifest.json"))
    assert (manifest["format"], manifest["version"]) == ("echomate-export", 1)
    assert (manifest["instance"], manifest["user_id"]) == (config.public_url, str(ann.id))
    assert manifest["rows"]["posts"] == 1
    assert manifest["sha256"].keys() == set(archive.namelist()) - {"manifest.json"}
    for name, digest in manifest["sha256"].items():
        assert hashlib.sha256(archive.read(name)).hexdigest() == digest


class Links(HTMLParser):
    """What a page leads to, and what of it would run or load."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: set[str] = set()
        self.policy = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.tags.add(tag)
        if tag == "a":
            self.found.append(known["href"] or "")
        if known.get("http-equiv") == "Content-Security-Policy":
            self.policy = known["content"] or ""


def test_the_pages_read_well_lead_to_each_other_and_run_nothing(
    ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "ROWS_AT_MOST", 2)
    for text in (NASTY.replace("\u202e", ""), "second", "third"):
        assert ann.post("/posts", {"content": text, "spoiler_text": "<i>hidden</i>"}).status_code == 201
    archive = export(ann)
    for name in archive.namelist():
        if name.endswith(".html"):
            page = archive.read(name).decode()
            links = Links(page)
            assert not links.tags & {"script", "img", "iframe", "i", "b", "form"}, name
            assert "default-src 'none'" in links.policy
            folder = name.rpartition("/")[0]
            for target in links.found:
                path = (
                    target.removeprefix("../")
                    if target.startswith("../")
                    else f"{folder}/{target}".lstrip("/")
                )
                assert path in archive.namelist(), (name, target)
    assert "&lt;script&gt;" in archive.read("pages/posts-2.html").decode()
    assert "third" in archive.read("pages/posts-1.html").decode()
    assert "posts-2.html" in archive.read("pages/posts-1.html").decode()


def test_the_pages_are_in_the_language_of_their_owner(ann: Person) -> None:
    ann.patch("/users/me", {"settings": {"locale": "de"}})
    assert '<html lang="de">' in export(ann).read("index.html").decode()


def test_an_export_takes_a_step_up_and_so_does_its_link(
    ann: Person, api: Caller, sign_up: Callable[..., Person]
) -> None:
    assert problem(ann.post("/users/me/export")) == "step-up-required"
    assert problem(api.post("/users/me/export")) == "not-authenticated"
    job = ask(stepped_up(ann))
    jobs.run(int(job["id"]))
    login = {"login": ann.username, "password": ann.password, "token_delivery": "body"}
    later = Person(
        Caller().post("/auth/login", login).json()
        | {"user": {"id": str(ann.id), "username": ann.username, "email": ann.email}}
    )
    answer = later.get(f"/jobs/{job['id']}")
    assert (answer.status_code, problem(answer)) == (403, "step-up-required")
    assert look(stepped_up(later), job)["result_url"]
    assert later.get(f"/jobs/{job['id']}").headers["Cache-Control"] == "no-store"
    eve = stepped_up(sign_up("eve"))
    assert problem(eve.get(f"/jobs/{job['id']}")) == "not-found"


def test_a_second_call_finds_the_export_that_is_under_way(ann: Person) -> None:
    stepped_up(ann)
    user = acting.stored(ann.id)
    (begun,) = {job.id for job in at_once(8, lambda _: exporting.start_export(user))}
    assert ask(ann)["id"] == str(begun)
    jobs.run(begun)
    assert ask(ann)["id"] != str(begun)


def test_exports_are_limited_to_three_a_day(ann: Person) -> None:
    stepped_up(ann)
    for _ in range(3):
        job = ask(ann)
        assert ask(ann) == job, "one that is under way counts once"
        jobs.run(int(job["id"]))
    assert problem(ann.post("/users/me/export")) == "rate-limited"


def test_the_owner_is_told_when_it_is_ready_and_no_link_is_in_the_mail(ann: Person) -> None:
    job = ask(stepped_up(ann))
    with configured(web_url="https://echo.example"):
        jobs.run(int(job["id"]))
    found = [
        one for one in jobs_of(ann) if one.kind == mail.KIND and one.payload["template"] == "export-ready"
    ]
    assert len(found) == 1
    outbox.outbox.clear()
    jobs.run(found[0].id)
    (sent,) = outbox.outbox
    assert "your data is ready" in sent.subject
    assert f"https://echo.example/exports/{job['id']}" in sent.body
    assert "X-Amz" not in str(sent.message())


def jobs_of(person: Person) -> list[Job]:
    entries = table.query(keys.jobs_of(person.id), index="GSI1")
    found = [Job.read((entry["PK"]["S"], entry["SK"]["S"])) for entry in entries]
    return [job for job in found if job is not None]


def test_the_file_goes_after_a_day(ann: Person) -> None:
    job = ask(stepped_up(ann))
    jobs.run(int(job["id"]))
    url = look(ann, job)["result_url"]
    download(url)
    (removal,) = [one for one in jobs_of(ann) if one.kind == removing.KIND]
    assert abs(removal.due_at - table.clock() - KEPT_SECONDS * 1000) < 120_000
    removing.remove(removal.payload, removal)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(url)  # noqa: S310 - the emulator's
    refused.value.close()
    there = stored(job)
    over = orjson.dumps({**(there.result or {}), "expires_at": rfc3339(ids.new_id())}).decode()
    there.update(actions=[Job.result_json.set(over)])
    assert look(ann, job)["result_url"] is None


def test_storage_that_is_away_lets_the_export_wait(
    ann: Person, storage_proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("echomate.jobs.running.AWAY_SECONDS", 0)
    stepped_up(ann)
    storage_proxy.refuse()
    job = ask(ann)
    assert jobs.run(int(job["id"]))
    assert (look(ann, job)["state"], look(ann, job)["error"]) == ("waiting", None)
    storage_proxy.heal()
    assert jobs.run(int(job["id"]))
    assert look(ann, job)["state"] == "done"


def test_an_export_that_breaks_off_leaves_nothing_and_comes_again(
    ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("echomate.jobs.running.FIRST_PAUSE_SECONDS", 0)
    job = ask(stepped_up(ann))
    key = key_of(ann.id, int(job["id"]))
    with monkeypatch.context() as patch:
        patch.setattr(pages, "index", None)
        jobs.run(int(job["id"]))
    assert objects.read(key) is None
    assert not s3().list_multipart_uploads(Bucket=config.originals_bucket, Prefix=key).get("Uploads")
    jobs.run(int(job["id"]))
    assert lines(download(look(ann, job)["result_url"]), "profile")


def test_a_job_that_runs_again_after_it_has_written_all_changes_nothing(ann: Person) -> None:
    job = ask(stepped_up(ann))
    claimed = stored(job)
    export_job.make(claimed.payload, claim(claimed))
    before = sorted(one.id for one in jobs_of(ann))
    there = stored(job)
    there.update(actions=[Job.due_at.set(1)])
    assert jobs.run(int(job["id"]))
    assert sorted(one.id for one in jobs_of(ann)) == before, "one mail, one removal"
    assert look(ann, job)["state"] == "done"


def claim(job: Job) -> Job:
    claimed = running._claim(job.id)
    assert claimed
    return claimed


@pytest.mark.parametrize("state", ["suspended", "erasing"])
def test_an_account_that_goes_while_it_is_exported_leaves_no_file(
    ann: Person, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    job = ask(stepped_up(ann))
    index = pages.index

    def go_meanwhile(*arguments: object) -> str:
        change_user(ann.id, State=state)
        return index(*arguments)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(pages, "index", go_meanwhile)
    jobs.run(int(job["id"]))
    assert stored(job).state == "failed"
    assert stored(job).refusal == "The account is not active."
    assert objects.read(key_of(ann.id, int(job["id"]))) is None


def test_a_job_of_an_account_that_is_gone_makes_nothing() -> None:
    nobody = ids.new_id()
    job = jobs.job("export", {"user": str(nobody)}, user=nobody)
    jobs.add(job)
    assert jobs.run(job.id)
    assert objects.read(key_of(nobody, job.id)) is None


def test_a_follower_without_an_account_any_more_has_no_name(
    ann: Person, sign_up: Callable[..., Person]
) -> None:
    bob = sign_up("bob")
    bob.post(f"/users/{ann.id}/follow")
    change_user(bob.id, State="suspended")
    cache.forget(keys.cached_user(bob.id))
    assert lines(export(ann), "followers")[0]["username"] is None
