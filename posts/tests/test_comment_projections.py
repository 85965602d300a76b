"""Counters of comments after the projector, handlers that run twice, recounts, and the end of threads."""

import time
from typing import Any

import pytest

from echomate import cache, dynamodb, keys, table
from echomate.stream import rebuild
from echomate.testing.projecting import Projecting
from posts.comments import recent, services
from posts.comments.projections import comment_changed, like_changed
from posts.comments.services.sweeping import sweep_likes
from posts.comments.tasks import SWEEP_LIKES, sweep_likes_of
from posts.tests.actor import Person
from posts.tests.commenting import comment_on
from posts.tests.test_projections import change, effects
from posts.tests.test_recounts import kept, spoil


def counts(person: Person, path: str) -> dict[str, int]:
    found: dict[str, int] = person.get(path).json["counts"]
    return found


def test_comments_answers_and_likes_are_counted(ann: Person, bob: Person, projector: Projecting) -> None:
    post = ann.publish()
    top = comment_on(post, bob)
    answers = [comment_on(post, ann, parent=top) for _ in range(2)]
    deeper = comment_on(post, bob, parent=answers[0])
    for person in (ann, bob):
        person.post(f"comments/{top}/like")
    bob.put(f"comments/{deeper}", {"content": "edited"})
    ann.post(f"comments/{deeper}/hide")
    projector.catch_up()
    assert kept(keys.post_stats(post), "Comments") == 4
    assert counts(ann, f"posts/{post}")["comments"] == 4
    assert counts(ann, f"comments/{top}") == {"likes": 2, "replies": 2}
    assert counts(ann, f"comments/{answers[0]}") == {"likes": 0, "replies": 1}
    ann.delete(f"comments/{answers[0]}")
    ann.delete(f"comments/{answers[1]}")
    bob.delete(f"comments/{top}/like")
    projector.catch_up()
    assert kept(keys.post_stats(post), "Comments") == 2
    assert kept(keys.comment_stats(top), "Replies") == 0
    assert kept(keys.comment_stats(top), "Likes") == 1
    assert kept(keys.comment_stats(answers[0]), "Replies") == 1


def test_the_life_of_a_comment_counts_once_up_and_once_down(ann: Person, bob: Person) -> None:
    post = ann.publish()
    top = comment_on(post, bob)
    made = image(comment_on(post, ann, parent=top))
    comment = made["Id"]
    ann.put(f"comments/{comment}", {"content": "edited"})
    edited = image(comment)
    ann.delete(f"comments/{comment}")
    tombstone = image(comment)
    forget, forget_stats = ("DEL", keys.cached_comment(comment)), ("DEL", keys.cached_comment_stats(comment))
    up, down = ([("Comments", delta), ("Replies", delta)] for delta in (1, -1))
    come = recent.remember_in_place(comment, post=post, parent=top)
    gone = recent.forget_in_place(post=post, parent=top)
    assert effects(comment_changed, change("insert", None, made)) == (up, [forget, *come])
    assert effects(comment_changed, change("modify", made, edited)) == ([], [forget])
    deletion = effects(comment_changed, change("modify", edited, tombstone))
    assert deletion == (down, [forget, *gone, forget_stats])
    assert effects(comment_changed, change("remove", tombstone, None, expired=True)) == ([], [forget, *gone])
    assert effects(comment_changed, change("remove", edited, None)) == ([], [forget, *gone])
    kept = image(top)
    bob.delete(f"comments/{top}")
    assert (
        recent.forget_in_place(post=post, parent=None)[0]
        not in effects(comment_changed, change("modify", kept, image(top)))[1]
    )
    right_under_the_post = effects(comment_changed, change("insert", None, kept))
    come = recent.remember_in_place(top, post=post, parent=None)
    assert right_under_the_post == ([("Comments", 1)], [("DEL", keys.cached_comment(top)), *come])


def image(comment: int) -> dict[str, Any]:
    item = table.get_item(keys.comment(comment))
    assert item is not None
    return dynamodb.plain(item)


def test_a_like_of_a_comment_counts_for_the_comment(ann: Person, bob: Person) -> None:
    comment = comment_on(ann.publish(), bob)
    ann.post(f"comments/{comment}/like")
    item = table.get_item(keys.comment_like(comment, ann.id))
    assert item is not None
    like, forget = dynamodb.plain(item), ("HDEL", keys.comment_viewer_hash(ann.id), comment)
    assert effects(like_changed, change("insert", None, like)) == ([("Likes", 1)], [forget])
    assert effects(like_changed, change("modify", like, like)) == ([], [])
    assert effects(like_changed, change("remove", like, None)) == ([("Likes", -1)], [forget])


def test_the_projector_forgets_what_a_writer_that_died_left_in_redis(ann: Person, bob: Person) -> None:
    from echomate.testing.projecting import projecting

    path = f"comments/{(comment := comment_on(ann.publish(), bob, 'first'))}"
    ann.get(path)
    old, bits = cache.ask(
        ("GET", keys.cached_comment(comment)), ("HGET", keys.comment_viewer_hash(ann.id), comment)
    )
    bob.put(path, {"content": "second"})
    ann.post(f"{path}/like")
    cache.ask(
        ("SET", keys.cached_comment(comment), old), ("HSET", keys.comment_viewer_hash(ann.id), comment, bits)
    )
    assert ann.get(path).json["content"] == "first"
    with projecting() as running:
        running.catch_up()
        seen = ann.get(path).json
    assert (seen["content"], seen["counts"]["likes"], seen["viewer"]) == ("second", 1, {"liked": True})


def test_a_rebuild_counts_comments_answers_and_likes_from_the_facts(
    ann: Person, bob: Person, projector: Projecting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuild, "MARGIN_SECONDS", 0.1)
    post = ann.publish()
    top = comment_on(post, bob)
    answers = [comment_on(post, ann, parent=top) for _ in range(3)]
    comment_on(post, bob, parent=answers[0])
    ann.delete(f"comments/{answers[0]}")
    ann.post(f"comments/{top}/like")
    projector.catch_up()
    facts = {
        (keys.post_stats(post), "Comments"): 4,
        (keys.comment_stats(top), "Replies"): 2,
        (keys.comment_stats(top), "Likes"): 1,
        (keys.comment_stats(answers[0]), "Replies"): 1,
        (keys.comment_stats(answers[1]), "Likes"): 0,
    }
    for key, name in facts:
        spoil(key, name)
    assert rebuild.run(lambda _: None).too_busy == []
    assert {(key, name): kept(key, name) for key, name in facts} == facts


def items_of(comment: int) -> set[str]:
    return {item["SK"]["S"] for item in table.query(keys.comment_partition(comment))}


def test_the_comments_of_a_deleted_post_are_swept_with_their_likes(
    ann: Person, bob: Person, projector: Projecting
) -> None:
    """Cut short after each step and begun again, down to nothing but counters that will end."""
    post, other = ann.publish(), ann.publish()
    made = [comment_on(post, bob)]
    for _ in range(3):
        made.append(comment_on(post, ann, parent=made[-1]))
    made.append(comment_on(post, ann))
    elsewhere = comment_on(other, ann)
    for comment in made:
        bob.post(f"comments/{comment}/like")
    bob.delete(f"comments/{made[0]}")
    ann.delete(f"posts/{post}")
    projector.catch_up()
    steps = 0
    while next(services.sweep(post), 0):
        steps += 1
    assert steps == 8
    projector.catch_up()
    for comment in made:
        (stats,) = table.query(keys.comment_partition(comment))
        assert stats["SK"]["S"] == keys.STATS
        assert int(stats["ExpiresAt"]["N"]) > time.time()
    assert ann.get(f"comments/{elsewhere}").status == 200
    assert bob.ids(f"users/{bob.id}/comments") == []


def test_the_likes_of_a_deleted_comment_are_swept_a_day_later(
    ann: Person, bob: Person, projector: Projecting
) -> None:
    post = ann.publish()
    top = comment_on(post, bob)
    comment_on(post, ann, parent=top)
    for person in (ann, bob):
        person.post(f"comments/{top}/like")
    bob.delete(f"comments/{top}")
    projector.catch_up()
    ((job, payload),) = [found for found in waiting_jobs() if found[1] == {"comment": str(top)}]
    assert job > time.time() * 1000 + 23 * 3600 * 1000
    for _ in range(2):
        sweep_likes_of(payload, None)  # type: ignore[arg-type]  # it asks nothing of its job
    projector.catch_up()
    assert items_of(top) == {"COMMENT", "STATS"}
    assert (kept(keys.comment_stats(top), "Likes"), kept(keys.comment_stats(top), "Replies")) == (0, 1)
    assert list(sweep_likes(top)) == []


def waiting_jobs() -> list[tuple[int, dict[str, str]]]:
    """When each is due, in Unix milliseconds, and its payload."""
    from echomate import jobs
    from echomate.jobs import Job

    found = []
    for shard in jobs.shards_of(SWEEP_LIKES):
        for key in table.query(shard, index="GSI2"):
            job = Job.read(table.key_of(key))
            assert job is not None
            found.append((int(job.due_at), job.payload))
    return found
