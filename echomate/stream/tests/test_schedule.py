import time

import pytest

from echomate import ids, jobs
from echomate.config import config
from echomate.jobs import Sender
from echomate.stream import leases, schedule
from echomate.stream.leases import SHARD_END, Lease
from echomate.stream.schedule import INDEX_SECONDS, Quiet
from echomate.stream.shards import Shard
from echomate.stream.tests import tallies
from echomate.stream.tests.test_rhythm import Clock
from echomate.testing.projecting import Projecting, projecting


def test_the_schedule_goes_on_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[Sender] = []

    def fail(sender: Sender) -> None:
        tries.append(sender)
        raise ValueError("what nobody thought of")

    monkeypatch.setattr(schedule, "SEND_SECONDS", 0.01)
    monkeypatch.setattr(Sender, "send_due", fail)
    end = time.monotonic() + 30
    with projecting():
        while len(tries) < 3:
            assert time.monotonic() < end
            time.sleep(0.02)


def a_lease(name: str = "a", *, passed_ago: float = 0, jobs_at: float = 0, checkpoint: str = "1") -> Lease:
    passed = time.time() - passed_ago
    shard = Shard("stream", name, None)
    return Lease(name, passed=passed, jobs_at=jobs_at, checkpoint=checkpoint, shard=shard)


def quiet_after(clock: Clock, *found: Lease) -> Quiet:
    quiet = Quiet(clock)
    quiet.note(found)
    clock.now += INDEX_SECONDS + 1
    quiet.note(found)
    return quiet


def test_the_schedule_rests_only_while_no_job_is_written() -> None:
    clock = Clock()
    assert not Quiet(clock)
    quiet = quiet_after(clock, a_lease())
    assert quiet
    quiet.note([a_lease(jobs_at=1)])
    assert not quiet
    clock.now += INDEX_SECONDS + 1
    quiet.note([a_lease(jobs_at=1)])
    assert quiet


def test_the_schedule_does_not_rest_where_a_shard_may_hold_jobs_that_nobody_has_read() -> None:
    long_ago = 2 * config.lease_seconds
    assert not quiet_after(Clock(), a_lease(), a_lease("b", passed_ago=long_ago))
    assert not quiet_after(Clock()), "no shard is read at all"
    done = a_lease("b", passed_ago=long_ago, checkpoint=SHARD_END)
    assert quiet_after(Clock(), a_lease(), done), "a shard that was read to its end holds none"


def test_the_schedule_does_not_rest_while_the_leases_can_t_be_read() -> None:
    clock = Clock()
    quiet = quiet_after(clock, a_lease())
    clock.now += config.lease_seconds + 1
    assert not quiet


def test_the_commit_of_a_job_s_record_says_so_in_the_lease(projector: Projecting) -> None:
    tallies.put(ids.new_id(), 1)
    projector.catch_up()
    before = jobs_at()
    tallies.put(ids.new_id(), 2)
    projector.catch_up()
    assert jobs_at() == before
    jobs.add(jobs.job("test_note", {}, sends_itself=True))
    projector.catch_up()
    assert jobs_at() > before


def jobs_at() -> float:
    (lease,) = (lease for lease in leases.read_all() if lease.shard)
    return lease.jobs_at
