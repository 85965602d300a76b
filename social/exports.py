"""What the graph holds of a user: whom they follow, who follows them, whom they block."""

from collections.abc import Iterable, Iterator

from django.utils.translation import gettext_lazy as _

from accounts.selectors import cards
from echomate import keys, privacy, table
from echomate.dynamodb import Wire
from echomate.ids import rfc3339
from echomate.privacy import Row

Edge = tuple[int, int]
"""The other user, and the id of the edge."""


@privacy.exports("following", "follow", title=_("Following"))
def following(user: int) -> Iterator[Row]:
    items = table.query(keys.follows(user), index="GSI2")
    return _named((table.last_id(item["SK"]["S"]), int(item["GSI2SK"]["S"])) for item in items)


@privacy.exports("followers", "follow", title=_("Followers"))
def followers(user: int) -> Iterator[Row]:
    items = table.query(keys.followers(user), index="GSI1")
    return _named((table.last_id(item["PK"]["S"]), int(item["GSI1SK"]["S"])) for item in items)


@privacy.exports("blocks", "block", title=_("Blocked"))
def blocks(user: int) -> Iterator[Row]:
    return _named(map(_block, table.query(keys.user_partition(user), prefix=keys.BLOCK)))


def _block(item: Wire) -> Edge:
    return table.last_id(item["SK"]["S"]), int(item["Id"]["N"])


def _named(edges: Iterable[Edge]) -> Iterator[Row]:
    """With the names that people have now; who has no account any more has none."""
    for part in privacy.in_steps(edges):
        known = cards.get([user for user, _ in part])
        for user, edge in part:
            name = known[user].username if user in known else None
            yield {"id": str(user), "username": name, "since": rfc3339(edge)}


privacy.not_exported("blocked_by", because="it would tell whom somebody else blocks")
