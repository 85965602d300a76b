"""The orders in which comments are listed."""

from enum import Enum

from echomate import ids


class Sort(Enum):
    OLDEST = "oldest"
    NEWEST = "newest"

    def bound(self, comment: int) -> int:
        """A comment's place as a page's bound: pages run from the greatest bound down."""
        return ids.MAX_ID - comment if self is Sort.OLDEST else comment

    comment = bound
    """The comment at a place: the same, the other way."""
