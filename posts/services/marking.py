"""Marks that somebody leaves on posts: an item each, whose id in GSI1 tells its time."""

from dataclasses import dataclass

from echomate import dynamodb, table, transactions
from echomate.config import config
from echomate.keys import Key
from echomate.table import Item
from echomate.transactions import ABSENT
from posts import selectors
from posts.reading import Seen
from posts.selectors import PostCounts


@dataclass(frozen=True, slots=True)
class Reaction:
    """A post after a toggle: the viewer's bits, and the counters, None where it is out of sight."""

    bits: int
    counts: PostCounts | None


def put(mark: Item) -> bool:
    """Whether the mark is new."""
    request = transactions.put(mark, condition=f"{ABSENT} OR #GSI1SK = :own", own=mark.gsi1sk)
    return dynamodb.attempt("PutItem", request["Put"]) is not None


def delete(mark: Key) -> int | None:
    """The id of the mark that was there."""
    request = {"TableName": config.table_name, "Key": table.wire_key(mark), "ReturnValues": "ALL_OLD"}
    old = dynamodb.call("DeleteItem", request).get("Attributes")
    return int(old["GSI1SK"]["S"]) if old else None


def left(user: int, post: int, *, seen: Seen | None) -> int:
    """The bits before a removal, also those of a post that is out of sight."""
    return selectors.viewer_bits(user, [post])[post] if seen is None else seen.bits
