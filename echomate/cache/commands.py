"""Round trips to a Redis that is trusted, and the deletions that follow a write."""

import time
from collections.abc import Sequence
from typing import Any

from redis.exceptions import ResponseError

from echomate.cache import connection
from echomate.cache.connection import Command, reach
from echomate.cache.debts import owe, watch
from echomate.errors import DependencyAway


def run(commands: Sequence[Command]) -> list[Any]:
    """One round trip: the replies in the commands' order, an error reply as an exception among them.

    Raises `DependencyAway`, also where Redis can be reached but may hold what a write elsewhere has made stale.
    """
    if not commands:
        return []
    watch.is_used = True
    if time.monotonic() >= watch.trusted_until and not watch.trusts():
        raise DependencyAway("redis")
    return reach(commands)


def must_forget() -> bool:
    """Whether this process knows of something that Redis has to forget first, and so reads from the table."""
    return not watch.trusts() and watch.has_debts


def ask(*commands: Command) -> list[Any]:
    """Like `run`, with an error reply raised: for callers that have nothing to do with half an answer."""
    replies = run(commands)
    for reply in replies:
        if isinstance(reply, ResponseError):
            raise reply
    return replies


def asked(commands: Sequence[Command]) -> list[Any] | None:
    """The replies to reads in one round trip; None while Redis is away, and then the table is asked."""
    try:
        return ask(*commands)
    except DependencyAway:
        return None


def forget(*keys: str) -> None:
    """Delete keys after a write. See `forget_parts`."""
    forget_parts([("DEL", key) for key in keys])


def forget_parts(commands: Sequence[Command]) -> None:
    """Make Redis forget what a write has made stale, and wake the projectors, before the write is acknowledged.

    Where Redis can't be reached, the commands are owed: somebody makes up for them before Redis is believed again.
    Raises `DependencyAway` where not even that can be promised; the write stands all the same. Commands that are run
    twice must do no harm.
    """
    try:
        replies = reach(commands)
    except DependencyAway:
        owe(commands)
        return
    if any(isinstance(reply, Exception) for reply in replies):
        owe(commands)


def close() -> None:
    """Forget the clients, their connections, and what was known of these stores; the next use begins anew."""
    connection.close()
    watch.reset()
