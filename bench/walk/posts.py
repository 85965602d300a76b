"""What people write, who sees it, and how they talk under it."""

import secrets
import time
from collections.abc import Callable
from typing import Any

from bench.walk.person import Person, new_person
from bench.walk.town import Town

EVERYBODY, FOLLOWERS, MENTIONED = "public", "followers", "mentioned"


def write_with_names_tags_and_links(town: Town) -> None:
    author, friend = new_person(town, "author"), new_person(town, "friend")
    tag = f"walk{secrets.token_hex(3)}"
    content = (
        f"With @{friend.name} on https://example.org/paths?a=1&b=2 #{tag.upper()} <script>alert(1)</script>"
    )
    post = author.call("POST", "/posts", {"content": content}, status=201)
    html = post["content_html"]
    assert "<script" not in html, html
    assert 'href="https://example.org/paths?a=1&amp;b=2"' in html, html
    assert "nofollow" in html, html
    assert post["tags"] == [tag], post
    assert [one["username"] for one in post["mentions"]] == [friend.name]
    path = f"/posts/{post['id']}"
    _soon(lambda: _ids(town.call("GET", f"/tags/{tag}/timeline", status=200)) == [post["id"]])

    etag = town.answer("GET", path, status=200).headers["ETag"]
    changed = author.call("PATCH", path, {"content": "Alone."}, status=200, headers={"If-Match": etag})
    assert (changed["mentions"], changed["tags"], bool(changed["edited_at"])) == ([], [], True)
    stale = author.call("PATCH", path, {"content": "Late."}, status=412, headers={"If-Match": etag})
    assert stale["type"].endswith("edit-conflict"), stale
    (before,) = town.call("GET", f"{path}/history", status=200)["results"]
    assert before["content"] == content
    _soon(lambda: _ids(town.call("GET", f"/tags/{tag}/timeline", status=200)) == [])
    friend.call("DELETE", path, status=403)
    author.call("DELETE", path, status=204)
    town.call("GET", path, status=404)


def show_it_to_the_right_eyes(town: Town) -> None:
    author, follower, stranger = (new_person(town, name) for name in ("author", "follower", "stranger"))
    follower.call("POST", f"/users/{author.name}/follow", status=200)
    posts = {
        visibility: author.call(
            "POST", "/posts", {"content": f"For @{stranger.name}", "visibility": visibility}, status=201
        )["id"]
        for visibility in (EVERYBODY, FOLLOWERS, MENTIONED)
    }
    seen = {author.name: (200, 200, 200), follower.name: (200, 200, 404), stranger.name: (200, 404, 200)}
    for person in (author, follower, stranger):
        for post, status in zip(posts.values(), seen[person.name], strict=True):
            person.call("GET", f"/posts/{post}", status=status)
            person.call("GET", f"/posts/{post}/comments", status=status)
            person.call("POST", f"/posts/{post}/like", status=status)
    _soon(lambda: _ids(follower.call("GET", "/feed", status=200)) == [posts[FOLLOWERS], posts[EVERYBODY]])
    follower.call("DELETE", f"/users/{author.name}/follow", status=200)
    follower.call("GET", f"/posts/{posts[FOLLOWERS]}", status=404)
    assert posts[FOLLOWERS] not in _ids(follower.call("GET", f"/users/{author.name}/posts", status=200))
    author.call("POST", f"/users/{stranger.name}/block", status=200)
    stranger.call("GET", f"/posts/{posts[MENTIONED]}", status=404)
    town.call("GET", f"/posts/{posts[EVERYBODY]}", status=200)

    quiet = {"content": "No answers, please.", "reply_policy": "nobody"}
    post = author.call("POST", "/posts", quiet, status=201)["id"]
    follower.call("POST", f"/posts/{post}/comments", {"content": "Still."}, status=403)
    author.call("POST", f"/posts/{post}/comments", {"content": "Myself I may."}, status=201)


def talk_in_a_thread(town: Town) -> None:
    author, other = new_person(town, "author"), new_person(town, "other")
    post = author.call("POST", "/posts", {"content": "What do you think?"}, status=201)["id"]
    path = f"/posts/{post}/comments"

    def say(who: Person, content: str, parent: str | None = None) -> Any:
        return who.call("POST", path, {"content": content, "parent_id": parent}, status=201)

    first, second = say(other, f"First, @{author.name}"), say(author, "Second")
    assert [one["username"] for one in first["mentions"]] == [author.name]
    answer = say(author, "An answer", first["id"])
    deep = say(other, "One to that", answer["id"])
    assert [one["depth"] for one in (first, answer, deep)] == [0, 1, 2]
    for sort, expected in (("oldest", [first, second]), ("newest", [second, first])):
        listed = town.call("GET", f"{path}?sort={sort}", status=200)
        assert _ids(listed) == [one["id"] for one in expected], listed
    thread = town.call("GET", f"/comments/{first['id']}/thread", status=200)
    assert [one["content"] for one in thread["results"]] == [
        one["content"] for one in (first, answer, deep)
    ], thread
    _soon(lambda: town.call("GET", f"/posts/{post}", status=200)["counts"]["comments"] == 4)

    liked = author.call("POST", f"/comments/{first['id']}/like", status=200)
    assert liked["viewer"]["liked"]
    other.call("PUT", f"/comments/{first['id']}", {"content": "First, and changed"}, status=200)
    author.call("PUT", f"/comments/{first['id']}", {"content": "Mine now"}, status=403)
    other.call("POST", f"/comments/{second['id']}/hide", status=403)
    author.call("POST", f"/comments/{first['id']}/hide", status=200)
    town.call("GET", f"/comments/{first['id']}", status=404)
    assert other.call("GET", f"/comments/{first['id']}", status=200)["hidden"]
    author.call("DELETE", f"/comments/{first['id']}/hide", status=200)
    other.call("DELETE", f"/comments/{first['id']}", status=204)
    grave = town.call("GET", f"{path}", status=200)["results"][0]
    assert (grave["id"], grave["content"], grave["author"]) == (first["id"], "", None), grave
    _soon(lambda: town.call("GET", f"/posts/{post}", status=200)["counts"]["comments"] == 3)


def keep_for_later(town: Town) -> None:
    author, reader = new_person(town, "author"), new_person(town, "reader")
    post = author.call("POST", "/posts", {"content": "Worth keeping."}, status=201)["id"]
    assert reader.call("POST", f"/posts/{post}/bookmark", status=200)["viewer"]["bookmarked"]
    assert _ids(reader.call("GET", "/bookmarks", status=200)) == [post]
    assert _ids(author.call("GET", "/bookmarks", status=200)) == []
    reader.call("DELETE", f"/posts/{post}/bookmark", status=200)
    key = {"Idempotency-Key": secrets.token_hex(8)}
    once = [reader.call("POST", "/posts", {"content": "Once."}, status=201, headers=key) for _ in range(3)]
    assert once[0] == once[1] == once[2]
    reader.call("POST", "/posts", {"content": "Another."}, status=422, headers=key)
    assert len(_ids(town.call("GET", f"/users/{reader.name}/posts", status=200))) == 1


def _ids(listed: Any) -> list[str]:
    return [one["id"] for one in listed["results"]]


def _soon(holds: Callable[[], bool]) -> None:
    """What follows from the stream takes a moment."""
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end, "it has not come in half a minute"
        time.sleep(0.1)
