"""Reads one shard from a checkpoint on."""

from dataclasses import dataclass

from echomate import dynamodb
from echomate.dynamodb import DynamoDBError
from echomate.stream.leases import TRIM_HORIZON
from echomate.stream.records import Record, sequence
from echomate.stream.shards import Shard

PAGE = 1000


class Trimmed(Exception):
    """The stream no longer reaches back to the checkpoint."""


class ShardGone(Exception):
    """The shard, or its stream, no longer exists."""


@dataclass(frozen=True, slots=True)
class Page:
    records: list[Record]
    ended: bool
    """The shard is closed and this was its last page."""

    @property
    def is_full(self) -> bool:
        return len(self.records) >= PAGE // 2


class Reader:
    """Where a shard is read: `position` is the sequence number of the last record that was returned."""

    def __init__(self, shard: Shard, position: str) -> None:
        self.shard = shard
        self.position = position
        self._iterator: str | None = None

    def read(self) -> Page:
        """The next records. Raises `Trimmed`, `ShardGone`, `DependencyAway`."""
        try:
            answer = self._get_records()
        except DynamoDBError as error:
            self._iterator = None
            if error.code == "TrimmedDataAccessException" and self.position == TRIM_HORIZON:
                return Page(
                    [], ended=False
                )  # the horizon moved between two calls: nothing that we knew of is lost
            if error.code == "TrimmedDataAccessException":
                raise Trimmed(error.message) from error
            if error.code == "ResourceNotFoundException":
                raise ShardGone(error.message) from error
            raise
        self._iterator = answer.get("NextShardIterator")
        records = answer["Records"]
        if records:
            self.position = sequence(records[-1])
        return Page(records, ended=self._iterator is None)

    def start_over(self) -> None:
        """Read on at the oldest record that is left."""
        self.position = TRIM_HORIZON
        self._iterator = None

    def reopen(self) -> None:
        """Take a new iterator at the next read: the old one is not to be trusted after the store was away."""
        self._iterator = None

    def _get_records(self) -> dynamodb.Wire:
        """An iterator lives 15 minutes and may fall behind the horizon; only what a new one says counts."""
        if self._iterator is not None:
            try:
                return self._next(self._iterator)
            except DynamoDBError as error:
                if error.code not in {"ExpiredIteratorException", "TrimmedDataAccessException"}:
                    raise
        return self._next(self._open())

    def _next(self, iterator: str) -> dynamodb.Wire:
        return dynamodb.call("GetRecords", {"ShardIterator": iterator, "Limit": PAGE})

    def _open(self) -> str:
        request = {
            "StreamArn": self.shard.stream,
            "ShardId": self.shard.id,
            "ShardIteratorType": TRIM_HORIZON,
        }
        if self.position != TRIM_HORIZON:
            request |= {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": self.position}
        return str(dynamodb.call("GetShardIterator", request)["ShardIterator"])
