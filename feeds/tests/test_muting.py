"""Feeds without the muted, and with them again once the mute is over."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from echomate import jobs
from echomate.testing.client import Person, sign_up
from echomate.testing.projecting import Projecting
from echomate.testing.working import run_jobs
from social.services import mute

PATIENCE_SECONDS = 30


@pytest.fixture
def bob(ann: Person) -> Person:
    """Ann follows him."""
    bob = sign_up("bob")
    assert ann.post(f"/users/{bob.id}/follow").status_code == 200
    return bob


def ids(reader: Person, path: str) -> list[str]:
    response = reader.get(path)
    assert response.status_code == 200, response.content
    return [post["id"] for post in response.json()["results"]]


def publish(author: Person) -> str:
    return str(author.post("/posts", {"content": "hello"}).json()["id"])


def test_the_muted_leave_every_feed_at_the_next_read_and_nothing_else(ann: Person, bob: Person) -> None:
    post, own = publish(bob), publish(ann)
    assert ids(ann, "/feed") == [own, post]
    assert ann.post(f"/users/{bob.id}/mute").status_code == 200
    assert ids(ann, "/feed") == [own]
    assert post not in ids(ann, "/timeline")
    assert ids(ann, f"/users/{bob.id}/posts") == [post]
    assert ann.get(f"/posts/{post}").status_code == 200
    assert ids(ann, f"/posts?ids={post}") == [post]
    assert post in ids(bob, "/timeline")


def test_an_unmute_brings_back_what_was_posted_meanwhile_and_before(
    ann: Person, bob: Person, projector: Projecting
) -> None:
    before = publish(bob)
    assert ann.post(f"/users/{bob.id}/mute").status_code == 200
    assert ids(ann, "/feed") == []
    meanwhile = publish(bob)
    projector.catch_up()
    assert ids(ann, "/feed") == []
    assert ann.delete(f"/users/{bob.id}/mute").status_code == 200
    assert ids(ann, "/feed") == [meanwhile, before]
    assert meanwhile in ids(ann, "/timeline")


def test_the_end_of_a_mute_brings_back_what_a_feed_was_built_without(
    ann: Person, bob: Person, projector: Projecting
) -> None:
    posts = [publish(bob), publish(bob)]
    until = datetime.now(UTC) + timedelta(seconds=3)
    mute(muter=ann.id, muted=bob.id, until=until)
    projector.catch_up()
    found = ids(ann, "/feed")
    assert found == [] or datetime.now(UTC) >= until
    deadline = time.monotonic() + PATIENCE_SECONDS
    while found != posts[::-1] and time.monotonic() < deadline:
        jobs.Sender().send_due()
        run_jobs()
        time.sleep(0.05)
        found = ids(ann, "/feed")
    assert found == posts[::-1]
