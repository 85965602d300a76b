"""What requests cost over others, sent in turn with them: what else the machine does meets all alike."""

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.actions import Action, read
from bench.loading import Load, run
from bench.network import Network

ROUNDS = 9
SLICE_SECONDS = 0.5
SERVERS = ("web", "redis-feeds", "redis-state")

Turn = Callable[[int], Load]
"""One side's part of the round of this number."""


def take_turns(turns: Sequence[Turn], *, rounds: int) -> list[list[Load]]:
    """The loads of each side, round by round. Each round goes the other way than the last."""
    taken: list[list[Load]] = [[] for _ in turns]
    for number in range(rounds):
        sides = list(zip(turns, taken, strict=True))
        for turn, loads in sides if number % 2 else reversed(sides):
            loads.append(turn(number))
    return taken


def slices(
    action: Action,
    *,
    port: int,
    pids: Mapping[str, int],
    parts: int,
    after: Callable[[], None] | None = None,
) -> Turn:
    """Half a second of an action at one connection, with warm caches: of a write, one of so many parts.

    `after` waits for what a slice has set off.
    """
    warm(action, port=port)

    def turn(number: int) -> Load:
        load = run(
            action.part(number, of=parts),
            port=port,
            connections=1,
            seconds=SLICE_SECONDS,
            pids=pids,
            once=action.once,
            expected=action.expected,
        )
        if after:
            after()
        return load

    return turn


def warm(action: Action, *, port: int) -> None:
    """Fill the caches, or show the writers what they are about to write to."""
    requests = action.warming or (() if action.once else action.requests)
    if requests:
        run(requests, port=port, connections=4, seconds=30, pids={}, once=True)


def cost(load: Load) -> float:
    """Milliseconds of CPU of web and Redis."""
    return sum(load.cpu.get(name, 0) for name in SERVERS)


def factor(loads: Sequence[Load], over: Sequence[Load]) -> float:
    """How many times as much: the median of the rounds' ratios."""
    return statistics.median(cost(load) / cost(other) for load, other in zip(loads, over, strict=True))


def added(loads: Sequence[Load], over: Sequence[Load]) -> float:
    """How many milliseconds more: the median of the rounds' differences."""
    return statistics.median(cost(load) - cost(other) for load, other in zip(loads, over, strict=True))


@dataclass(frozen=True, slots=True)
class Pair:
    """Reads and what they are held against. One of the limits says what the former may cost over the latter."""

    name: str
    plain: Sequence[bytes]
    more: Sequence[bytes]
    may_add: float | None = None
    """Milliseconds of CPU."""
    may_be: float | None = None
    """Times as much."""


@dataclass(frozen=True, slots=True)
class Compared:
    pair: Pair
    plain: Sequence[Load]
    more: Sequence[Load]


def pairs(network: Network) -> Iterator[Pair]:
    readers = network.readers[:-1]
    posts, authors = network.posts[-200:], network.authors
    yield Pair(
        "one post, with a token",
        [read(f"/posts/{post}") for post in posts],
        [read(f"/posts/{post}", readers[n % len(readers)].token) for n, post in enumerate(posts)],
        may_add=0.15,
    )
    yield Pair(
        "profile, with a token",
        [read(f"/users/{author.id}") for author in authors],
        [read(f"/users/{author.id}", readers[n % len(readers)].token) for n, author in enumerate(authors)],
        may_add=0.15,
    )
    yield Pair(
        "home feed, four pictures a post",
        [read("/feed", reader.token) for reader in readers],
        [read("/feed", admirer.token) for admirer in network.admirers],
        may_be=1.4,
    )


def compare(pair: Pair, *, port: int, pids: Mapping[str, int], rounds: int) -> Compared:
    sides = (Action(pair.name, pair.plain), Action(pair.name, pair.more))
    plain, more = take_turns(
        [slices(side, port=port, pids=pids, parts=rounds) for side in sides], rounds=rounds
    )
    return Compared(pair, plain, more)
