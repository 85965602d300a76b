"""The table and the lease table as they should be: created where they are missing, compared where they are there."""

import time
from collections.abc import Sequence
from typing import Any, cast

from echomate import dynamodb
from echomate.config import config
from echomate.dynamodb import Wire
from echomate.errors import DependencyAway

ATTRIBUTES = ("PK", "SK", "GSI1PK", "GSI1SK", "GSI2PK", "GSI2SK")
LEASE_ATTRIBUTES = ("PK",)


def definition(name: str, attributes: Sequence[str]) -> Wire:
    """The CreateTable request of the one table, or of the lease table where `attributes` is its key alone."""
    request: Wire = {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": a, "AttributeType": "S"} for a in attributes],
        "KeySchema": _key_schema(*attributes[:2]),
    }
    if len(attributes) > 2:
        request["GlobalSecondaryIndexes"] = [
            {
                "IndexName": index,
                "KeySchema": _key_schema(f"{index}PK", f"{index}SK"),
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
            for index in ("GSI1", "GSI2")
        ]
        request["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    return request


def _key_schema(hash_: str, range_: str | None = None) -> list[Wire]:
    keys = [{"AttributeName": hash_, "KeyType": "HASH"}]
    return keys + ([{"AttributeName": range_, "KeyType": "RANGE"}] if range_ else [])


def create_tables() -> list[str]:
    """Create what is missing of the table and the lease table; say, a sentence each, what has another shape."""
    tables = ((config.table_name, ATTRIBUTES), (config.lease_table_name, LEASE_ATTRIBUTES))
    differences = [d for name, attributes in tables for d in _create_or_compare(definition(name, attributes))]
    for name, _ in tables:
        _expire(name)
    return differences


def _create_or_compare(wanted: Wire) -> list[str]:
    try:
        dynamodb.call("CreateTable", wanted)
    except dynamodb.DynamoDBError as error:
        if error.code != "ResourceInUseException":
            raise
    described = _wait_until_active(wanted["TableName"])
    return [
        f"table {wanted['TableName']}: {part} is {_shape(described.get(part))}, should be {_shape(wanted.get(part))}"
        for part in ("KeySchema", "GlobalSecondaryIndexes", "StreamSpecification")
        if _shape(described.get(part)) != _shape(wanted.get(part))
    ]


def _wait_until_active(name: str) -> Wire:
    for _ in range(120):
        described = cast("Wire", dynamodb.call("DescribeTable", {"TableName": name})["Table"])
        indexes = described.get("GlobalSecondaryIndexes") or []
        if all(
            part.get("TableStatus", part.get("IndexStatus")) == "ACTIVE" for part in [described, *indexes]
        ):
            return described
        time.sleep(0.5)
    raise DependencyAway("dynamodb", f"table {name} does not become active")


def _shape(part: Any) -> Any:
    """What of a table's description says its shape: key names, index names, projections, the stream's view."""
    if isinstance(part, list):
        return sorted((_shape(entry) for entry in part), key=str)
    if isinstance(part, dict):
        known = ("AttributeName", "KeyType", "IndexName", "KeySchema", "Projection", "ProjectionType")
        return {k: _shape(part[k]) for k in (*known, "StreamEnabled", "StreamViewType") if k in part}
    return part


def _expire(name: str) -> None:
    described = dynamodb.call("DescribeTimeToLive", {"TableName": name})["TimeToLiveDescription"]
    if described.get("TimeToLiveStatus") in ("ENABLED", "ENABLING"):
        return
    specification = {"Enabled": True, "AttributeName": "ExpiresAt"}
    dynamodb.call("UpdateTimeToLive", {"TableName": name, "TimeToLiveSpecification": specification})
