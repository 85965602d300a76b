"""What one request costs over another, sent in turn with it: what else the machine does meets both alike."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.actions import read
from bench.loading import Load, run
from bench.network import Network

SLICE_SECONDS = 0.5
SERVERS = ("web", "redis-feeds", "redis-state")


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
    """CPU of web and Redis in ms, a figure of each for each round."""

    pair: Pair
    plain: Sequence[float]
    more: Sequence[float]

    @property
    def added(self) -> float:
        return statistics.median(more - plain for plain, more in zip(self.plain, self.more, strict=True))

    @property
    def factor(self) -> float:
        return statistics.median(more / plain for plain, more in zip(self.plain, self.more, strict=True))


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
    """Both with warm caches, at one connection."""
    for requests in (pair.plain, pair.more):
        run(requests, port=port, connections=4, seconds=30, pids={}, once=True)
    plain: list[float] = []
    more: list[float] = []
    for number in range(rounds):
        turns = ((pair.plain, plain), (pair.more, more))
        for requests, costs in turns if number % 2 else reversed(turns):
            costs.append(_cost(run(requests, port=port, connections=1, seconds=SLICE_SECONDS, pids=pids)))
    return Compared(pair, plain, more)


def _cost(load: Load) -> float:
    return sum(load.cpu[name] for name in SERVERS)
