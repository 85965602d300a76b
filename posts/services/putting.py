"""Put something new, once, however often the wire tries."""

from echomate import dynamodb, transactions
from echomate.dynamodb import DynamoDBError, Wire
from echomate.table import Item


def put_new(new: Item) -> Wire | None:
    """The item as it was put, also where a first try has put it before; None where its key is another's.

    It has a `Nonce`, by which a put that is tried again knows its first try.
    """
    request = transactions.put(new)["Put"]
    item: Wire = request["Item"]
    return None if _stored(request) is None else item


def put_or_stored(new: Item) -> Wire | None:
    """The same, but what a first try has put as it is stored by now."""
    return _stored(transactions.put(new)["Put"])


def _stored(request: Wire) -> Wire | None:
    item: Wire = request["Item"]
    try:
        dynamodb.call("PutItem", {**request, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"})
    except DynamoDBError as error:
        if error.code != "ConditionalCheckFailedException":
            raise
        stored: Wire = error.response.get("Item", {})
        return stored if stored.get("Nonce") == item["Nonce"] else None
    return item
