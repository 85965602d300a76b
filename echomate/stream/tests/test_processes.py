"""Projectors as processes, with the lease that is used in earnest."""

import signal
import time

import pytest
from django.core.management import load_command_class

from echomate import ids
from echomate.local.processes import Process
from echomate.stream import leases
from echomate.stream.tests import tallies
from echomate.stream.tests.test_kill import projector_process, wait_for_holder
from echomate.testing.stack import Stack

pytestmark = pytest.mark.timed


def wait_until_counted(owner: int, count: int) -> float:
    started = time.monotonic()
    while tallies.counted(owner) != count:
        assert time.monotonic() - started < 30
        time.sleep(0.05)
    return time.monotonic() - started


def wait_until_started(stack: Stack, running: list[Process]) -> None:
    started = time.monotonic()
    while not all(f":{process.pid}:" in stack.log(process.name) for process in running):
        assert time.monotonic() - started < 30
        time.sleep(0.05)


def test_of_two_projectors_one_takes_over_from_a_killed_one_within_15_seconds(stack: Stack) -> None:
    owner = ids.new_id()
    running = [projector_process(stack, f"projector-{n}", lease_seconds=8) for n in range(2)]
    try:
        holder = wait_for_holder(running)
        wait_until_started(stack, running)
        tallies.put(owner, 1)
        wait_until_counted(owner, 1)
        holder.kill()
        tallies.put(owner, 2)
        assert wait_until_counted(owner, 2) < 15
    finally:
        for process in running:
            process.kill()


def test_one_that_was_frozen_while_another_took_over_counts_nothing_twice(stack: Stack) -> None:
    owner = ids.new_id()
    running = [projector_process(stack, f"projector-{n}", lease_seconds=1) for n in range(2)]
    try:
        for number in range(1, 4):
            frozen = wait_for_holder(running)
            for tally in range(number * 1000, number * 1000 + 300):
                if tally % 1000 == 100:
                    frozen.signal(signal.SIGSTOP)
                tallies.put(owner, tally)
            wait_until_counted(owner, number * 300)
            frozen.signal(signal.SIGCONT)
            time.sleep(0.5)
            assert tallies.counted(owner) == number * 300
    finally:
        for process in running:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_projector_that_is_told_to_stop_drains_and_says_that_all_is_well(stack: Stack, number: int) -> None:
    owner = ids.new_id()
    process = projector_process(stack, "projector", lease_seconds=8)
    try:
        wait_for_holder([process])
        tallies.put_many(owner, range(1, 201))
        process.signal(number)
        assert process.popen.wait(30) == 0
    finally:
        process.kill()
    assert tallies.counted(owner) == 200
    assert all(lease.owner is None for lease in leases.read_all() if lease.shard)


@pytest.mark.parametrize("name", ["project", "rebuild", "dead_letters", "jobs"])
def test_the_commands_explain_themselves(name: str) -> None:
    shown = load_command_class("echomate", name).create_parser("manage.py", name).format_help()
    assert len(shown) > 300
