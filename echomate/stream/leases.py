"""Leases: which process reads which shard, and how far it has come. All of it stands in the lease table.

A lease is taken, renewed and given back by conditional writes. Its `term` grows with each taking, so whoever
was paused while another took the lease finds every later write of its own refused. The clock only decides
when a lease may be taken from its owner; a wrong clock costs time, never a count.
"""

import time
from dataclasses import dataclass
from typing import Any

from echomate import dynamodb, keys
from echomate.config import config
from echomate.dynamodb import DynamoDBError, Wire
from echomate.stream.shards import Shard

TRIM_HORIZON = "TRIM_HORIZON"
SHARD_END = "SHARD_END"

CONFLICT = "TransactionConflictException"
_REFUSALS = frozenset({"ConditionalCheckFailedException", CONFLICT})


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease as it was read. `until`, `passed` and `jobs_at` are Unix seconds."""

    name: str
    owner: str | None = None
    term: int = 0
    until: float = 0
    shard: Shard | None = None
    """None for the lease of the schedule, which has no checkpoint either."""
    checkpoint: str = TRIM_HORIZON
    drained: bool = False
    """Its last owner stopped in order, after it had read all there was."""
    touched: tuple[str, ...] = ()
    """Cached counters that the last batch made stale; whoever takes over deletes them again."""
    passed: float = 0
    """What was written before this moment has had its effects."""
    jobs_at: float = 0
    """When a batch with the record of a job was committed last."""

    @property
    def is_done(self) -> bool:
        return self.checkpoint == SHARD_END

    def is_free(self, now: float) -> bool:
        return self.owner is None or self.until < now


def read_all() -> list[Lease]:
    """All leases, of shards and of the schedule. The lease table is small."""
    request: Wire = {
        "TableName": config.lease_table_name,
        "ConsistentRead": True,
        "FilterExpression": "attribute_exists(Term)",
    }
    found: list[Lease] = []
    while True:
        answer = dynamodb.call("Scan", request)
        found += [_lease(item) for item in answer["Items"]]
        if "LastEvaluatedKey" not in answer:
            return found
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def read(name: str) -> Lease | None:
    answer = dynamodb.call(
        "GetItem", {"TableName": config.lease_table_name, "Key": _key(name), "ConsistentRead": True}
    )
    return _lease(answer["Item"]) if "Item" in answer else None


def _lease(item: Wire) -> Lease:
    plain = dynamodb.plain(item)
    shard = Shard(plain["Stream"], plain["Shard"], plain.get("Parent")) if "Shard" in plain else None
    return Lease(
        name=plain["PK"],
        owner=plain.get("Owner"),
        term=plain["Term"],
        until=plain.get("Until", 0) / 1000,
        shard=shard,
        checkpoint=plain.get("Checkpoint", TRIM_HORIZON),
        drained=plain.get("Drained", False),
        touched=tuple(plain.get("Touched", "").split()),
        passed=plain.get("Passed", 0) / 1000,
        jobs_at=plain.get("JobsAt", 0) / 1000,
    )


def have_passed(moment: float) -> bool:
    """Whether what was written before a moment (Unix seconds) has had its effects, in all shards."""
    shards = [lease for lease in read_all() if lease.shard and not lease.is_done]
    return bool(shards) and all(lease.passed >= moment for lease in shards)


def create(shard: Shard) -> None:
    """Put the lease of a new shard; one that is there stays as it is."""
    item = {
        "PK": keys.shard_lease(shard.label, shard.id),
        "Stream": shard.stream,
        "Shard": shard.id,
        "Parent": shard.parent,
        "Term": 0,
        "Checkpoint": TRIM_HORIZON,
    }
    _put_new(item)


def create_schedule() -> None:
    _put_new({"PK": keys.SCHEDULE_LEASE, "Term": 0})


def _put_new(item: dict[str, Any]) -> None:
    put = {
        "TableName": config.lease_table_name,
        "Item": dynamodb.wire_item(item),
        "ConditionExpression": "attribute_not_exists(PK)",
    }
    _succeeds("PutItem", put)


def take(lease: Lease, owner: str, *, by_force: bool = False) -> Lease | None:
    """Take a lease that is free, or by force one that is held; None when it has changed since it was read."""
    until = soon()
    conditions = ["Term = :seen", "#owner = :holder" if lease.owner else "attribute_not_exists(#owner)"]
    if lease.owner and not by_force:
        conditions.append("#until = :until_seen")
    values: dict[str, Any] = {":seen": lease.term, ":me": owner, ":one": 1, ":until": until}
    if lease.owner:
        values[":holder"] = lease.owner
    if lease.owner and not by_force:
        values[":until_seen"] = round(lease.until * 1000)
    update = {
        "TableName": config.lease_table_name,
        "Key": _key(lease.name),
        "UpdateExpression": "SET #owner = :me, #until = :until ADD Term :one",
        "ConditionExpression": " AND ".join(conditions),
        "ExpressionAttributeNames": {"#owner": "Owner", "#until": "Until"},
        "ExpressionAttributeValues": dynamodb.wire_item(values),
        "ReturnValues": "ALL_NEW",
    }
    answer = _succeeds("UpdateItem", update)
    return _lease(answer["Attributes"]) if answer else None


def renew(lease: Lease, *, passed: float) -> bool:
    """Hold a lease for longer. False: it is somebody else's now."""
    values = {":until": soon(), ":passed": milliseconds(passed)}
    update = held_update(lease, "SET #until = :until, Passed = :passed REMOVE Drained", values)
    try:
        dynamodb.call("UpdateItem", update)
    except DynamoDBError as error:
        if error.code not in _REFUSALS:
            raise
        return error.code == CONFLICT  # a commit is under way, and renews it too
    return True


def release(lease: Lease, *, checkpoint: str, touched: str, drained: bool) -> bool:
    """Give a lease back, for anybody to take."""
    values = {":checkpoint": checkpoint, ":touched": touched, ":drained": drained}
    sets = "SET Checkpoint = :checkpoint, Touched = :touched, Drained = :drained"
    update = held_update(lease, f"{sets} REMOVE #owner, #until", values)
    return _succeeds("UpdateItem", update) is not None


def remove(lease: Lease) -> bool:
    """Delete the lease of a shard that is gone, unless somebody has taken it since."""
    deletion = {
        "TableName": config.lease_table_name,
        "Key": _key(lease.name),
        "ConditionExpression": "Term = :term",
        "ExpressionAttributeValues": {":term": {"N": str(lease.term)}},
    }
    return _succeeds("DeleteItem", deletion) is not None


def held_update(lease: Lease, expression: str, values: dict[str, Any]) -> Wire:
    """An Update of a lease, on condition that it is still held. The expression sets or removes `#until`."""
    return {
        "TableName": config.lease_table_name,
        "Key": _key(lease.name),
        "UpdateExpression": expression,
        "ConditionExpression": "#owner = :me AND Term = :term",
        "ExpressionAttributeNames": {"#owner": "Owner", "#until": "Until"},
        "ExpressionAttributeValues": dynamodb.wire_item(values | {":me": lease.owner, ":term": lease.term}),
    }


def milliseconds(seconds: float) -> int:
    return int(seconds * 1000)


def now() -> float:
    return time.time()


def soon() -> int:
    return milliseconds(time.time() + config.lease_seconds)


def _key(name: str) -> Wire:
    return {"PK": {"S": name}}


def _succeeds(operation: str, request: Wire) -> Wire | None:
    """The answer of a conditional write, or None where its condition didn't hold or a commit was in its way."""
    try:
        return dynamodb.call(operation, request)
    except DynamoDBError as error:
        if error.code in _REFUSALS:
            return None
        raise
