import threading
import time
from collections.abc import Mapping
from typing import Any

import pytest

from echomate import dynamodb, ids
from echomate.errors import DependencyAway
from echomate.projections import Effects
from echomate.stream import committer, leases
from echomate.stream.commit import CounterRefused, LeaseLost, commit
from echomate.stream.leases import TRIM_HORIZON, Lease
from echomate.stream.shards import Shard
from echomate.stream.tests import tallies
from echomate.stream.tests.conftest import Forge
from echomate.testing.proxy import Proxy

pytestmark = pytest.mark.store

SHARD = Shard("arn:aws:dynamodb:us-east-1:000000000000:table/echomate/stream/label", "shard-of-a-test", None)


@pytest.fixture
def lease() -> Lease:
    """A lease that is held here, on a shard of its own."""
    shard = Shard(SHARD.stream, f"shard-{ids.new_id()}", None)
    leases.create(shard)
    (created,) = (lease for lease in leases.read_all() if lease.shard == shard)
    taken = leases.take(created, "me")
    assert taken
    return taken


def add(lease: Lease, owner: int, *, old: str, new: str, delta: int = 1) -> None:
    deltas = {tallies.stats(owner): {"Tallies": delta}}
    commit(lease, old=old, new=new, deltas=deltas, touched="a b", passed=time.time())


def test_a_commit_adds_and_moves_the_checkpoint(lease: Lease) -> None:
    owner = ids.new_id()
    add(lease, owner, old=TRIM_HORIZON, new="1", delta=3)
    after = leases.read(lease.name)
    assert after
    assert (after.checkpoint, after.touched, tallies.counted(owner)) == ("1", ("a", "b"), 3)


def test_a_commit_made_again_is_found_done(lease: Lease) -> None:
    owner = ids.new_id()
    for _ in range(3):
        add(lease, owner, old=TRIM_HORIZON, new="1")
    assert (tallies.counted(owner), tallies.version(owner)) == (1, 1)


def test_a_commit_whose_answer_is_lost_counts_once(lease: Lease, dynamodb_proxy: Proxy) -> None:
    owner = ids.new_id()
    dynamodb_proxy.cut_after(0)
    healing = threading.Timer(0.3, dynamodb_proxy.heal)
    healing.start()
    add(lease, owner, old=TRIM_HORIZON, new="1")
    healing.join()
    assert tallies.counted(owner) == 1


def test_who_was_paused_while_another_took_the_lease_cannot_commit(lease: Lease) -> None:
    owner = ids.new_id()
    other = leases.take(lease, "another", by_force=True)
    assert other
    with pytest.raises(LeaseLost):
        add(lease, owner, old=TRIM_HORIZON, new="1")
    add(other, owner, old=TRIM_HORIZON, new="1")
    with pytest.raises(LeaseLost):
        add(lease, owner, old=TRIM_HORIZON, new="1")
    assert tallies.counted(owner) == 1


def test_who_took_its_own_lease_back_cannot_commit_what_it_read_before(lease: Lease) -> None:
    owner = ids.new_id()
    other = leases.take(lease, "another", by_force=True)
    assert other
    again = leases.take(other, "me", by_force=True)
    assert again
    with pytest.raises(LeaseLost):
        add(lease, owner, old=TRIM_HORIZON, new="1")
    assert tallies.counted(owner) == 0


def test_who_was_paused_cannot_renew_or_give_back_the_lease(lease: Lease) -> None:
    assert leases.take(lease, "another", by_force=True)
    assert not leases.renew(lease, passed=0)
    assert not leases.release(lease, checkpoint="9", touched="", drained=True)
    after = leases.read(lease.name)
    assert after
    assert (after.owner, after.checkpoint) == ("another", TRIM_HORIZON)


def test_a_lease_that_is_just_being_committed_is_renewed_by_that(lease: Lease, answering: Forge) -> None:
    conflict = dynamodb.DynamoDBError("UpdateItem", leases.CONFLICT, "", {})
    answering("UpdateItem", [conflict, conflict])
    assert leases.renew(lease, passed=0)
    assert leases.take(lease, "another", by_force=True) is None


def test_a_held_lease_is_not_taken_until_it_runs_out(lease: Lease) -> None:
    assert not lease.is_free(time.time())
    assert lease.is_free(lease.until + 1)
    assert leases.renew(lease, passed=0)
    assert leases.take(lease, "another") is None, "it was renewed after it had been read"


def test_counters_that_others_write_at_the_moment_are_tried_again(lease: Lease, answering: Forge) -> None:
    owner = ids.new_id()
    answering("TransactWriteItems", [cancelled("None", "TransactionConflict")] * 3)
    add(lease, owner, old=TRIM_HORIZON, new="1")
    assert tallies.counted(owner) == 1


def test_throttled_counters_are_a_dependency_that_is_away(lease: Lease, answering: Forge) -> None:
    answering("TransactWriteItems", [cancelled("None", "ThrottlingError")])
    with pytest.raises(DependencyAway):
        add(lease, ids.new_id(), old=TRIM_HORIZON, new="1")


def test_a_counter_that_is_no_number_is_refused_by_name(lease: Lease, answering: Forge) -> None:
    owner = ids.new_id()
    answering("TransactWriteItems", [cancelled("None", "ValidationError")])
    with pytest.raises(CounterRefused) as refused:
        add(lease, owner, old=TRIM_HORIZON, new="1")
    assert refused.value.keys == [tallies.stats(owner)]


def test_a_commit_that_is_split_says_with_each_part_that_there_was_a_job(
    lease: Lease, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The checkpoint of the first part may have passed the job's record already."""
    committed = list[bool]()

    def commit_one(lease: Lease, *, deltas: Mapping[Any, Any], has_jobs: bool, **more: Any) -> None:
        if len(deltas) > 1:
            raise CounterRefused([], "who knows which")
        committed.append(has_jobs)
        commit(lease, deltas=deltas, has_jobs=has_jobs, **more)

    monkeypatch.setattr(committer, "commit", commit_one)
    owners = [ids.new_id() + number for number in range(3)]
    gathered = committer.Committer(lease, "shard")
    gathered.add(record("1", {"EntityType": "job"}), Effects(at_risk=False))
    for number, owner in enumerate(owners, start=2):
        effects = Effects(at_risk=False)
        effects.count(key=tallies.stats(owner), field="Tallies", delta=1, cache_key=f"tallies:{owner}")
        gathered.add(record(str(number), {"EntityType": "tally"}), effects)
    gathered.commit()
    assert committed == [True] * 3
    assert list(map(tallies.counted, owners)) == [1] * 3


def record(sequence: str, item: dict[str, str]) -> dict[str, Any]:
    body = {
        "NewImage": dynamodb.wire_item(item),
        "SequenceNumber": sequence,
        "ApproximateCreationDateTime": 0,
    }
    return {"eventName": "INSERT", "dynamodb": body}


def cancelled(*codes: str) -> dynamodb.DynamoDBError:
    reasons = [{"Code": code} for code in codes]
    return dynamodb.DynamoDBError(
        "TransactWriteItems", "TransactionCanceledException", "", {"CancellationReasons": reasons}
    )
