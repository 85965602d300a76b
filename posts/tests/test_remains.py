"""What is left of what was deleted while the stream's record of it was lost."""

from typing import Any

import pytest

from echomate import dynamodb, jobs, keys, table
from echomate.config import config
from echomate.ids import now_seconds
from echomate.jobs import Job
from echomate.keys import Key
from echomate.testing.projecting import projecting
from media.models import Media
from media.tests.ready import ready
from posts import remains, sweeping
from posts.comments.tasks import SWEEP_LIKES
from posts.models import TOMBSTONE_SECONDS
from posts.tests.actor import Person
from posts.tests.commenting import comment_on


@pytest.fixture
def post(ann: Person, bob: Person) -> int:
    """One that was edited, liked and answered, and counted."""
    picture = ready(ann.id)
    id_ = ann.publish("first", media_ids=[str(picture)])
    ann.patch(f"posts/{id_}", {"content": "second"})
    bob.post(f"posts/{id_}/like")
    comment_on(id_, bob, parent=comment_on(id_, bob))
    with projecting() as projector:
        projector.catch_up()
    return id_


def delete(key: Key) -> None:
    """As after its time to live, long after the stream's record of the deletion was lost."""
    dynamodb.call("DeleteItem", {"TableName": config.table_name, "Key": table.wire_key(key)})


def end_of(key: Key) -> int | None:
    item = table.get_item(key)
    assert item is not None
    return int(item["ExpiresAt"]["N"]) if "ExpiresAt" in item else None


def waiting(kind: str, payload: dict[str, Any]) -> list[Job]:
    entries = (entry for shard in jobs.shards_of(kind) for entry in table.query(shard, index="GSI2"))
    found = [Job.read(table.key_of(entry)) for entry in entries]
    return [job for job in found if job is not None and job.payload == payload]


def pictures(person: Person) -> list[Media]:
    items = table.batch_get(map(table.key_of, table.query(keys.media_of(person.id), index="GSI1")))
    return [media for media in map(Media.of, items) if media is not None]


def test_a_tombstone_whose_record_was_lost_is_swept_by_a_rebuild(ann: Person, post: int) -> None:
    ann.delete(f"posts/{post}")
    assert len(pictures(ann)) == 1
    for _ in range(2):
        remains.expect_all()
        assert len(waiting(sweeping.SWEEP, {"post": str(post)})) == 1
        assert end_of(keys.post_stats(post)) == end_of(keys.post(post))
        assert pictures(ann) == []
    assert sum(sweeping.sweep(post)) == 4


def test_so_is_what_a_tombstone_has_left_that_is_gone(ann: Person, post: int) -> None:
    delete(keys.post(post))
    for _ in range(2):
        remains.expect_all()
        assert len(waiting(sweeping.SWEEP, {"post": str(post)})) == 1
        end = end_of(keys.post_stats(post))
        assert end is not None
        assert abs(end - now_seconds() - TOMBSTONE_SECONDS) < 600
        assert pictures(ann) == []
    assert sum(sweeping.sweep(post)) == 4


def test_counters_that_nothing_else_is_left_of_get_an_end(ann: Person, bob: Person, post: int) -> None:
    bob.delete(f"posts/{post}/like")
    list(sweeping.sweep_partition(post))
    delete(keys.post(post))
    remains.expect_all()
    assert end_of(keys.post_stats(post)) is not None


@pytest.mark.parametrize("is_answered", [True, False])
def test_likes_of_a_comment_whose_end_was_lost_go_too(ann: Person, bob: Person, *, is_answered: bool) -> None:
    post = ann.publish()
    comment = comment_on(post, bob)
    ann.post(f"comments/{comment}/like")
    if is_answered:
        comment_on(post, ann, parent=comment)
    with projecting() as projector:
        projector.catch_up()
    bob.delete(f"comments/{comment}")
    for _ in range(2):
        remains.expect_all()
        assert len(waiting(SWEEP_LIKES, {"comment": str(comment)})) == 1
        assert end_of(keys.comment_stats(comment)) == end_of(keys.comment(comment))
    assert (end_of(keys.comment(comment)) is None) == is_answered


def test_what_is_there_is_left_alone(ann: Person, bob: Person, post: int) -> None:
    comment = comment_on(post, ann)
    bob.post(f"comments/{comment}/like")
    before = {key: table.get_item(key) for key in (keys.post_stats(post), keys.post(post))}
    remains.expect_all()
    assert waiting(sweeping.SWEEP, {"post": str(post)}) == []
    assert waiting(SWEEP_LIKES, {"comment": str(comment)}) == []
    assert {key: table.get_item(key) for key in before} == before
    assert len(pictures(ann)) == 1
