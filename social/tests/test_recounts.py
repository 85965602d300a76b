"""A rebuild of the graph's counters from its edges."""

import pytest

from echomate import dynamodb, keys, table
from echomate.config import config
from echomate.stream import rebuild
from echomate.testing.projecting import Projecting
from social import recounts, services
from social.models import Block, BlockedBy, Follow
from social.tests.callers import new_caller


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuild, "MARGIN_SECONDS", 0.1)


def test_a_rebuild_counts_the_edges_that_there_are(projector: Projecting) -> None:
    ann, bob, cat = (new_caller() for _ in range(3))
    for follower in (bob, cat):
        services.follow(follower=follower.id, followed=ann.id)
    projector.catch_up()
    pk, sk = keys.user_stats(ann.id)
    wrong = {"PK": pk, "SK": sk, "Followers": 7, "Following": 5, "Posts": 3, "Version": 9}
    dynamodb.call("PutItem", {"TableName": config.table_name, "Item": dynamodb.wire_item(wrong)})
    outcome = rebuild.run(lambda _: None)
    assert outcome.corrected >= 1
    counted = dynamodb.plain(table.get_item((pk, sk)) or {})
    assert (counted["Followers"], counted["Following"]) == (2, 0)
    assert ann.read(f"/users/{ann.id}")["counts"]["followers"] == 2


def test_a_rebuild_deletes_what_a_block_forbids_and_nothing_else() -> None:
    ann, bob, cat = (new_caller() for _ in range(3))
    block = Block.between(blocker=ann.id, blocked=bob.id)
    block.save()
    BlockedBy.mirror(block, blocker=ann.id, blocked=bob.id).save()
    services.follow(follower=cat.id, followed=ann.id)
    Follow.between(follower=bob.id, followed=ann.id).save()
    recounts.delete_all_forbidden()
    assert table.get_item(keys.follow(bob.id, ann.id)) is None
    assert table.get_item(keys.follow(cat.id, ann.id)) is not None
