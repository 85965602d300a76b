import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from echomate import cache, dynamodb, ids
from echomate.errors import DependencyAway
from echomate.stream import counters, leases, losses
from echomate.stream import projector as projectors
from echomate.stream.tests import tallies
from echomate.testing.configuration import configured
from echomate.testing.projecting import Projecting, projecting


def test_facts_are_counted(projector: Projecting) -> None:
    owner = ids.new_id()
    tallies.put_many(owner, range(1, 101))
    tallies.remove(owner, 7)
    projector.catch_up()
    assert tallies.counted(owner) == 99


def test_a_second_projector_takes_over_where_the_first_stopped() -> None:
    owner = ids.new_id()
    with projecting() as first:
        tallies.put_many(owner, range(1, 51))
        first.catch_up()
    tallies.put_many(owner, range(51, 101))
    with projecting() as second:
        second.catch_up()
    assert tallies.counted(owner) == 100


def test_an_orderly_stop_drains_and_gives_the_lease_back() -> None:
    owner = ids.new_id()
    with projecting() as running:
        running.catch_up()
        tallies.put_many(owner, range(1, 501))
    assert tallies.counted(owner) == 500
    (lease,) = (lease for lease in leases.read_all() if lease.shard)
    assert (lease.owner, lease.drained) == (None, True)


def test_a_stop_after_a_commit_whose_answer_was_lost_counts_nothing_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    owner, call, commits = ids.new_id(), dynamodb.call, list[str]()
    monkeypatch.setattr(projectors, "DRAIN_SECONDS", 0.3)

    def lose_answers(name: str, parameters: Mapping[str, Any], **options: Any) -> dynamodb.Wire:
        if name != "TransactWriteItems":
            return call(name, parameters, **options)
        commits.append(name)
        if len(commits) == 1:
            call(name, parameters, **options)
        raise DependencyAway("dynamodb")

    with configured(lease_seconds=2):
        running = Projecting()
        running.catch_up()
        monkeypatch.setattr(dynamodb, "call", lose_answers)
        tallies.put(owner, 1)
        while not commits:
            time.sleep(0.01)
        running.stop()
        monkeypatch.setattr(dynamodb, "call", call)
        with projecting() as successor:
            successor.catch_up()
    assert tallies.counted(owner) == 1


def test_more_counters_than_a_transaction_holds_are_committed_in_several(projector: Projecting) -> None:
    owners = [ids.new_id() + number for number in range(250)]
    for owner in owners:
        tallies.put(owner, 1)
    projector.catch_up()
    assert [tallies.counted(owner) for owner in owners] == [1] * 250


def test_a_hot_counter_is_deleted_from_the_cache_once_a_second(
    projector: Projecting, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = ids.new_id()
    key = tallies.cached_stats(owner)
    cache.ask(("SET", key, "old"))
    tallies.put(owner, 1)
    projector.catch_up()
    assert cache.ask(("GET", key)) == [None]
    cache.ask(("SET", key, "older than the next tally"))
    with monkeypatch.context() as patch:
        patch.setattr(counters, "REST_SECONDS", 600)
        tallies.put(owner, 2)
        _wait_until(lambda: tallies.counted(owner) == 2)
        assert cache.ask(("GET", key)) == [b"older than the next tally"]
    _wait_until(lambda: cache.ask(("GET", key)) == [None])


def _wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def test_nothing_was_lost_meanwhile() -> None:
    assert losses.read() == ([], 0)
