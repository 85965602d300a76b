"""Redis: round trips of commands, and values, sets and hash fields that readers fill by lease.

What is here can be rebuilt from the table. A writer deletes (`forget`), and the projector does so again; a reader that
finds nothing puts a number of its own in the place, reads the table and fills only where that number still stands. So
no old value survives a write, a flush or an eviction. What can't be deleted is owed (`debts.py`).
"""

from echomate.cache.commands import ask, asked, close, forget, forget_parts, must_forget, run
from echomate.cache.connection import (
    AWAY,
    REST_SECONDS,
    Command,
    Script,
    client,
    ping_feeds,
    ping_state,
    reach,
    state,
)
from echomate.cache.fields import read_fields
from echomate.cache.parsed import kept_while_small
from echomate.cache.sets import CachedSet, Passing, fill_set
from echomate.cache.values import ABSENT, CachedValues, known, new_lease, read_through

__all__ = [
    "ABSENT",
    "AWAY",
    "REST_SECONDS",
    "CachedSet",
    "CachedValues",
    "Command",
    "Passing",
    "Script",
    "ask",
    "asked",
    "client",
    "close",
    "fill_set",
    "forget",
    "forget_parts",
    "kept_while_small",
    "known",
    "must_forget",
    "new_lease",
    "ping_feeds",
    "ping_state",
    "reach",
    "read_fields",
    "read_through",
    "run",
    "state",
]
