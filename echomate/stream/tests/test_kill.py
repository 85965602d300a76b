"""Projectors that are killed at random moments under load: what they count is what there is."""

import os
import random
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from echomate import cache, ids
from echomate.local.processes import Process, Program
from echomate.stream import leases, losses
from echomate.stream.tests import tallies
from echomate.testing.stack import ROOT, Stack

pytestmark = pytest.mark.timed

LEASE_SECONDS = 1
OWNERS = 40


def projector_process(stack: Stack, name: str, *, lease_seconds: int = LEASE_SECONDS) -> Process:
    program = Program(
        name=name,
        command=[sys.executable, "-m", "echomate.stream.tests.program"],
        environment={**os.environ, **stack.environment, "LEASE_SECONDS": str(lease_seconds)},
        directory=ROOT,
        stop_seconds=60,
    )
    with (stack.directory / f"{name}.log").open("ab") as log:
        return Process(program, output=log.fileno())


class Load:
    """Writes and removes tallies of some owners, remembers what was acknowledged, and reads counters through Redis."""

    def __init__(self) -> None:
        first = ids.new_id()
        self.facts = {first + n: 0 for n in range(OWNERS)}
        self._ending = threading.Event()
        self._threads = [threading.Thread(target=self._write), threading.Thread(target=self._read)]

    @contextmanager
    def running(self) -> Iterator[None]:
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._ending.set()
            for thread in self._threads:
                thread.join()

    def _write(self) -> None:
        number = 0
        while not self._ending.is_set():
            number += 1
            owner = random.choice(list(self.facts))
            if number % 10 == 0:
                tallies.put(owner, number)
                tallies.remove(owner, number)
            else:
                tallies.put(owner, number)
                self.facts[owner] += 1

    def _read(self) -> None:
        """As requests do, so that old values are in Redis for the projector to delete."""
        while not self._ending.wait(0.005):
            read_cached(random.choice(list(self.facts)))


def read_cached(owner: int) -> int:
    def load(owners: list[int]) -> dict[int, bytes]:
        return {one: b"%d" % tallies.counted(one) for one in owners}

    found = cache.read_through({owner: tallies.cached_stats(owner)}, load, seconds=600)
    return int(found[owner] or 0)


def wait_for_holder(among: list[Process]) -> Process:
    """The process that reads the one shard there is."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        owners = [lease.owner or "" for lease in leases.read_all() if lease.shard]
        for process in among:
            if any(f":{process.pid}:" in owner for owner in owners):
                return process
        time.sleep(0.05)
    raise TimeoutError("nobody takes the shard")


def kill_projectors(stack: Stack, *, kills: int, at_once: int) -> None:
    load = Load()
    running = [projector_process(stack, f"projector-{n}") for n in range(at_once)]
    try:
        with load.running():
            for _ in range(kills):
                victim = running.index(wait_for_holder(running))
                time.sleep(random.uniform(0, 1.5))
                running[victim].kill()
                running[victim] = projector_process(stack, f"projector-{victim}")
        wait_until_counted(load.facts)
        time.sleep(2)
    finally:
        for process in running:
            assert process.stop()
    assert {owner: tallies.counted(owner) for owner in load.facts} == load.facts
    assert {owner: read_cached(owner) for owner in load.facts} == load.facts
    assert losses.read() == ([], 0)
    (lease,) = (lease for lease in leases.read_all() if lease.shard)
    assert lease.owner is None
    assert lease.drained
    assert lease.term > kills, "each of them held the lease when it was killed"


def wait_until_counted(facts: dict[int, int]) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if all(tallies.counted(owner) == count for owner, count in facts.items()):
            return
        time.sleep(0.1)


def test_a_projector_that_is_killed_counts_each_fact_once(stack: Stack) -> None:
    kill_projectors(stack, kills=3, at_once=1)


@pytest.mark.kill
def test_a_projector_that_is_killed_many_times_counts_each_fact_once(stack: Stack) -> None:
    kill_projectors(stack, kills=20, at_once=1)


@pytest.mark.kill
def test_two_projectors_that_are_killed_in_turn_count_each_fact_once(stack: Stack) -> None:
    kill_projectors(stack, kills=20, at_once=2)
