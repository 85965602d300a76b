import time
from collections.abc import Callable

import pytest

from echomate import cache, ids
from echomate.stream import counters, leases, losses
from echomate.stream.tests import tallies
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
