"""What a run is to measure, and what it has measured."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from bench import comparing
from bench.accounting import Memory
from bench.calls import Calls
from bench.comparing import ROUNDS
from bench.delivery import Delivery
from bench.loading import Load, middle
from bench.uploading import Uploads


@dataclass(frozen=True, kw_only=True, slots=True)
class Extent:
    """How much is measured."""

    seconds: float
    rounds: int
    """Loads that aren't taken in turn run so long and so often; the round that took least CPU counts, since what else
    the machine does only adds to it."""
    turns: int
    """Rounds of loads that are taken in turn."""
    writes: int
    """Most requests of a write."""
    posts: int
    many_posts: int
    crowds: tuple[int, ...]
    tries: int
    rest_seconds: float

    @classmethod
    def full(cls) -> Self:
        return cls(
            seconds=1.25,
            rounds=3,
            turns=ROUNDS,
            writes=5000,
            posts=1000,
            many_posts=100_000,
            crowds=(10, 1000, 10_000),
            tries=5,
            rest_seconds=20,
        )

    @classmethod
    def small(cls) -> Self:
        return cls(
            seconds=1,
            rounds=1,
            turns=3,
            writes=1000,
            posts=1000,
            many_posts=5000,
            crowds=(10, 1000),
            tries=2,
            rest_seconds=5,
        )


@dataclass(frozen=True, slots=True)
class Measured:
    """An action at one connection, in turn with what is `beside` it, and at sixteen."""

    name: str
    may_be: float | None
    alone: Sequence[Load]
    beside: Sequence[Load] | None
    together: Load

    @property
    def factor(self) -> float | None:
        """Times as much CPU of web and Redis as what is beside it."""
        return comparing.factor(self.alone, self.beside) if self.beside else None

    @property
    def may_take(self) -> float | None:
        """Milliseconds, by what that took in these rounds."""
        return self.may_be * comparing.cost(middle(self.beside)) if self.may_be and self.beside else None


@dataclass(slots=True)
class Figures:
    extent: Extent
    actions: list[Measured] = field(default_factory=list)
    """Beside the floor; a login beside a bare view with its hash."""
    floor: list[Measured] = field(default_factory=list)
    """A bare view, and the stock one."""
    calls: list[Calls] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    memory: dict[str, Memory] = field(default_factory=dict)
    at_rest: dict[str, float] = field(default_factory=dict)
    """Parts of a core that each process takes with nothing to do."""
    uploads: Uploads = field(default_factory=lambda: Uploads(0, [], [], 0))
    growth: dict[str, list[Load]] = field(default_factory=dict)
    """CPU of reads by name: with few posts, with many."""
    after_flush: list[float] = field(default_factory=list)
    """Milliseconds of a home feed whose reader follows 200, just after Redis was emptied."""
    full_feed_bytes: int = 0
    answer_bytes: int = 0
    others: float = 0
    """The part of the machine's CPU that other processes took meanwhile."""
