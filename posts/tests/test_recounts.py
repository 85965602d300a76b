"""Counters of posts and likes, recounted from the facts."""

import pytest

from echomate import dynamodb, keys, table
from echomate.config import config
from echomate.keys import Key
from echomate.stream import rebuild
from echomate.testing.projecting import Projecting
from posts.tests.actor import Person


def spoil(key: Key, name: str) -> None:
    """What lost records leave."""
    update = {"UpdateExpression": "ADD #n :seven, Version :one", "ExpressionAttributeNames": {"#n": name}}
    values = {":seven": {"N": "7"}, ":one": {"N": "1"}}
    request = {"TableName": config.table_name, "Key": table.wire_key(key), **update}
    dynamodb.call("UpdateItem", {**request, "ExpressionAttributeValues": values})


def kept(key: Key, name: str) -> int:
    return int((table.get_item(key) or {}).get(name, {"N": "0"})["N"])


def test_a_rebuild_counts_posts_and_likes_from_the_facts(
    ann: Person, bob: Person, projector: Projecting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuild, "MARGIN_SECONDS", 0.1)
    posts = [ann.publish(str(n)) for n in range(3)]
    ann.delete(f"posts/{posts[0]}")
    for person in (ann, bob):
        person.post(f"posts/{posts[1]}/like")
    projector.catch_up()
    for key, name in (
        *((keys.user_stats(ann.id), "Posts"), (keys.user_stats(bob.id), "Likes")),
        *((keys.post_stats(posts[1]), "Likes"), (keys.post_stats(posts[2]), "Likes")),
    ):
        spoil(key, name)
    outcome = rebuild.run(lambda _: None)
    assert outcome.too_busy == []
    assert outcome.corrected >= 4
    assert (kept(keys.user_stats(ann.id), "Posts"), kept(keys.user_stats(ann.id), "Likes")) == (2, 1)
    assert (kept(keys.user_stats(bob.id), "Posts"), kept(keys.user_stats(bob.id), "Likes")) == (0, 1)
    assert [kept(keys.post_stats(post), "Likes") for post in posts] == [0, 2, 0]
    counts = ann.get(f"posts/{posts[1]}").json["counts"]
    assert counts["likes"] == 2
