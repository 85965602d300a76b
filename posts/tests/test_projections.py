"""Counters and caches after the projector, and handlers that run twice."""

import time
from datetime import UTC, datetime
from typing import Any

from echomate import cache, ids, keys, table
from echomate.dynamodb import plain
from echomate.projections import Change, Effects, handlers_of
from echomate.testing.projecting import Projecting
from posts.projections import bookmark_changed, like_changed, post_changed
from posts.services import Draft, create
from posts.tests.actor import Person


def counter(person: Person, name: str) -> int:
    """From the table: what is cached may be a second older."""
    stats = table.get_item(keys.user_stats(person.id)) or {}
    return int(stats.get(name, {"N": 0})["N"])


def test_posts_are_counted_as_they_come_and_go(ann: Person, projector: Projecting) -> None:
    posts = [ann.publish(str(n)) for n in range(4)]
    ann.patch(f"posts/{posts[0]}", {"content": "edited"})
    ann.delete(f"posts/{posts[1]}")
    projector.catch_up()
    assert counter(ann, "Posts") == 3
    for post in posts:
        ann.delete(f"posts/{post}")
    projector.catch_up()
    assert counter(ann, "Posts") == 0


def test_a_liked_post_that_is_deleted_leaves_counters_that_end_with_it(
    ann: Person, bob: Person, projector: Projecting
) -> None:
    post = ann.publish()
    bob.post(f"posts/{post}/like")
    ann.delete(f"posts/{post}")
    projector.catch_up()
    tombstone, stats = table.batch_get([keys.post(post), keys.post_stats(post)])
    assert tombstone is not None
    assert stats is not None
    assert stats["ExpiresAt"] == tombstone["ExpiresAt"]
    bob.delete(f"posts/{post}/like")
    projector.catch_up()
    assert counter(bob, "Likes") == 0


def image(post: int) -> dict[str, Any]:
    item = table.get_item(keys.post(post))
    assert item is not None
    return plain(item)


def change(kind: Any, old: dict[str, Any] | None, new: dict[str, Any] | None, **more: Any) -> Change:
    return Change(kind, old, new, "1", datetime.now(UTC), **more)


def effects(handler: Any, of: Change) -> tuple[list[tuple[str, int]], list[Any]]:
    """What a handler wants done; it is run twice, and wants the same both times."""
    runs = []
    for at_risk in (False, True):
        found = Effects(at_risk=at_risk)
        handler(of, found)
        runs.append(([(count.field, count.delta) for count in found.counts], found.commands))
    assert runs[0] == runs[1]
    return runs[0]


def test_the_life_of_a_post_counts_once_up_and_once_down(ann: Person) -> None:
    post = ann.publish()
    made = image(post)
    ann.patch(f"posts/{post}", {"content": "edited"})
    edited = image(post)
    ann.delete(f"posts/{post}")
    tombstone = image(post)
    forget, forget_stats = ("DEL", keys.cached_post(post)), ("DEL", keys.cached_post_stats(post))
    assert effects(post_changed, change("insert", None, made)) == ([("Posts", 1)], [forget])
    assert effects(post_changed, change("modify", made, edited)) == ([], [forget])
    deletion = change("modify", edited, tombstone)
    gone = [forget, forget_stats, ("DEL", keys.cached_versions(post))]
    assert effects(post_changed, deletion) == ([("Posts", -1)], gone)
    end = change("remove", tombstone, None, expired=True)
    assert effects(post_changed, end) == ([], [forget])
    assert effects(post_changed, change("remove", edited, None))[0] == [("Posts", -1)]


def test_a_like_counts_for_the_post_and_for_who_likes(ann: Person) -> None:
    post = ann.publish()
    ann.post(f"posts/{post}/like")
    item = table.get_item(keys.like(post, ann.id))
    assert item is not None
    like = plain(item)
    forget = ("HDEL", keys.viewer_hash(ann.id), post)
    up = effects(like_changed, change("insert", None, like))
    down = effects(like_changed, change("remove", like, None))
    assert up == ([("Likes", 1), ("Likes", 1)], [forget])
    assert down == ([("Likes", -1), ("Likes", -1)], [forget])
    assert effects(like_changed, change("modify", like, like)) == ([], [])


def test_a_bookmark_counts_nothing(ann: Person) -> None:
    post = ann.publish()
    ann.post(f"posts/{post}/bookmark")
    item = table.get_item(keys.bookmark(ann.id, post))
    assert item is not None
    bookmark = plain(item)
    forget = ("HDEL", keys.viewer_hash(ann.id), post)
    for one in (change("insert", None, bookmark), change("remove", bookmark, None)):
        assert effects(bookmark_changed, one) == ([], [forget])


def test_the_handlers_are_entered() -> None:
    assert post_changed in handlers_of("post")
    assert like_changed in handlers_of("like")
    assert bookmark_changed in handlers_of("bookmark")


def test_the_projector_forgets_what_a_writer_that_died_left_in_redis(ann: Person, bob: Person) -> None:
    """The cached values here are those of a process that ended between its write and its round trip to Redis."""
    from echomate.testing.projecting import projecting

    post = ann.publish("first")
    keys_of_post = [keys.cached_post(post), keys.cached_post_stats(post)]
    bob.get(f"posts/{post}")
    old = cache.ask(("MGET", *keys_of_post))[0]
    bits = cache.ask(("HGET", keys.viewer_hash(bob.id), post))[0]
    ann.patch(f"posts/{post}", {"content": "second"})
    bob.post(f"posts/{post}/like")
    bob.post(f"posts/{post}/bookmark")
    stale = [("SET", key, value) for key, value in zip(keys_of_post, old, strict=True)]
    cache.ask(*stale, ("HSET", keys.viewer_hash(bob.id), post, bits))
    assert bob.get(f"posts/{post}").json["content"] == "first"
    with projecting() as running:
        running.catch_up()
        seen = bob.get(f"posts/{post}").json
    assert (seen["content"], seen["counts"]["likes"]) == ("second", 1)
    assert seen["viewer"] == {"liked": True, "bookmarked": True}


def test_the_projector_alone_forgets_that_a_bookmark_was_not_there(ann: Person, bob: Person) -> None:
    """The process that put or removed it ended before its round trip to Redis."""
    from echomate.testing.projecting import projecting

    post = ann.publish()
    for act, bookmarked in ((bob.post, True), (bob.delete, False)):
        bob.get(f"posts/{post}")
        bits = cache.ask(("HGET", keys.viewer_hash(bob.id), post))[0]
        act(f"posts/{post}/bookmark")
        cache.ask(("HSET", keys.viewer_hash(bob.id), post, bits))
        assert bob.get(f"posts/{post}").json["viewer"]["bookmarked"] != bookmarked
        with projecting() as running:
            running.catch_up()
            assert bob.get(f"posts/{post}").json["viewer"]["bookmarked"] == bookmarked


def test_a_post_may_be_made_with_the_time_of_an_id_of_long_ago(ann: Person, projector: Projecting) -> None:
    now = ann.publish("now")
    long_ago = ids.id_at_milliseconds(int((time.time() - 86_400) * 1000))
    create(author=ann.id, draft=Draft(content="then"), post=long_ago)
    assert ann.ids(f"users/{ann.id}/posts") == [now, long_ago]
    projector.catch_up()
    assert ann.ids(f"users/{ann.id}/posts") == [now, long_ago]
