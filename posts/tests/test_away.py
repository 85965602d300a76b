"""With Redis away people still post, edit, like and read; with DynamoDB away they are told to come back."""

import threading
import time
from functools import partial

from echomate.testing.proxy import Proxy
from posts.tests.actor import Actor, Person
from social import services as social


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
    redis_proxy.heal()
    time.sleep(0.6)  # for so long a process leaves a Redis alone that failed it
    with projecting() as running:
        running.catch_up()
    post = bob.get(path).json
    assert (post["content"], post["viewer"]["liked"]) == ("second", True)


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
    ):
        start = time.monotonic()
        answer = call()
        assert (answer.status, answer.problem) == (503, "unavailable")
        assert answer.headers["Retry-After"]
        assert time.monotonic() - start < 5
    dynamodb_proxy.heal()
    assert bob.post(f"posts/{post}/like").status == 200


def test_a_write_whose_answer_is_lost_is_made_once(ann: Person, dynamodb_proxy: Proxy) -> None:
    """The wire tries again; the condition of each write knows its own first try."""
    ann.publish("warm", language="en")
    lose_the_next_answer(dynamodb_proxy)
    post = ann.publish("hello", language="en")
    lose_the_next_answer(dynamodb_proxy)
    assert ann.post(f"posts/{post}/like").json["counts"]["likes"] == 1
    lose_the_next_answer(dynamodb_proxy)
    assert ann.delete(f"posts/{post}").status == 204
    assert ann.get(f"posts/{post}").status == 404
    assert len(ann.ids(f"users/{ann.id}/posts")) == 1


def lose_the_next_answer(proxy: Proxy) -> None:
    """A request arrives, its answer doesn't; a moment later the wire is whole again."""
    proxy.cut_after(0)
    threading.Timer(0.05, proxy.heal).start()
