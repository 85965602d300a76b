"""The one table: the base of every entity, and the few ways in which the table is read and written.

Attributes and keys are those of the architecture: `PK SK GSI1PK GSI1SK GSI2PK GSI2SK EntityType CreatedAt UpdatedAt
ExpiresAt`. Both indexes hold keys only; content is always read from the table.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar, Self, cast

from pynamodb.attributes import DiscriminatorAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.connection.table import TableConnection
from pynamodb.expressions.condition import Condition
from pynamodb.models import Model

from echomate import dynamodb, ids
from echomate.config import config
from echomate.dynamodb import Wire
from echomate.errors import DependencyAway
from echomate.keys import Key

BATCH_GET_LIMIT = 100
BATCH_WRITE_LIMIT = 25
INDEX_PAGE = 1000
"""Keys a request. A mebibyte of them, which is what DynamoDB gives unasked, are 8,000."""


class Item(Model):
    """Base of every entity. A subclass names itself: `class User(Item, discriminator="user")`."""

    class Meta:
        table_name = config.table_name
        region = config.aws_region

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK")
    gsi1pk = UnicodeAttribute(null=True, attr_name="GSI1PK")
    gsi1sk = UnicodeAttribute(null=True, attr_name="GSI1SK")
    gsi2pk = UnicodeAttribute(null=True, attr_name="GSI2PK")
    gsi2sk = UnicodeAttribute(null=True, attr_name="GSI2SK")
    entity_type = DiscriminatorAttribute(attr_name="EntityType")
    created_at = NumberAttribute(null=True, attr_name="CreatedAt")
    updated_at = NumberAttribute(null=True, attr_name="UpdatedAt")
    expires_at = NumberAttribute(null=True, attr_name="ExpiresAt")

    _lean: ClassVar[TableConnection | None] = None

    @classmethod
    def _get_connection(cls) -> TableConnection:
        if Item._lean is None:
            connection = super()._get_connection()
            lean = dynamodb.LeanConnection(region=config.aws_region)
            lean.add_meta_table(connection.get_meta_table())
            connection.connection = lean
            Item._lean = connection
        return Item._lean

    @classmethod
    def read(cls, key: Key) -> Self | None:
        """The live item of a key, read consistently; None where there is none or its time is over."""
        answer = dynamodb.call(
            "GetItem", {"TableName": config.table_name, "Key": wire_key(key), "ConsistentRead": True}
        )
        return cls.of(answer.get("Item"))

    @classmethod
    def from_raw_data(cls, data: Wire) -> Self:
        """The model of an item as it came over the wire.

        PynamoDB's own first makes an empty model with all defaults, and throws them away: a third of its time.
        """
        kind = cls._get_discriminator_class(data) or cls
        if not issubclass(kind, cls):
            raise TypeError(f"a {kind.__name__} is no {cls.__name__}")
        model: Self = kind.__new__(kind)
        model.deserialize(data)
        return model

    @classmethod
    def of(cls, item: Wire | None) -> Self | None:
        """The model of an item as it came over the wire; None for none and for one whose time is over."""
        if not item or not is_live(item):
            return None
        return cls.from_raw_data(item)

    def wire(self) -> Wire:
        """The item in the form of the wire, for puts within raw transactions."""
        return cast("Wire", self.serialize())


def wire_key(key: Key) -> Wire:
    return {"PK": {"S": key[0]}, "SK": {"S": key[1]}}


def is_live(item: Wire) -> bool:
    """Whether an item's time isn't over: DynamoDB removes expired ones up to two days late."""
    expires = item.get("ExpiresAt")
    return expires is None or int(expires["N"]) > time.time()


def absent_or(own: Condition) -> Condition:
    """The condition of a put that may be repeated: nothing is there yet, or only its own first try."""
    condition: Condition = Item.pk.does_not_exist() | own
    return condition


def get_item(key: Key) -> Wire | None:
    """One live item, consistently, in wire form."""
    answer = dynamodb.call(
        "GetItem", {"TableName": config.table_name, "Key": wire_key(key), "ConsistentRead": True}
    )
    item = answer.get("Item")
    return item if item and is_live(item) else None


def batch_get(keys: Iterable[Key], *, consistent: bool = True) -> list[Wire | None]:
    """The live items of keys, in wire form and their order; None where there is none. Duplicates are read once."""
    wanted = list(keys)
    found: dict[Key, Wire] = {}
    unread = list(dict.fromkeys(wanted))
    pause = 0.02
    while unread:
        part, unread = unread[:BATCH_GET_LIMIT], unread[BATCH_GET_LIMIT:]
        request = {"Keys": [wire_key(key) for key in part], "ConsistentRead": consistent}
        answer = dynamodb.call("BatchGetItem", {"RequestItems": {config.table_name: request}})
        for item in answer.get("Responses", {}).get(config.table_name, []):
            found[item["PK"]["S"], item["SK"]["S"]] = item
        left = answer.get("UnprocessedKeys", {}).get(config.table_name, {}).get("Keys", [])
        if left:
            if pause > 1:
                raise DependencyAway("dynamodb", "DynamoDB left keys unread")
            time.sleep(pause)
            pause *= 2
            unread = [(key["PK"]["S"], key["SK"]["S"]) for key in left] + unread
    return [item if (item := found.get(key)) and is_live(item) else None for key in wanted]


def put_missing(items: Sequence[Wire]) -> int:
    """Put the items whose keys are free, in bulk and without a condition; how many those were.

    For what fills a table. A service puts one at a time, on its condition.
    """
    there = batch_get(map(key_of, items))
    missing = [item for item, found in zip(items, there, strict=True) if found is None]
    for start in range(0, len(missing), BATCH_WRITE_LIMIT):
        part = missing[start : start + BATCH_WRITE_LIMIT]
        _write_all([{"PutRequest": {"Item": item}} for item in part])
    return len(missing)


def _write_all(left: list[Wire]) -> None:
    pause = 0.02
    while left:
        answer = dynamodb.call("BatchWriteItem", {"RequestItems": {config.table_name: left}})
        left = answer.get("UnprocessedItems", {}).get(config.table_name, [])
        if left:
            if pause > 1:
                raise DependencyAway("dynamodb", "DynamoDB left items unwritten")
            time.sleep(pause)
            pause *= 2


def delete_all(keys: Iterable[Key]) -> int:
    """Delete the items of keys in bulk, without a condition; how many keys those were. None there is no error."""
    wanted = list(dict.fromkeys(keys))
    for start in range(0, len(wanted), BATCH_WRITE_LIMIT):
        part = wanted[start : start + BATCH_WRITE_LIMIT]
        _write_all([{"DeleteRequest": {"Key": wire_key(key)}} for key in part])
    return len(wanted)


def key_of(item: Wire) -> Key:
    """The key of an item in wire form."""
    return item["PK"]["S"], item["SK"]["S"]


def query(
    partition: str,
    *,
    index: str | None = None,
    prefix: str = "",
    below: str | None = None,
    above: str | None = None,
    limit: int | None = None,
    newest_first: bool = True,
    attributes: Sequence[str] = (),
) -> Iterator[Wire]:
    """The items of a partition (of an index), in the order of its sort key, both bounds exclusive, at most `limit`.

    The table is read consistently; an index can't be. `prefix` begins every sort key that is wanted. An item whose
    time is over is left out, and counts towards no limit.
    """
    name = index or ""
    lower, upper = above or prefix or " ", below or prefix + "\uffff"
    parameters = _between(partition, lower, upper, index=name) | {"ScanIndexForward": not newest_first}
    if index:
        parameters |= {"IndexName": index, "Limit": INDEX_PAGE}
    if attributes:
        parameters["ProjectionExpression"] = ", ".join(f"#a{n}" for n in range(len(attributes)))
        parameters["ExpressionAttributeNames"] |= {
            f"#a{n}": attribute for n, attribute in enumerate(attributes)
        }
    bounds = frozenset(bound for bound in (below, above) if bound)
    yield from _pages(parameters, f"{name}SK", bounds, limit)


def query_with_those_over(partition: str, *, prefix: str) -> Iterator[Wire]:
    """The items of a partition whose sort keys begin so, also those whose time is over and that are still there."""
    parameters = _between(partition, prefix, prefix + "\uffff", index="")
    return _pages(parameters, "SK", frozenset(), None, only_live=False)


def _between(partition: str, lower: str, upper: str, *, index: str) -> Wire:
    return {
        "TableName": config.table_name,
        "KeyConditionExpression": "#p = :p AND #s BETWEEN :lower AND :upper",
        "ExpressionAttributeNames": {"#p": f"{index}PK", "#s": f"{index}SK"},
        "ExpressionAttributeValues": {":p": {"S": partition}, ":lower": {"S": lower}, ":upper": {"S": upper}},
        "ConsistentRead": not index,
    }


def _pages(
    parameters: Wire, sort: str, bounds: frozenset[str], limit: int | None, *, only_live: bool = True
) -> Iterator[Wire]:
    left = limit
    while left is None or left > 0:
        if left is not None:
            parameters["Limit"] = left + len(bounds)
        answer = dynamodb.call("Query", parameters)
        for item in answer["Items"]:
            if (sort in item and item[sort]["S"] in bounds) or (only_live and not is_live(item)):
                continue
            yield item
            if left is not None:
                left -= 1
                if left == 0:
                    return
        if "LastEvaluatedKey" not in answer:
            return
        parameters["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def clock() -> int:
    """Unix milliseconds, the unit of `CreatedAt` and `UpdatedAt`."""
    return time.time_ns() // 1_000_000


def last_id(sort_key: str) -> int:
    """The id that a sort key ends in."""
    return int(sort_key[-ids.WIDTH :])
