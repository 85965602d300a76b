"""What goes with a tombstone."""

from echomate import dynamodb, table
from echomate.config import config
from echomate.keys import Key


def bury_stats(stats: Key, *, expires_at: int | None) -> None:
    """Let counters, those that are still to come too, go when their tombstone goes, if it ever does."""
    if expires_at is None:
        return
    dynamodb.call(
        "UpdateItem",
        {
            "TableName": config.table_name,
            "Key": table.wire_key(stats),
            "UpdateExpression": "SET ExpiresAt = :then",
            "ExpressionAttributeValues": {":then": {"N": str(expires_at)}},
        },
    )
