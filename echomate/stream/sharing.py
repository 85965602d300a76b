"""Which lease a process should take next, so that the living share the shards and no shard is left alone."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from echomate.stream.leases import Lease


@dataclass(frozen=True, slots=True)
class Choice:
    lease: Lease
    by_force: bool


def choose(readable: Sequence[Lease], *, me: str, now: float) -> list[Choice]:
    """Free leases up to a fair share of them; else one of an owner who holds at least two more.

    `readable` are the leases of shards whose parents are read to the end.
    """
    held = Counter(lease.owner for lease in readable if lease.owner and not lease.is_free(now))
    share = math.ceil(len(readable) / len(held.keys() | {me}))
    free = [lease for lease in readable if lease.is_free(now)]
    if free:
        return [Choice(lease, by_force=False) for lease in free[: max(share - held[me], 0)]]
    owner, most = max(held.items(), key=lambda pair: (pair[1], str(pair[0])), default=(me, 0))
    if most - held[me] < 2:
        return []
    return [Choice(next(lease for lease in readable if lease.owner == owner), by_force=True)]


def readable(leases: Sequence[Lease], *, stream: str) -> list[Lease]:
    """Leases of shards that aren't read to the end, while their parents and the streams before theirs are."""
    shards = [lease for lease in leases if lease.shard is not None]
    waiting = {(lease.shard.stream, lease.shard.id) for lease in shards if lease.shard and not lease.is_done}
    older = any(name != stream for name, _ in waiting)
    return [
        lease
        for lease in shards
        if lease.shard
        and not lease.is_done
        and (lease.shard.stream, lease.shard.parent) not in waiting
        and not (older and lease.shard.stream == stream)
    ]
