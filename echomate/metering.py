"""Counts what the stores are asked, for tests that hold round trips down and for the bench."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Meter:
    """What was asked while the meter ran: DynamoDB calls with their units, Redis round trips with their commands."""

    dynamodb: list[tuple[str, float]] = field(default_factory=list)
    redis: list[list[str]] = field(default_factory=list)

    @property
    def units(self) -> float:
        """Capacity units as ReturnConsumedCapacity reported them."""
        return sum(units for _, units in self.dynamodb)


_running: list[Meter] = []
_thread = threading.local()


@contextmanager
def metering() -> Iterator[Meter]:
    """Meter every call of this process while the block runs, in whatever thread."""
    meter = Meter()
    _running.append(meter)
    try:
        yield meter
    finally:
        _running.remove(meter)


def is_metering() -> bool:
    return bool(_running) and not hasattr(_thread, "is_left_out")


def leave_out_this_thread() -> None:
    """What a thread asks for the whole process, at its own times, belongs to nobody who meters."""
    _thread.is_left_out = True


def saw_dynamodb(operation: str, units: float) -> None:
    for meter in _running:
        meter.dynamodb.append((operation, units))


def saw_redis(commands: list[str]) -> None:
    for meter in _running:
        meter.redis.append(commands)
