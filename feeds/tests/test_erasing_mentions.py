"""One who is erased stays in others' texts as a name in plain text, without a link and without their id."""

import re
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from echomate import cache, dynamodb, keys, table
from echomate.keys import Key
from echomate.stream import rebuild
from echomate.testing.client import Person, sign_up
from echomate.testing.projecting import Projecting
from echomate.testing.races import halting
from echomate.testing.stack import needs_times_of_records
from feeds.tests.erasing import erase, soon
from feeds.tests.test_verifying import verify
from posts import erasure, mentions
from posts.text import without_mentions, written

pytestmark = needs_times_of_records


@pytest.fixture
def projector() -> Iterator[Projecting]:
    with soon() as running:
        yield running


@pytest.fixture
def zoe() -> Person:
    """Who will be erased."""
    return sign_up("zoe")


def publish(author: Person, content: str) -> int:
    return int(author.post("/posts", {"content": content}).json()["id"])


def item(key: Key) -> dict[str, Any]:
    found = table.get_item(key)
    assert found is not None
    return dynamodb.plain(found)


def unlink(user: int) -> int:
    """A look of an erasure at mentions alone; how many it has found."""
    return sum(erasure.erase_mentions(user))


def test_posts_versions_and_comments_keep_the_name_as_text(
    projector: Projecting, zoe: Person, bob: Person
) -> None:
    eva, name = sign_up("eva"), zoe.username
    post = publish(bob, f"@{name} and @{eva.username}, @{name.upper()}!")
    assert (
        bob.patch(
            f"/posts/{post}", {"content": f"#tag @{eva.username} @{name} https://a.example/"}
        ).status_code
        == 200
    )
    comment = bob.post(f"/posts/{post}/comments", {"content": f"Dear @{name}"}).json()["id"]
    before = bob.get(f"/posts/{post}").json()
    commented = bob.get(f"/comments/{comment}").json()
    projector.catch_up()
    receipt = erase(zoe)

    after = bob.get(f"/posts/{post}").json()
    link = f'<a class="mention" href="/api/v1/users/{zoe.id}" rel="nofollow noopener ugc">'
    assert (
        after["content_html"]
        == before["content_html"].replace(f"{link}@{name}</a>", f"@{name}")
        != before["content_html"]
    )
    assert [one["id"] for one in after["mentions"]] == [str(eva.id)]
    same = ("content", "edited_at", "updated_at", "tags", "created_at")
    assert {key: after[key] for key in same} == {key: before[key] for key in same}
    (former,) = bob.get(f"/posts/{post}/history").json()["results"]
    assert former["content"] == f"@{name} and @{eva.username}, @{name.upper()}!"
    assert re.findall(r">([^<]+)</a>", former["content_html"]) == [f"@{eva.username}"]
    shown = bob.get(f"/comments/{comment}").json()
    assert (shown["content_html"], shown["mentions"]) == (f"<p>Dear @{name}</p>", [])
    assert shown["edited_at"] == commented["edited_at"] is None
    assert receipt["removed"]["mentions in what others have written"] == 3
    assert verify(str(zoe.id), "--username", name, "--email", zoe.email) == (0, [])


def test_what_was_read_before_may_still_be_edited(projector: Projecting, zoe: Person, bob: Person) -> None:
    """An unlinking is no edit: the version that the author has read is still the present one."""
    post = publish(bob, f"hello @{zoe.username}")
    projector.catch_up()
    tag = bob.get(f"/posts/{post}").headers["ETag"]
    assert unlink(zoe.id) == 1
    assert bob.patch(f"/posts/{post}", {"content": "hello"}, headers={"If-Match": tag}).status_code == 200


def test_run_twice_or_after_a_kill_in_the_middle_it_ends_the_same(
    projector: Projecting, zoe: Person, bob: Person
) -> None:
    posts = [publish(bob, f"hello @{zoe.username} {number}") for number in range(3)]
    projector.catch_up()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table, "delete_all", killed_here)  # between the text and its entry
        with pytest.raises(SystemExit):
            unlink(zoe.id)
    assert unlink(zoe.id) == 3
    assert unlink(zoe.id) == 0
    projector.catch_up()
    assert unlink(zoe.id) == 0
    for post in posts:
        assert f"users/{zoe.id}" not in item(keys.post(post))["ContentHtml"]
        assert "Mentions" not in item(keys.post(post))


def killed_here(wanted: Iterable[Key], delete_all: Callable[[Iterable[Key]], int] = table.delete_all) -> int:
    """The projector beside the test goes on."""
    if threading.current_thread() is threading.main_thread():
        raise SystemExit
    return delete_all(wanted)


@pytest.mark.parametrize("what", ["post", "comment"])
def test_an_edit_of_the_author_that_comes_between_is_not_lost_and_unlinked_too(
    projector: Projecting, zoe: Person, bob: Person, what: str
) -> None:
    post = publish(bob, f"hello @{zoe.username}")
    path, key = f"/posts/{post}", keys.post(post)
    if what == "comment":
        made = bob.post(f"/posts/{post}/comments", {"content": f"dear @{zoe.username}"}).json()["id"]
        path, key = f"/comments/{made}", keys.comment(int(made))
    projector.catch_up()
    with halting(mentions, "without_mentions", after=False) as halt, ThreadPoolExecutor(1) as pool:
        unlinking = pool.submit(mentions.forget, zoe.id, key)
        halt.wait()
        edited = bob.put(path, {"content": f"edited, @{zoe.username}"})
        halt.go_on()
        unlinking.result()
    assert edited.status_code == 200, edited.content
    stored = item(key)
    assert stored["Content"] == f"edited, @{zoe.username}"
    assert stored["ContentHtml"] == f"<p>edited, @{zoe.username}</p>"
    projector.catch_up()
    while unlink(zoe.id):
        projector.catch_up()
    assert verify_id(zoe.id) == []


def verify_id(user: int) -> list[str]:
    """Where others' writings still name a user."""
    return [
        f"{found['PK']} {found['SK']}"
        for entity in mentions.ENTITIES
        for found in map(
            dynamodb.plain, rebuild.everything(entity, attributes=("PK", "SK", "Mentions", "ContentHtml"))
        )
        if user in mentions.named_in(found) or f"users/{user}" in found.get("ContentHtml", "")
    ]


def test_an_entry_goes_when_its_mention_goes(projector: Projecting, zoe: Person, bob: Person) -> None:
    post = publish(bob, f"hello @{zoe.username}")
    comment = int(bob.post(f"/posts/{post}/comments", {"content": f"@{zoe.username}"}).json()["id"])
    projector.catch_up()
    assert set(mentions.entries(zoe.id)) == {keys.post(post), keys.comment(comment)}
    assert bob.put(f"/comments/{comment}", {"content": "never mind"}).status_code == 200
    assert bob.patch(f"/posts/{post}", {"content": "hello"}).status_code == 200
    projector.catch_up()
    assert set(mentions.entries(zoe.id)) == {keys.version(post, 1)}


def test_a_record_that_is_handled_again_late_takes_away_no_entry_that_is_due(
    zoe: Person, bob: Person
) -> None:
    post = publish(bob, f"hello @{zoe.username}")
    mentions.update(keys.post(post), frozenset(), frozenset({zoe.id}))
    mentions.update(keys.post(post), frozenset({zoe.id}), frozenset())
    assert list(mentions.entries(zoe.id)) == [keys.post(post)]


def test_a_rebuild_makes_entries_of_what_was_written_before_there_were_any_and_removes_stale_ones(
    zoe: Person, bob: Person
) -> None:
    post = publish(bob, f"hello @{zoe.username}")
    assert bob.patch(f"/posts/{post}", {"content": f"again @{zoe.username}"}).status_code == 200
    comment = int(bob.post(f"/posts/{post}/comments", {"content": f"@{zoe.username}"}).json()["id"])
    gone = publish(bob, "nobody")
    mentions._put(keys.post(gone), [zoe.id])
    mentions.put_all()
    mentions.delete_stale()
    assert set(mentions.entries(zoe.id)) == {keys.post(post), keys.version(post, 1), keys.comment(comment)}


def test_what_is_unlinked_is_what_the_text_has_linked(zoe: Person) -> None:
    others = sign_up("zoes")
    text = f"@{zoe.username} <@{zoe.username}>, @{others.username} https://a.example/users/{zoe.id}"
    made = written(text, author=others.id)
    plain = without_mentions(made.html, {zoe.id})
    assert plain.startswith(f"<p>@{zoe.username} &lt;@{zoe.username}&gt;, <a class=")
    assert f"/users/{others.id}" in plain
    assert without_mentions(plain, {zoe.id}) == plain


def test_while_redis_is_cold_the_cached_post_is_forgotten(
    projector: Projecting, zoe: Person, bob: Person
) -> None:
    post = publish(bob, f"hello @{zoe.username}")
    projector.catch_up()
    assert zoe.username in bob.get(f"/posts/{post}").json()["content_html"]
    unlink(zoe.id)
    cached = cache.ask(("GET", keys.cached_post(post)))[0]
    assert cached is None or f"users/{zoe.id}".encode() not in cached
    assert f"users/{zoe.id}" not in bob.get(f"/posts/{post}").json()["content_html"]
