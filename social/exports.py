"""What the graph holds of a user: whom they follow, who follows them, whom they block or mute."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

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


@privacy.exports("follow_requests", "follow_request", title=_("Whom you ask to follow"))
def requests(user: int) -> Iterator[Row]:
    return _named(map(_with_id, table.query(keys.user_partition(user), prefix=keys.REQUEST)))


@privacy.exports("follow_requests_received", "follow_request", title=_("Who asks to follow you"))
def received_requests(user: int) -> Iterator[Row]:
    items = table.query(keys.follow_requests(user), index="GSI1")
    return _named((table.last_id(item["PK"]["S"]), int(item["GSI1SK"]["S"])) for item in items)


@privacy.exports("blocks", "block", title=_("Blocked"))
def blocks(user: int) -> Iterator[Row]:
    return _named(map(_with_id, table.query(keys.user_partition(user), prefix=keys.BLOCK)))


@privacy.exports("mutes", "mute", title=_("Muted"))
def mutes(user: int) -> Iterator[Row]:
    items = {
        table.last_id(item["SK"]["S"]): item
        for item in table.query(keys.user_partition(user), prefix=keys.MUTE)
    }
    for row in _named(map(_with_id, items.values())):
        item = items[int(row["id"])]
        end = datetime.fromtimestamp(int(item["ExpiresAt"]["N"]), UTC) if "ExpiresAt" in item else None
        about = {"until": end and rfc3339(end), "notifications": item["Notifications"]["BOOL"]}
        yield {**row, **about}


def _with_id(item: Wire) -> Edge:
    return table.last_id(item["SK"]["S"]), int(item["Id"]["N"])


def _named(edges: Iterable[Edge]) -> Iterator[Row]:
    """With the names that people have now; who has no account any more has none."""
    for part in privacy.in_steps(edges):
        known = cards.get([user for user, _ in part])
        for user, edge in part:
            name = known[user].username if user in known else None
            yield {"id": str(user), "username": name, "since": rfc3339(edge)}


privacy.not_exported("blocked_by", because="it would tell whom somebody else blocks")
