"""The table of a run: made without a stream, and written in bulk."""

import itertools
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from echomate import dynamodb, objects, provisioning
from echomate.config import config
from echomate.dynamodb import Wire

PART, WRITERS = 25, 4


def write(items: Iterable[Wire]) -> None:
    """Put items, 25 a call."""
    source = iter(items)
    parts = iter(lambda: list(itertools.islice(source, PART)), [])
    with ThreadPoolExecutor(WRITERS) as writers:
        for _ in writers.map(_write_part, parts):
            pass


def _write_part(part: list[Wire]) -> None:
    request = {config.table_name: [{"PutRequest": {"Item": item}} for item in part]}
    left = dynamodb.call("BatchWriteItem", {"RequestItems": request}, deadline=60).get("UnprocessedItems")
    if left:
        raise RuntimeError("DynamoDB Local left items unwritten")


def set_stream(*, enabled: bool) -> None:
    """Switch the table's stream, so that a bulk write isn't projected."""
    view = {"StreamViewType": "NEW_AND_OLD_IMAGES"} if enabled else {}
    specification = {"StreamEnabled": enabled, **view}
    dynamodb.call("UpdateTable", {"TableName": config.table_name, "StreamSpecification": specification})


def prepare() -> None:
    """The buckets, and the tables, empty, without a stream."""
    provisioning.create_tables()
    objects.create_buckets()
    set_stream(enabled=False)
