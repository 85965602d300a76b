"""What somebody has done a moment ago, so that lists show one's own doing at once, whatever their index shows yet.

A list in Redis for a minute, of `edge id:subject`. Lost: it shows when the index has it.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from echomate import cache, table
from echomate.cache import Command
from echomate.errors import DependencyAway
from echomate.keys import Key

SECONDS = 60
AT_MOST = 100


@dataclass(frozen=True, slots=True)
class Recent:
    """A kind of edge, by the user who makes it."""

    key: Callable[[int], str]
    item: Callable[[int, int], Key] | None = None
    """The item of an edge, by user and subject: it tells, in `GSI1SK`, which edge stands where several were made. Calls
    that come together leave theirs here in any order."""

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
        """Subject → the edge to it that stands; nothing while Redis is away.

        Raises `DependencyAway` where an edge was made several times and the table, which tells, is away.
        """
        try:
            (entries,) = cache.ask(("LRANGE", self.key(user), 0, -1))
        except DependencyAway:
            return {}
        made = Counter(_pair(entry)[1] for entry in set(entries))
        several = [subject for subject, times in made.items() if times > 1] if self.item else []
        edges = {subject: edge for subject, edge in _edges(entries).items() if subject not in several}
        return edges | self._stored(user, several)

    def _stored(self, user: int, subjects: Sequence[int]) -> dict[int, int]:
        if not (self.item and subjects):
            return {}
        items = table.batch_get(self.item(user, subject) for subject in subjects)
        stored = zip(subjects, items, strict=True)
        return {subject: int(item["GSI1SK"]["S"]) for subject, item in stored if item}

    def edges_of_many(self, users: Sequence[int]) -> list[dict[int, int]]:
        """The same of each, in one round trip. Raises `DependencyAway`."""
        replies = cache.ask(*(("LRANGE", self.key(user), 0, -1) for user in users))
        return [_edges(entries) for entries in replies]


def _edges(entries: Sequence[bytes]) -> dict[int, int]:
    """Subject → the edge to it that was put here last."""
    return {subject: edge for edge, subject in map(_pair, reversed(entries))}


def _pair(entry: bytes) -> tuple[int, int]:
    edge, subject = entry.split(b":")
    return int(edge), int(subject)
