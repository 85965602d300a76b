"""The commit of a batch: one transaction adds its counters and moves the checkpoint, or neither happens.

The condition is the fence: the lease is still held in the term in which the records were read, and its
checkpoint is the one they were read from. So every delta is added exactly once, whoever is killed or paused.
"""

import logging
import random
import time
from collections.abc import Iterable, Mapping
from typing import Any

from echomate import dynamodb
from echomate.config import config
from echomate.dynamodb import DynamoDBError, Wire
from echomate.errors import DependencyAway
from echomate.keys import Key
from echomate.stream import leases
from echomate.stream.leases import Lease
from echomate.table import wire_key

CONFLICTS_AT_MOST = 40

Deltas = Mapping[Key, Mapping[str, int]]

logger = logging.getLogger(__name__)


class LeaseLost(Exception):
    """The lease is another's now; nothing of this batch may be written."""


class CounterRefused(Exception):
    """DynamoDB refuses these counter items themselves, whoever writes them; none: it doesn't say which."""

    def __init__(self, keys: list[Key], reason: str) -> None:
        super().__init__(reason)
        self.keys = keys


def commit(
    lease: Lease, *, old: str, new: str, deltas: Deltas, touched: str, passed: float, has_jobs: bool = False
) -> None:
    """Add the deltas and move the checkpoint from `old` to `new`; the lease is renewed with it.

    `has_jobs`: among the records in between are those of jobs, which the schedule is to know.
    Raises `LeaseLost`, `CounterRefused`, `DependencyAway`; after the last the same commit may be tried again.
    """
    checkpoint = _checkpoint(lease, old=old, new=new, touched=touched, passed=passed, has_jobs=has_jobs)
    moved = {key: fields for key, fields in deltas.items() if any(fields.values())}
    counters = [counter_update(key, fields) for key, fields in moved.items()]
    for attempt in range(CONFLICTS_AT_MOST):
        try:
            _write(checkpoint, counters)
        except DynamoDBError as error:
            if _condition_failed(error):
                _settle(lease, new)
            elif not _conflicts(error):
                raise _understood(error, moved) from error
            else:
                time.sleep(random.uniform(0.2, 1.0) * min(0.01 * 2**attempt, 0.2))  # noqa: S311 - jitter
                continue
        return
    raise DependencyAway("dynamodb", "the counters are being written by others all the time")


def _write(checkpoint: Wire, counters: list[Wire]) -> None:
    if counters:
        parts = [{"Update": part} for part in (checkpoint, *counters)]
        dynamodb.call("TransactWriteItems", {"TransactItems": parts})
    else:
        dynamodb.call("UpdateItem", checkpoint)


def _checkpoint(lease: Lease, *, old: str, new: str, touched: str, passed: float, has_jobs: bool) -> Wire:
    values: dict[str, Any] = {
        ":until": leases.soon(),
        ":passed": leases.milliseconds(passed),
        ":old": old,
        ":new": new,
        ":touched": touched,
    }
    sets = "SET Checkpoint = :new, Touched = :touched, Passed = :passed, #until = :until"
    if has_jobs:
        values[":jobs_at"] = leases.milliseconds(leases.now())
        sets += ", JobsAt = :jobs_at"
    update = leases.held_update(lease, f"{sets} REMOVE Drained", values)
    update["ConditionExpression"] += " AND Checkpoint = :old"
    return update


def counter_update(key: Key, fields: Mapping[str, int]) -> Wire:
    names = {f"#f{n}": field for n, field in enumerate(fields)}
    values = {f":d{n}": dynamodb.wire(delta) for n, delta in enumerate(fields.values())}
    adds = [f"#f{n} :d{n}" for n in range(len(fields))]
    return {
        "TableName": config.table_name,
        "Key": wire_key(key),
        "UpdateExpression": f"ADD Version :one, {', '.join(adds)}",
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": {**values, ":one": {"N": "1"}},
    }


def _condition_failed(error: DynamoDBError) -> bool:
    return error.code == "ConditionalCheckFailedException" or "ConditionalCheckFailed" in error.reasons


def _settle(lease: Lease, new: str) -> None:
    """A condition failed: this very commit was done and its answer was lost, or the lease is another's."""
    now = leases.read(lease.name)
    if now is None or (now.owner, now.term, now.checkpoint) != (lease.owner, lease.term, new):
        raise LeaseLost(lease.name)
    logger.info("the commit of %s was done, only its answer was lost", lease.name)


def _conflicts(error: DynamoDBError) -> bool:
    return error.code == "TransactionConflictException" or "TransactionConflict" in error.reasons


_FOR_THE_MOMENT = frozenset({"ThrottlingError", "ProvisionedThroughputExceeded"})


def _understood(error: DynamoDBError, written: Iterable[Key]) -> Exception:
    if error.code == "ValidationException":
        return CounterRefused([], error.message)
    counters = error.reasons[1:]
    if _FOR_THE_MOMENT.intersection(error.reasons):
        return DependencyAway("dynamodb", "DynamoDB throttles the counters")
    refused = [key for key, reason in zip(written, counters, strict=False) if reason != "None"]
    return CounterRefused(refused, error.message) if refused else error
