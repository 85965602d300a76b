"""What requests cost over others, sent in turn with them: what else the machine does meets all alike."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bench.actions import Action
from bench.loading import Load, Target, run, run_in_turn

ROUNDS = 9
SIDE_SECONDS = 0.5
"""Of a round."""
SERVERS = ("web", "redis-feeds", "redis-state")


@dataclass(frozen=True, slots=True)
class Side:
    """An action and the server that is asked for it. `pids` are processes that serve no other side."""

    action: Action
    port: int
    pids: Mapping[str, int]

    def warm(self) -> None:
        """Fill the caches, or show the writers what they are about to write to."""
        action = self.action
        requests = action.warming or (() if action.once else action.requests)
        if requests:
            run(Target(requests=requests, port=self.port, pids={}, once=True), connections=4, seconds=30)

    def target(self, number: int, *, parts: int) -> Target:
        action = self.action
        return Target(
            requests=action.part(number, of=parts),
            port=self.port,
            pids=self.pids,
            once=action.once,
            expected=action.expected,
        )


def take_turns(
    sides: Sequence[Side], *, rounds: int, parts: int | None = None, after: Callable[[], None] | None = None
) -> list[list[Load]]:
    """The loads of each side, round by round, at one connection, with warm caches.

    A write's requests are divided into so many parts, of which each round sends one. `after` follows each round.
    """
    for side in sides:
        side.warm()
    taken: list[list[Load]] = [[] for _ in sides]
    for number in range(rounds):
        targets = [side.target(number, parts=parts or rounds) for side in sides]
        for loads, load in zip(taken, run_in_turn(targets, seconds=SIDE_SECONDS * len(sides)), strict=True):
            loads.append(load)
        if after:
            after()
    return taken


def cost(load: Load) -> float:
    """Milliseconds of CPU of web and Redis."""
    return sum(load.cpu.get(name, 0) for name in SERVERS)


def factor(loads: Sequence[Load], over: Sequence[Load]) -> float:
    """How many times as much: the median of the rounds' ratios."""
    return statistics.median(cost(load) / cost(other) for load, other in zip(loads, over, strict=True))


def added(loads: Sequence[Load], over: Sequence[Load]) -> float:
    """How many milliseconds more: the median of the rounds' differences."""
    return statistics.median(cost(load) - cost(other) for load, other in zip(loads, over, strict=True))
