"""A record of the stream, as it comes over the wire, and the `Change` it tells."""

from datetime import UTC, datetime
from typing import Any, Literal

from echomate import dynamodb
from echomate.projections import Change, Image

Record = dict[str, Any]

KINDS: dict[str, Literal["insert", "modify", "remove"]] = {
    "INSERT": "insert",
    "MODIFY": "modify",
    "REMOVE": "remove",
}
TTL_SERVICE = "dynamodb.amazonaws.com"


def sequence(record: Record) -> str:
    return str(record["dynamodb"]["SequenceNumber"])


def written_at(record: Record) -> float:
    """When the change was made, in Unix seconds; DynamoDB rounds down to whole ones."""
    return float(record["dynamodb"]["ApproximateCreationDateTime"])


def entity_type(record: Record) -> str:
    """Read without decoding the item, since most records have no handler."""
    body = record["dynamodb"]
    image = body.get("NewImage") or body.get("OldImage") or {}
    return str(image.get("EntityType", {}).get("S", ""))


def change(record: Record) -> Change:
    body = record["dynamodb"]
    return Change(
        kind=KINDS[record["eventName"]],
        old=_image(body.get("OldImage")),
        new=_image(body.get("NewImage")),
        sequence=sequence(record),
        at=datetime.fromtimestamp(written_at(record), UTC),
        expired=(record.get("userIdentity") or {}).get("PrincipalId") == TTL_SERVICE,
    )


def _image(image: dynamodb.Wire | None) -> Image | None:
    return dynamodb.plain(image) if image else None
