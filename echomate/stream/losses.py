"""Records that the stream lost before they were read: counters may be wrong until a rebuild has run."""

import logging
import time
from datetime import UTC, datetime

from echomate import dynamodb, keys
from echomate.config import config
from echomate.dynamodb import Wire
from echomate.ids import rfc3339
from echomate.stream import metrics
from echomate.stream.leases import Lease

RETENTION_SECONDS = 24 * 3600
TOLD_AT_MOST = 20

logger = logging.getLogger(__name__)


def is_forgotten(lease: Lease) -> bool:
    """Whether an emulator has forgotten its streams: the last owner had read all there was when it stopped.

    On AWS a stream forgets nothing in its first 24 hours.
    """
    return lease.drained and (config.is_local or time.time() - lease.passed < RETENTION_SECONDS)


def note(lease: Lease, what: str) -> None:
    """Note a loss, for health to show until a rebuild has run."""
    logger.error("records are lost: %s (%s); run manage.py rebuild", what, lease.name)
    metrics.LOST.inc()
    _append(f"{rfc3339(datetime.now(UTC))} {lease.name}: {what}")


def _append(sentence: str) -> None:
    update = _update("SET Losses = list_append(if_not_exists(Losses, :none), :sentence) ADD Mark :one")
    update["ExpressionAttributeValues"] = {
        ":none": {"L": []},
        ":sentence": dynamodb.wire([sentence]),
        ":one": {"N": "1"},
    }
    dynamodb.call("UpdateItem", update)


def read() -> tuple[list[str], int]:
    """The latest losses that no rebuild has mended, a sentence each, and the mark that `mended` wants."""
    request = {
        "TableName": config.lease_table_name,
        "Key": {"PK": {"S": keys.LOSSES}},
        "ConsistentRead": True,
    }
    item = dynamodb.plain(dynamodb.call("GetItem", request).get("Item", {}))
    return item.get("Losses", [])[-TOLD_AT_MOST:], item.get("Mark", 0)


def mended(mark: int) -> bool:
    """A rebuild has run that began when `mark` stood. False: more was lost meanwhile, and stands."""
    update = _update("REMOVE Losses")
    update["ConditionExpression"] = "Mark = :mark OR attribute_not_exists(Mark)"
    update["ExpressionAttributeValues"] = {":mark": {"N": str(mark)}}
    return dynamodb.attempt("UpdateItem", update) is not None


def _update(expression: str) -> Wire:
    return {
        "TableName": config.lease_table_name,
        "Key": {"PK": {"S": keys.LOSSES}},
        "UpdateExpression": expression,
    }
