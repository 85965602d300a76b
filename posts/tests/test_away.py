"""With Redis away people still post, edit, like and read; with DynamoDB away they are told to come back."""

import time
from functools import partial
from typing import Any

import pytest

from echomate import dynamodb
from echomate.testing.proxy import Proxy
from echomate.testing.timing import within
from posts.tests.actor import Actor, Person
from social import services as social

WRITES = {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"}


def test_without_redis_everything_but_speed_is_the_same(
    ann: Person, bob: Person, nobody: Actor, redis_proxy: Proxy
) -> None:
    social.follow(follower=bob.id, followed=ann.id)
    before = ann.publish("before", visibility="followers")
    redis_proxy.refuse()
    post = ann.publish("hello")
    assert bob.get(f"posts/{post}").json["content"] == "hello"
    assert bob.get(f"posts/{before}").status == 200
    assert nobody.get(f"posts/{before}").status == 404
    assert bob.post(f"posts/{post}/like").json["viewer"]["liked"]
    assert bob.get(f"posts/{post}").json["viewer"]["liked"]
    assert bob.ids(f"users/{bob.id}/likes") == [post]
    assert bob.ids(f"posts/{post}/likes") == [bob.id]
    assert not bob.delete(f"posts/{post}/like").json["viewer"]["liked"]
    assert bob.post(f"posts/{post}/bookmark").json["viewer"]["bookmarked"]
    assert bob.get(f"posts/{post}").json["viewer"]["bookmarked"]
    assert bob.ids("bookmarks") == [post]
    assert not bob.delete(f"posts/{post}/bookmark").json["viewer"]["bookmarked"]
    assert bob.ids("bookmarks") == []
    assert ann.patch(f"posts/{post}", {"content": "edited"}).json["content"] == "edited"
    assert bob.ids(f"users/{ann.name}/posts") == [post, before]
    assert ann.delete(f"posts/{post}").status == 204
    assert bob.get(f"posts/{post}").status == 404


def test_what_was_written_while_redis_was_away_shows_after_the_projector_has_forgotten_the_old(
    ann: Person, bob: Person, redis_proxy: Proxy
) -> None:
    from echomate.testing.projecting import projecting

    path = f"posts/{ann.publish('first')}"
    bob.get(path)
    redis_proxy.refuse()
    ann.patch(path, {"content": "second"})
    bob.post(f"{path}/like")
    bob.post(f"{path}/bookmark")
    redis_proxy.heal()
    time.sleep(0.6)  # for so long a process leaves a Redis alone that failed it
    with projecting() as running:
        running.catch_up()
    post = bob.get(path).json
    assert (post["content"], post["viewer"]) == ("second", {"liked": True, "bookmarked": True})


def test_without_dynamodb_the_answer_is_503_within_five_seconds(
    ann: Person, bob: Person, dynamodb_proxy: Proxy
) -> None:
    post = ann.publish("hello")
    bob.get("users/me")
    dynamodb_proxy.refuse()
    for call in (
        partial(ann.post, "posts", {"content": "x"}),
        partial(ann.patch, f"posts/{post}", {"content": "x"}),
        partial(bob.post, f"posts/{post}/like"),
        partial(bob.post, f"posts/{post}/bookmark"),
        partial(bob.get, "bookmarks"),
    ):
        answer = within(5, call)
        assert (answer.status, answer.problem) == (503, "unavailable")
        assert answer.headers["Retry-After"]
    dynamodb_proxy.heal()
    assert bob.post(f"posts/{post}/like").status == 200


def test_a_write_whose_answer_is_lost_is_made_once(ann: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wire tries again; the condition of each write knows its own first try."""
    ann.get("users/me")  # which notes that the session is used
    lost = lose_first_answers(monkeypatch)
    path = f"posts/{ann.publish('first', visibility='public', language='en')}"
    assert len(ann.ids(f"users/{ann.id}/posts")) == 1
    edited = ann.patch(path, {"content": "second"}, If_Match=ann.get(path).headers["ETag"])
    assert (edited.status, edited.json["content"]) == (200, "second")
    assert ann.post(f"{path}/like").json["counts"]["likes"] == 1
    assert ann.get(path).json["viewer"]["liked"]
    assert ann.delete(f"{path}/like").status == 200
    assert not ann.get(path).json["viewer"]["liked"]
    assert ann.post(f"{path}/bookmark").json["viewer"]["bookmarked"]
    assert ann.ids("bookmarks") == [int(path.removeprefix("posts/"))]
    assert ann.delete(f"{path}/bookmark").status == 200
    assert ann.ids("bookmarks") == []
    assert ann.delete(path).status == 204
    assert ann.get(path).status == 404
    marks = ["PutItem", "DeleteItem"] * 2
    assert lost == ["PutItem", "TransactWriteItems", *marks, "UpdateItem"]


def lose_first_answers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every write is made, and the answer to its first try is lost; the operations to which that happened."""
    client = type(dynamodb._client("PutItem"))
    send = client.post
    lost: list[str] = []
    bodies: list[bytes] = []

    def post(self: Any, target: str, body: bytes, **limits: float) -> Any:
        answer = send(self, target, body, **limits)
        operation = target.rpartition(".")[2]
        if operation in WRITES and body not in bodies:
            bodies.append(body)
            lost.append(operation)
            raise ConnectionError("the answer is lost")
        return answer

    monkeypatch.setattr(client, "post", post)
    return lost
