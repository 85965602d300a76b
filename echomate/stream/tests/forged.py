"""A stream of several shards, forged where the emulators show but one: its shards split, its records are tallies."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from echomate import dynamodb
from echomate.stream.tests import tallies

PAGE = 10


@dataclass
class ForgedShard:
    parent: str | None = None
    open: bool = True
    records: list[dynamodb.Wire] = field(default_factory=list)


class ForgedStream:
    """Answers the four operations of streams; everything else goes to the real service."""

    def __init__(self, label: str) -> None:
        self.arn = f"arn:aws:dynamodb:us-east-1:000000000000:table/echomate/stream/{label}"
        self.shards: dict[str, ForgedShard] = {}
        self.shards_a_page = 2
        self.unlisted: set[str] = set()
        """Shards of an earlier stream: they can be read, and are not described."""
        self._sequence = 0
        self._forgotten = 0
        """Up to this sequence number the stream has forgotten its records."""
        self._lock = threading.Lock()

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        call = dynamodb.call
        forged = {
            "GetShardIterator": self._iterator,
            "GetRecords": self._get,
            "DescribeStream": self._describe,
        }

        def answer(name: str, parameters: Mapping[str, Any], **options: Any) -> dynamodb.Wire:
            if name in forged:
                return forged[name](parameters)
            said = call(name, parameters, **options)
            if name == "DescribeTable":
                said["Table"]["LatestStreamArn"] = self.arn
            return said

        monkeypatch.setattr(dynamodb, "call", answer)

    def add_shard(self, shard: str, *, parent: str | None = None) -> None:
        self.shards[shard] = ForgedShard(parent)

    def split(self, shard: str, *children: str) -> None:
        self.shards[shard].open = False
        for child in children:
            self.add_shard(child, parent=shard)

    def write(self, shard: str, owner: int, number: int) -> None:
        """A tally's record; the tally itself isn't put."""
        with self._lock:
            self._sequence += 1
            item = tallies.tally(owner, number)
            body = {
                "Keys": {"PK": item["PK"], "SK": item["SK"]},
                "NewImage": item,
                "SequenceNumber": str(self._sequence),
                "ApproximateCreationDateTime": 1_600_000_000,
            }
            self.shards[shard].records.append({"eventName": "INSERT", "dynamodb": body})

    def forget(self) -> None:
        """As an emulator does when it is started anew."""
        self._forgotten = self._sequence
        for shard in self.shards.values():
            shard.records.clear()

    def _describe(self, request: Mapping[str, Any]) -> dynamodb.Wire:
        """Pages of shards, children before their parents, as a careful reader must bear it."""
        names = sorted(self.shards.keys() - self.unlisted, reverse=True)
        start = names.index(request["ExclusiveStartShardId"]) + 1 if "ExclusiveStartShardId" in request else 0
        page = names[start : start + self.shards_a_page]
        description: dynamodb.Wire = {"Shards": [self._described(name) for name in page]}
        if start + len(page) < len(names):
            description["LastEvaluatedShardId"] = page[-1]
        return {"StreamDescription": description}

    def _described(self, name: str) -> dynamodb.Wire:
        parent = self.shards[name].parent
        return {"ShardId": name} | ({"ParentShardId": parent} if parent else {})

    def _iterator(self, request: Mapping[str, Any]) -> dynamodb.Wire:
        shard = self.shards.get(request["ShardId"])
        if shard is None:
            raise dynamodb.DynamoDBError("GetShardIterator", "ResourceNotFoundException", "", {})
        position = 0
        if request["ShardIteratorType"] == "AFTER_SEQUENCE_NUMBER":
            if int(request["SequenceNumber"]) <= self._forgotten:
                raise dynamodb.DynamoDBError("GetShardIterator", "TrimmedDataAccessException", "", {})
            numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in shard.records]
            position = sum(number <= int(request["SequenceNumber"]) for number in numbers)
        return {"ShardIterator": json.dumps([request["ShardId"], position])}

    def _get(self, request: Mapping[str, Any]) -> dynamodb.Wire:
        name, position = json.loads(request["ShardIterator"])
        shard = self.shards[name]
        records = shard.records[position : position + PAGE]
        position += len(records)
        if not shard.open and position == len(shard.records):
            return {"Records": records}
        return {"Records": records, "NextShardIterator": json.dumps([name, position])}
