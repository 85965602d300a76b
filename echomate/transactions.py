"""Write transactions: two facts that must agree, in one request; parts are made here and committed together.

In conditions and updates `#Name` is the attribute `Name`, and `:name` the value that is given by that
name. What the wire repeats has the same token, so it counts once.
"""

import random
import re
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from echomate import dynamodb
from echomate.config import config
from echomate.dynamodb import DynamoDBError, Wire
from echomate.errors import DependencyAway
from echomate.keys import Key
from echomate.table import Item, wire_key

TRIES = 6
CONDITION_FAILED = "ConditionalCheckFailed"
FOR_THE_MOMENT = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
ABSENT = "attribute_not_exists(PK)"

_NAME = re.compile(r"#(\w+)")


def put(item: Item, *, condition: str = ABSENT, **values: Any) -> Wire:
    """Put an item; without a condition, in place of what is there."""
    conditions = expressions(condition, values=values) if condition else {}
    return {"Put": {"TableName": config.table_name, "Item": item.wire(), **conditions}}


def update(key: Key, *, change: str, condition: str, **values: Any) -> Wire:
    """Change attributes of an item: `change` is an update expression."""
    return {"Update": {**of(key), **expressions(condition, change=change, values=values)}}


def check(key: Key, *, condition: str, **values: Any) -> Wire:
    """Let the rest happen only where the condition on another item holds."""
    return {"ConditionCheck": {**of(key), **expressions(condition, values=values)}}


def delete(key: Key, *, condition: str = "", **values: Any) -> Wire:
    """Delete an item; without a condition, one that isn't there is no error."""
    return {"Delete": {**of(key), **(expressions(condition, values=values) if condition else {})}}


def expressions(condition: str, *, change: str = "", values: Mapping[str, Any]) -> Wire:
    """The expressions of a write in the form of the wire."""
    names = {f"#{name}": name for name in _NAME.findall(condition + change)}
    parts: Wire = {"ConditionExpression": condition}
    if change:
        parts["UpdateExpression"] = change
    if names:
        parts["ExpressionAttributeNames"] = names
    if values:
        parts["ExpressionAttributeValues"] = {
            f":{name}": dynamodb.wire(value) for name, value in values.items()
        }
    return parts


def commit(parts: Sequence[Wire]) -> None:
    """All or nothing. What conflicts with other transactions, or is throttled, is tried again, with jitter.

    A condition that fails raises `DynamoDBError`, whose `reasons` are in the order of the parts.
    """
    for attempt in range(TRIES):
        try:
            dynamodb.call(
                "TransactWriteItems", {"TransactItems": list(parts), "ClientRequestToken": uuid.uuid4().hex}
            )
        except DynamoDBError as error:
            if FOR_THE_MOMENT.isdisjoint(error.reasons) or CONDITION_FAILED in error.reasons:
                raise
        else:
            return
        time.sleep(random.uniform(0.5, 1.5) * 0.02 * 2**attempt)  # noqa: S311 - jitter, not a secret
    raise DependencyAway("dynamodb", "The same data is being changed by too many at once.")


def failed(error: DynamoDBError, part: int) -> bool:
    """Whether the condition of a part (by its place) is why the transaction was refused."""
    return error.code == "TransactionCanceledException" and error.reasons[part] == CONDITION_FAILED


def of(key: Key) -> Wire:
    return {"TableName": config.table_name, "Key": wire_key(key)}
