"""Shards of the table's stream. A shard's parent holds older changes of the same items, and is read first."""

from collections.abc import Iterable
from dataclasses import dataclass

from echomate import dynamodb
from echomate.config import config


@dataclass(frozen=True, slots=True)
class Shard:
    stream: str
    """The stream's ARN; its last part, the label, tells a stream from its predecessor."""
    id: str
    parent: str | None

    @property
    def label(self) -> str:
        return self.stream.rpartition("/")[2]


def current_stream() -> str:
    """The ARN of the table's stream."""
    table = dynamodb.call("DescribeTable", {"TableName": config.table_name})["Table"]
    if "LatestStreamArn" not in table:
        raise LookupError(
            f"table {config.table_name} has no stream; manage.py create_table says what differs"
        )
    return str(table["LatestStreamArn"])


def describe(stream: str) -> list[Shard]:
    """All shards of a stream, parents before their children."""
    request = {"StreamArn": stream}
    found: dict[str, Shard] = {}
    while True:
        description = dynamodb.call("DescribeStream", request)["StreamDescription"]
        for shard in description["Shards"]:
            found[shard["ShardId"]] = Shard(stream, shard["ShardId"], shard.get("ParentShardId"))
        last = description.get("LastEvaluatedShardId")
        if last is None:
            return parents_first(found.values())
        request = {"StreamArn": stream, "ExclusiveStartShardId": last}


def parents_first(shards: Iterable[Shard]) -> list[Shard]:
    """Order shards so that each comes after its parent, if that is still listed."""
    waiting = {shard.id: shard for shard in shards}
    ordered: list[Shard] = []
    while waiting:
        ready = [shard for shard in waiting.values() if shard.parent not in waiting]
        if not ready:
            raise ValueError("the stream's shards are each other's parents")
        ordered += ready
        for shard in ready:
            del waiting[shard.id]
    return ordered
