import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from echomate import ids
from echomate.stream import leases, losses, projector, shards, sharing
from echomate.stream.leases import SHARD_END, Lease
from echomate.stream.shards import Shard, parents_first
from echomate.stream.tests import tallies
from echomate.stream.tests.forged import ForgedStream
from echomate.testing.configuration import configured
from echomate.testing.projecting import Projecting, projecting


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch) -> Iterator[ForgedStream]:
    for lease in leases.read_all():
        leases.remove(lease)
    forged = ForgedStream(f"forged-{ids.new_id()}")
    forged.install(monkeypatch)
    with configured(lease_seconds=1):
        yield forged


def wait_until(holds: Callable[[], bool], *, within: float = 30) -> None:
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def owners_of_shards() -> Counter[str]:
    return Counter(
        lease.owner for lease in leases.read_all() if lease.shard and lease.owner and not lease.is_done
    )


def checkpoints() -> dict[str, str]:
    return {lease.shard.id: lease.checkpoint for lease in leases.read_all() if lease.shard}


def test_all_pages_of_shards_are_read_and_parents_come_first(stream: ForgedStream) -> None:
    stream.add_shard("1")
    stream.split("1", "2", "3")
    stream.split("3", "4", "5")
    found = [shard.id for shard in shards.describe(stream.arn)]
    assert sorted(found) == ["1", "2", "3", "4", "5"]
    assert found.index("1") < found.index("3") < min(found.index("4"), found.index("5"))


def test_a_parent_that_is_no_longer_listed_holds_nobody_up() -> None:
    assert [shard.id for shard in parents_first([Shard("s", "2", "1")])] == ["2"]


def test_shards_in_a_circle_are_an_error() -> None:
    with pytest.raises(ValueError, match="each other's parents"):
        parents_first([Shard("s", "1", "2"), Shard("s", "2", "1")])


def test_a_shard_is_read_to_its_end_before_its_children(stream: ForgedStream) -> None:
    owner = ids.new_id()
    stream.add_shard("1")
    for number in range(1, 31):
        stream.write("1", owner, number)
    stream.split("1", "2", "3")
    for number in range(31, 61):
        stream.write("2" if number % 2 else "3", owner, number)
    with projecting():
        wait_until(lambda: tallies.counted(owner) == 60)
    handled = [key for key, _ in tallies.seen]
    assert handled[:30] == sorted(handled)[:30], "those of the parent come first, in their order"
    assert checkpoints()["1"] == SHARD_END


def test_a_stream_that_was_forgotten_is_no_loss_to_whoever_takes_over_next(stream: ForgedStream) -> None:
    stream.add_shard("1")
    stream.write("1", ids.new_id(), 1)
    with projecting() as orderly:
        orderly.catch_up()
    stream.forget()
    crashing = Projecting()
    crashing.catch_up()
    wait_until(lambda: not any(lease.drained for lease in leases.read_all()))
    began = time.time()
    wait_until(lambda: leases.have_passed(began))  # its record was of long ago
    crashing.drop()
    with projecting() as successor:
        successor.catch_up()
    assert losses.read()[0] == []


@pytest.mark.parametrize(("hours", "is_loss"), [(23, False), (25, True)])
def test_the_first_records_of_a_shard_that_nobody_has_read_for_a_day_are_a_loss(
    stream: ForgedStream, monkeypatch: pytest.MonkeyPatch, hours: int, *, is_loss: bool
) -> None:
    monkeypatch.setattr(losses, "is_forgotten", lambda _lease: False)  # an emulator's own
    stream.add_shard("1")
    with projecting() as first:
        first.catch_up()
    (lease,) = (lease for lease in leases.read_all() if lease.shard)
    taken = leases.take(lease, "me")
    assert taken
    assert leases.renew(taken, passed=time.time() - hours * 3600)
    stream.write("1", ids.new_id(), 1)
    stream.forget()
    with projecting() as second:
        second.catch_up()
    sentences, mark = losses.read()
    assert bool(sentences) == is_loss
    losses.mended(mark)


def test_a_shard_that_ends_while_its_reader_stops_is_read_on_by_the_next(
    stream: ForgedStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = ids.new_id()
    stream.add_shard("1")
    for number in range(10):
        stream.write("1", owner, number)
    stream.split("1", "2", "3")
    monkeypatch.setattr(projector, "DRAIN_SECONDS", 0.1)
    tallies.slowness.append(0.3)
    with projecting():
        wait_until(lambda: len(tallies.seen) > 2)
    tallies.slowness.clear()
    assert tallies.counted(owner) < 10
    with projecting():
        wait_until(lambda: checkpoints()["1"] == SHARD_END)
    assert tallies.counted(owner) == 10


def test_a_shard_that_splits_while_it_is_read_is_followed_at_once(
    stream: ForgedStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projector, "DISCOVER_SECONDS", 600)
    owner = ids.new_id()
    stream.add_shard("1")
    with projecting():
        stream.write("1", owner, 1)
        wait_until(lambda: tallies.counted(owner) == 1)
        stream.split("1", "2", "3")
        stream.write("2", owner, 2)
        stream.write("3", owner, 3)
        wait_until(lambda: tallies.counted(owner) == 3)


def test_checkpoints_of_shards_that_are_gone_are_removed(stream: ForgedStream) -> None:
    owner = ids.new_id()
    stream.add_shard("1")
    stream.split("1", "2", "3")
    with projecting():
        wait_until(lambda: checkpoints().get("1") == SHARD_END)
    del stream.shards["1"]
    with projecting():
        wait_until(lambda: set(checkpoints()) == {"2", "3"})
        stream.write("3", owner, 1)
        wait_until(lambda: tallies.counted(owner) == 1)


def test_two_projectors_share_the_shards_and_one_takes_all_when_the_other_stops(stream: ForgedStream) -> None:
    for number in range(1, 6):
        stream.add_shard(str(number))
    with projecting():
        wait_until(lambda: sorted(owners_of_shards().values()) == [5])
        with projecting():
            wait_until(lambda: sorted(owners_of_shards().values()) == [2, 3])
        wait_until(lambda: sorted(owners_of_shards().values()) == [5])


def test_one_who_comes_last_is_not_left_without_a_shard() -> None:
    """The others have come so much earlier that they have shared all shards among themselves."""
    held = [Lease(str(n), owner, until=10, shard=Shard("s", str(n), None)) for n, owner in enumerate("aabb")]
    (choice,) = sharing.choose(held, me="c", now=1)
    assert choice.by_force
    shared = [Lease("0", "c", until=10, shard=Shard("s", "0", None)), *held[1:]]
    assert [sharing.choose(shared, me=one, now=1) for one in "abc"] == [[], [], []]


def test_what_is_stolen_under_load_is_counted_once(stream: ForgedStream) -> None:
    owner = ids.new_id()
    for shard in range(4):
        stream.add_shard(str(shard))
    with projecting():
        wait_until(lambda: sorted(owners_of_shards().values()) == [4])
        with projecting(), projecting():
            for number in range(2000):
                stream.write(str(number % 4), owner, number)
                time.sleep(0.001)
            wait_until(lambda: sorted(owners_of_shards().values()) == [1, 1, 2])
        wait_until(lambda: tallies.counted(owner) == 2000)
    assert tallies.counted(owner) == 2000


def test_the_next_stream_waits_for_the_end_of_the_one_before(stream: ForgedStream) -> None:
    owner = ids.new_id()
    leases.create(Shard(stream.arn + "-before", "9", None))
    stream.add_shard("9")
    stream.unlisted.add("9")
    stream.split("9")
    stream.write("9", owner, 1)
    stream.add_shard("1")
    stream.write("1", owner, 2)
    with projecting():
        wait_until(lambda: tallies.counted(owner) == 2)
    assert [key[-1] for key, _ in tallies.seen] == ["1", "2"]
