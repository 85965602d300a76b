import pytest

from echomate import dynamodb, ids
from echomate.stream import shards
from echomate.stream.leases import TRIM_HORIZON
from echomate.stream.reader import Reader, ShardGone, Trimmed
from echomate.stream.records import change
from echomate.stream.tests import tallies
from echomate.stream.tests.conftest import Forge

pytestmark = pytest.mark.store


def a_reader() -> Reader:
    (shard,) = shards.describe(shards.current_stream())
    return Reader(shard, TRIM_HORIZON)


def read_on(reader: Reader, owner: int) -> list[str]:
    """The sort keys of an owner's tallies among the next records."""
    told = [change(record).item for record in reader.read().records]
    return [item["SK"][-1] for item in told if item["PK"] == tallies.stats(owner)[0]]


def fault(operation: str, code: str) -> dynamodb.DynamoDBError:
    return dynamodb.DynamoDBError(operation, code, "", {})


def test_an_expired_iterator_is_taken_anew_where_it_stood(answering: Forge) -> None:
    owner, reader = ids.new_id(), a_reader()
    tallies.put(owner, 1)
    assert read_on(reader, owner) == ["1"]
    tallies.put(owner, 2)
    answering("GetRecords", [fault("GetRecords", "ExpiredIteratorException")])
    assert read_on(reader, owner) == ["2"]


def test_an_iterator_that_fell_behind_the_horizon_is_no_loss_while_its_position_is_there(
    answering: Forge,
) -> None:
    owner, reader = ids.new_id(), a_reader()
    tallies.put(owner, 1)
    assert read_on(reader, owner) == ["1"]
    tallies.put(owner, 2)
    answering("GetRecords", [fault("GetRecords", "TrimmedDataAccessException")])
    assert read_on(reader, owner) == ["2"]


def test_a_position_that_the_stream_no_longer_holds_is_a_loss(answering: Forge) -> None:
    reader = a_reader()
    reader.position = "1"
    answering("GetShardIterator", [fault("GetShardIterator", "TrimmedDataAccessException")])
    with pytest.raises(Trimmed):
        reader.read()


def test_a_horizon_that_moves_before_the_first_read_is_no_loss(answering: Forge) -> None:
    reader = a_reader()
    answering("GetRecords", [fault("GetRecords", "TrimmedDataAccessException")])
    assert not reader.read().ended


def test_a_shard_that_is_gone_is_told_apart(answering: Forge) -> None:
    reader = a_reader()
    answering("GetShardIterator", [fault("GetShardIterator", "ResourceNotFoundException")])
    with pytest.raises(ShardGone):
        reader.read()


def test_a_removal_tells_what_was_there_and_whether_its_time_was_over() -> None:
    owner, reader = ids.new_id(), a_reader()
    tallies.put(owner, 1)
    tallies.remove(owner, 1)
    while not (records := reader.read().records):
        pass
    last = records[-1]
    told = change(last)
    assert (told.kind, told.new, told.expired) == ("remove", None, False)
    assert told.item["PK"] == tallies.stats(owner)[0]
    last["userIdentity"] = {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}
    assert change(last).expired
