"""What somebody has done a moment ago, so that lists show one's own doing at once, whatever their index shows yet.

A list in Redis for a minute, of `edge id:subject`. Lost: it shows when the index has it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from echomate import cache
from echomate.cache import Command
from echomate.errors import DependencyAway

SECONDS = 60
AT_MOST = 100


@dataclass(frozen=True, slots=True)
class Recent:
    """A kind of edge, by the user who makes it."""

    key: Callable[[int], str]

    def remember(self, user: int, *, edge: int, subject: int) -> list[Command]:
        key = self.key(user)
        return [
            ("LPUSH", key, f"{edge}:{subject}"),
            ("LTRIM", key, 0, AT_MOST - 1),
            ("EXPIRE", key, SECONDS),
        ]

    def forget(self, user: int, *, edge: int, subject: int) -> Command:
        return ("LREM", self.key(user), 0, f"{edge}:{subject}")

    def edges(self, user: int) -> dict[int, int]:
        """Subject → the newest edge to it; nothing while Redis is away."""
        try:
            return self.edges_of_many([user])[0]
        except DependencyAway:
            return {}

    def edges_of_many(self, users: Sequence[int]) -> list[dict[int, int]]:
        """The same of each, in one round trip. Raises `DependencyAway`."""
        replies = cache.ask(*(("LRANGE", self.key(user), 0, -1) for user in users))
        return [_edges(entries) for entries in replies]


def _edges(entries: Sequence[bytes]) -> dict[int, int]:
    pairs = (entry.split(b":") for entry in reversed(entries))
    return {int(subject): int(edge) for edge, subject in pairs}
