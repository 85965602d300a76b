import time

import pytest

from echomate import ids
from echomate.stream import worker
from echomate.stream.counters import WAITING_AT_MOST, CachedCounters
from echomate.stream.tests import tallies
from echomate.stream.wake import FIRST_SECONDS, Rhythm
from echomate.testing.projecting import projecting
from echomate.testing.proxy import Proxy


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def reads_within(rhythm: Rhythm, clock: Clock, seconds: float) -> list[int]:
    """When a shard without records is read, in milliseconds from now."""
    start, reads = clock.now, []
    while clock.now < start + seconds:
        clock.now += 0.001
        if rhythm.is_due:
            reads.append(round((clock.now - start) * 1000))
            rhythm.has_read()
    return reads


def test_a_wake_up_is_followed_by_reads_up_the_ladder_then_each_second() -> None:
    clock = Clock()
    rhythm = Rhythm(clock)
    rhythm.has_read()
    rhythm.wake()
    reads = reads_within(rhythm, clock, 3)
    expected = [20, 50, 100, 200, 400, 800, 1800, 2800]
    assert all(abs(read - wanted) <= 5 for read, wanted in zip(reads, expected, strict=True))


def test_a_shard_at_rest_is_read_at_once_after_a_wake_up_and_then_up_the_ladder() -> None:
    clock = Clock()
    rhythm = Rhythm(clock)
    rhythm.has_read()
    clock.now += 0.5
    rhythm.wake()
    reads = reads_within(rhythm, clock, 0.15)
    expected = [1000 * FIRST_SECONDS, 20, 50, 100]
    assert all(abs(read - wanted) <= 5 for read, wanted in zip(reads, expected, strict=True))


def test_wake_ups_without_end_don_t_put_the_read_off() -> None:
    clock = Clock()
    rhythm = Rhythm(clock)
    rhythm.has_read()
    reads = 0
    for _ in range(1000):
        clock.now += 0.001
        rhythm.wake()
        if rhythm.is_due:
            reads += 1
            rhythm.has_read()
    assert 40 <= reads <= 50


def test_a_write_is_counted_soon_after_a_wake_up_and_within_a_second_or_two_without(
    redis_proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = ids.new_id()
    with monkeypatch.context() as patch:
        patch.setattr(worker, "POLL_SECONDS", 600)
        with projecting() as running:
            running.catch_up()
            tallies.put(owner, 1)
            wait_until_counted(owner, 1)
    redis_proxy.refuse()
    with projecting():
        tallies.put(owner, 2)
        wait_until_counted(owner, 2)
        tallies.put(owner, 3)
        wait_until_counted(owner, 3)


def wait_until_counted(owner: int, count: int) -> None:
    end = time.monotonic() + 30
    while tallies.counted(owner) < count:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_cached_counters_wait_for_redis_and_are_named_meanwhile(redis_proxy: Proxy) -> None:
    clock = Clock()
    counters = CachedCounters(clock)
    redis_proxy.refuse()
    counters.touch(["a", "b"])
    counters.flush()
    assert counters.names_with(["c"]) == "a b c"
    due = counters.next_due()
    assert due is not None
    assert due > clock.now, "it isn't tried in a loop"
    redis_proxy.heal()
    time.sleep(0.6)
    clock.now += 1
    counters.flush()
    assert counters.names_with([]) == ""


def test_no_lease_has_to_bear_more_names_than_fit() -> None:
    clock = Clock()
    counters = CachedCounters(clock)
    keys = [f"key-{n}" for n in range(WAITING_AT_MOST + 1)]
    counters.touch(keys)
    counters.flush()
    counters.touch(keys)
    counters.flush()
    assert counters.names_with([]) == ""
