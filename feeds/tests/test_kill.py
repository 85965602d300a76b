"""Every process is killed at random moments under load: what was acknowledged is there, once, and counted right."""

import os
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import pytest

from echomate.local import programs
from echomate.local.processes import Process, Program, free_port
from echomate.testing.stack import Stack
from feeds.tests.town import FEED_DEPTH, Town

pytestmark = pytest.mark.timed

STORES = ("redis-feeds", "redis-state", "dynamodb")
APPLICATIONS = ("web", "projector", "worker")


class Product:
    """The whole product on a stack of its own."""

    def __init__(self, stack: Stack, **settings: str) -> None:
        self.stack = stack
        self.port = free_port()
        environment = {**os.environ, **stack.environment, "FEED_DEPTH": str(FEED_DEPTH)}
        environment |= {"FEED_CAP": str(2 * FEED_DEPTH), "FAN_OUT_PAGE": "3", "LEASE_SECONDS": "1"}
        environment |= {"RATE_LIMIT_FACTOR": "1000000", **settings}
        self.environment = environment
        self.programs = {one.name: one for one in programs.applications(environment, port=self.port)}
        self.processes: dict[str, Process] = {}

    @contextmanager
    def running(self) -> Iterator[None]:
        try:
            self.stack.start()
            assert self._launch(programs.command("create_table", self.environment)).popen.wait(30) == 0
            for program in self.programs.values():
                self.processes[program.name] = self._launch(program)
            self.processes["web"].wait_until_ready()
            yield
        finally:
            for process in self.processes.values():
                process.kill()
            self.stack.close()

    def _launch(self, program: Program) -> Process:
        with (self.stack.directory / f"{program.name}.log").open("ab") as log:
            return Process(program, output=log.fileno())

    def kill(self, name: str) -> None:
        """Kill it as a loss of power would, and start it again a moment later, as its supervisor does."""
        if name in STORES:
            self.stack.kill(name)
            time.sleep(random.uniform(0, 0.5))
            self.stack.restart(name)
        else:
            self.processes[name].kill()
            time.sleep(random.uniform(0, 0.5))
            self.processes[name] = self._launch(self.programs[name])


def kill_at_random(victims: Sequence[str], *, kills: int, dynamodb_local: bool) -> None:
    with ExitStack() as cleanup:
        product = Product(Stack(dynamodb_local=dynamodb_local, durable=True))
        cleanup.enter_context(product.running())
        town = Town(product.port)
        with town.busy():
            time.sleep(2)
            for number in range(kills):
                product.kill(victims[number % len(victims)])
                time.sleep(random.uniform(0.5, 2.5))
            town.wait_for_writes(kills / 2)
        town.wait_until_right(within=60)


def test_each_process_and_redis_may_be_killed_and_nothing_acknowledged_is_lost() -> None:
    kill_at_random(
        ["projector", "web", "redis-feeds", "worker", "redis-state"], kills=5, dynamodb_local=False
    )


@pytest.mark.kill
@pytest.mark.parametrize("victim", [*APPLICATIONS, *STORES])
def test_one_is_killed_twenty_times_and_nothing_acknowledged_is_lost(victim: str) -> None:
    kill_at_random([victim], kills=20, dynamodb_local=True)


@pytest.mark.kill
def test_all_are_killed_in_turn_and_nothing_acknowledged_is_lost() -> None:
    kill_at_random([*APPLICATIONS, *STORES], kills=24, dynamodb_local=True)
