"""What a run is to measure, and what it has measured."""

from dataclasses import dataclass, field
from typing import Self

from bench.accounting import Memory
from bench.calls import Calls
from bench.comparing import Compared
from bench.delivery import Delivery
from bench.loading import Load
from bench.uploading import Uploads


@dataclass(frozen=True, kw_only=True, slots=True)
class Extent:
    """How much is measured."""

    seconds: float
    rounds: int
    """Each load runs so long and so often; the round that took least CPU counts, since what else the machine does
    only adds to it."""
    writes: int
    """Most requests of a write."""
    posts: int
    many_posts: int
    crowds: tuple[int, ...]
    tries: int

    @classmethod
    def full(cls) -> Self:
        return cls(
            seconds=1.25,
            rounds=3,
            writes=2500,
            posts=1000,
            many_posts=100_000,
            crowds=(10, 1000, 10_000),
            tries=5,
        )

    @classmethod
    def small(cls) -> Self:
        return cls(seconds=1, rounds=1, writes=1000, posts=1000, many_posts=5000, crowds=(10, 1000), tries=2)


@dataclass(frozen=True, slots=True)
class Measured:
    """An action at one connection and at sixteen."""

    name: str
    target: float | None
    alone: Load
    together: Load


@dataclass(slots=True)
class Figures:
    extent: Extent
    actions: list[Measured] = field(default_factory=list)
    floor: list[Measured] = field(default_factory=list)
    calls: list[Calls] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    memory: dict[str, Memory] = field(default_factory=dict)
    uploads: Uploads = field(default_factory=lambda: Uploads(0, [], [], 0))
    compared: list[Compared] = field(default_factory=list)
    growth: dict[str, list[Load]] = field(default_factory=dict)
    """CPU of reads by name: with few posts, with many."""
    after_flush: list[float] = field(default_factory=list)
    """Milliseconds of a home feed whose reader follows 200, just after Redis was emptied."""
    full_feed_bytes: int = 0
    answer_bytes: int = 0
    others: float = 0
    """The part of the machine's CPU that other processes took meanwhile."""
