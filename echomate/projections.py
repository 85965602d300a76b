"""The register of projections: what follows from a change of the table. The projector runs them.

    @projects("like")
    def count_likes(change: Change, effects: Effects) -> None: ...

The changes of one item come in their order. A handler runs at least once for each and must bear being run
again: its puts have deterministic ids, its counters go through `Effects` and are then added exactly once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from echomate.cache import Command
from echomate.keys import Key

COUNTERS_AT_MOST = 99
"""Counter items in one transaction: DynamoDB takes 100 parts, and the checkpoint is one of them."""

Image = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one item: its attributes before and after, by the table's names (`PK`, `EntityType`…)."""

    kind: Literal["insert", "modify", "remove"]
    old: Image | None
    new: Image | None
    sequence: str
    at: datetime
    expired: bool = False
    """DynamoDB itself removed the item, because its time to live was over."""

    @property
    def item(self) -> Image:
        """The attributes after the change; of a removal, those before it."""
        return self.new or self.old or {}


@dataclass(frozen=True, slots=True)
class Count:
    key: Key
    field: str
    delta: int
    cache_key: str


class Effects:
    """What a handler wants done with its change; used when all handlers of the change have succeeded."""

    __slots__ = ("at_risk", "commands", "counts")

    def __init__(self, *, at_risk: bool) -> None:
        self.at_risk = at_risk
        """This change may have been handled before: after a start, a takeover or an error."""
        self.counts: list[Count] = []
        self.commands: list[Command] = []

    def count(self, *, key: Key, field: str, delta: int, cache_key: str) -> None:
        """Add to a counter, exactly once, when the checkpoint moves; then delete its cached form."""
        self.counts.append(Count(key, field, delta, cache_key))
        if len({count.key for count in self.counts}) > COUNTERS_AT_MOST:
            raise ValueError(f"one change moves more than {COUNTERS_AT_MOST} counter items")

    def forget(self, *cache_keys: str) -> None:
        """Delete cached keys, at least once, before the checkpoint moves."""
        self.commands += [("DEL", key) for key in cache_keys]

    def forget_parts(self, *commands: Command) -> None:
        """The same for parts of a cached value: HDEL, SREM."""
        self.commands += commands


Handler = Callable[[Change, Effects], None]

_handlers: dict[str, list[Handler]] = {}


def projects(*entity_types: str) -> Callable[[Handler], Handler]:
    """Enter a handler for changes of items of these types; an app's `ready` imports its `projections`."""

    def enter(handler: Handler) -> Handler:
        for entity_type in entity_types:
            _handlers.setdefault(entity_type, []).append(handler)
        return handler

    return enter


def handlers_of(entity_type: str) -> list[Handler]:
    """The handlers of an entity type, in the order in which they were entered."""
    return _handlers.get(entity_type, [])
