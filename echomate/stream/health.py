"""What /health/events tells: whether the stream is read, how far behind, and whether records were lost."""

import time
from collections.abc import Mapping
from typing import Any

from echomate.stream import leases, losses
from echomate.stream.leases import Lease

LAG_AT_MOST_SECONDS = 60.0


def check() -> Mapping[str, Any]:
    """The entry of the projector in a health answer. Raises `DependencyAway`."""
    open_leases = [lease for lease in leases.read_all() if lease.shard and not lease.is_done]
    lost, _ = losses.read()
    now = time.time()
    behind = lag(open_leases, now)
    alone = [lease.shard.id for lease in open_leases if lease.shard and lease.is_free(now)]
    trouble = _trouble(open_leases, alone, behind, lost)
    return {
        "status": "failed" if trouble else "ok",
        "lag_seconds": None if behind is None else round(behind, 1),
        "lost_records": lost,
        **({"detail": trouble} if trouble else {}),
    }


def lag(open_leases: list[Lease], now: float) -> float | None:
    """Age of the moment before which every change has had its effects; None before the first read."""
    return max((max(0.0, now - lease.passed) for lease in open_leases if lease.passed), default=None)


def _trouble(open_leases: list[Lease], alone: list[str], behind: float | None, lost: list[str]) -> str:
    if lost:
        return "records were lost; run manage.py rebuild"
    if not open_leases:
        return "no projector has started yet"
    if len(alone) == len(open_leases):
        return "no projector is running"
    if behind is not None and behind > LAG_AT_MOST_SECONDS:
        return f"the projector is {behind:.0f} s behind"
    return ""
