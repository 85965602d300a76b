"""The projection of the projector's own tests: a tally is a fact, its owner's STATS hold how many there are.

Tallies are told what to do by their attributes: `Fails` names an error to raise, `Forgets` a hash to delete from.
"""

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from echomate import dynamodb, ids, keys, table
from echomate.config import config
from echomate.keys import Key
from echomate.projections import Change, Effects, projects

faults: dict[str, Exception] = {}
"""Errors by the value of `Fails`."""
slowness: list[float] = []
"""Seconds that each takes, if there is one."""
seen: list[tuple[str, bool]] = []
"""Sort keys of the handled tallies, and whether they came at risk."""


@projects("tally")
def count_tallies(change: Change, effects: Effects) -> None:
    seen.append((change.item["SK"], effects.at_risk))
    time.sleep(sum(slowness))
    if fault := faults.get(change.item.get("Fails", "")):
        raise fault
    if key := change.item.get("Forgets"):
        effects.forget_parts(("HDEL", key, "field"))
    delta = {"insert": 1, "remove": -1}.get(change.kind, 0)
    owner = table.last_id(change.item["PK"])
    effects.count(key=stats(owner), field="Tallies", delta=delta, cache_key=cached_stats(owner))


def stats(owner: int) -> Key:
    return f"TALLIES#{ids.pad(owner)}", keys.STATS


def cached_stats(owner: int) -> str:
    return f"tallies:{owner}:stats"


def tally(owner: int, number: int, **attributes: str) -> dynamodb.Wire:
    item = {"PK": stats(owner)[0], "SK": f"TALLY#{ids.pad(number)}", "EntityType": "tally", **attributes}
    return dynamodb.wire_item(item)


def put(owner: int, number: int, **attributes: str) -> None:
    dynamodb.call("PutItem", {"TableName": config.table_name, "Item": tally(owner, number, **attributes)})


def put_many(owner: int, numbers: Iterable[int]) -> None:
    """As fast as it goes, 25 at a time."""
    wanted = list(numbers)
    parts = [wanted[start : start + 25] for start in range(0, len(wanted), 25)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda part: _put_batch(owner, part), parts))


def _put_batch(owner: int, numbers: list[int]) -> None:
    puts = [{"PutRequest": {"Item": tally(owner, number)}} for number in numbers]
    answer = dynamodb.call("BatchWriteItem", {"RequestItems": {config.table_name: puts}})
    assert not answer.get("UnprocessedItems")


def remove(owner: int, number: int) -> None:
    item = tally(owner, number)
    key = {"PK": item["PK"], "SK": item["SK"]}
    dynamodb.call("DeleteItem", {"TableName": config.table_name, "Key": key})


def counted(owner: int) -> int:
    item = table.get_item(stats(owner))
    return int(item["Tallies"]["N"]) if item and "Tallies" in item else 0


def version(owner: int) -> int:
    item = table.get_item(stats(owner))
    return int(item["Version"]["N"]) if item else 0
