"""Recomputes what projections keep, from the facts: after records were lost, or to make sure.

A counter is counted, the projector is waited for, and it is counted again. Where both counts agree and the item's
`Version` has not moved since before the first, the count is written, on condition that it still has not.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from echomate import cache, dynamodb, keys, table
from echomate.config import config
from echomate.dynamodb import DynamoDBError, Wire
from echomate.errors import DependencyAway
from echomate.keys import Key
from echomate.stream import dead_letters, leases, losses, wake

TRIES = 5
GROUP = 500
MARGIN_SECONDS = 2.0
PATIENCE_SECONDS = 60.0
START_SECONDS = 5.0
"""So long a projector may take to start, beside the time after which it takes over from a dead one."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Counters of one item, and how to count what the facts say they should hold."""

    key: Key
    cache_key: str
    count: Callable[[], Mapping[str, int]]


Recount = Callable[[Key], Tally | None]
Rebuilder = Callable[[], None]

_recounts: dict[str, list[tuple[str, Recount]]] = {}
_rebuilders: dict[str, Rebuilder] = {}


def recounts(name: str, *, of: str) -> Callable[[Recount], Recount]:
    """Enter a count, called with the key of each item of an entity type; None: there is nothing to count."""

    def enter(recount: Recount) -> Recount:
        _recounts.setdefault(of, []).append((name, recount))
        return recount

    return enter


def rebuilds(name: str) -> Callable[[Rebuilder], Rebuilder]:
    """Enter something else to do in a rebuild, after the counts; it may be run again."""

    def enter(rebuilder: Rebuilder) -> Rebuilder:
        _rebuilders[name] = rebuilder
        return rebuilder

    return enter


@dataclass
class Outcome:
    counted: int = 0
    corrected: int = 0
    too_busy: list[str] = field(default_factory=list)
    mended: bool = False
    """Health is green again; it stays red after a rebuild that left something out, or if more was lost meanwhile."""


def run(tell: Callable[[str], None]) -> Outcome:
    """Recount and rebuild everything. Raises `DependencyAway`, of the projector too: the counts need one."""
    outcome = Outcome()
    _, mark = losses.read()
    wait_for_projector(time.time())
    for group in _groups(_subjects()):
        _recount(group, outcome)
        tell(f"{outcome.counted} counted, {outcome.corrected} corrected")
    for name, rebuilder in _rebuilders.items():
        tell(name)
        rebuilder()
    outcome.mended = not outcome.too_busy and losses.mended(mark)
    return outcome


@dataclass(frozen=True, slots=True)
class _Subject:
    name: str
    tally: Tally


def _subjects() -> Iterator[_Subject]:
    """Everything there is to count, by a scan."""
    names = {f":e{n}": {"S": entity_type} for n, entity_type in enumerate(_recounts)}
    request: Wire = {
        "TableName": config.table_name,
        "ConsistentRead": True,
        "ProjectionExpression": "PK, SK, EntityType",
        "FilterExpression": f"EntityType IN ({', '.join(names)})",
        "ExpressionAttributeValues": names,
    }
    while names:
        answer = dynamodb.call("Scan", request)
        for item in answer["Items"]:
            for name, recount in _recounts[item["EntityType"]["S"]]:
                if tally := recount((item["PK"]["S"], item["SK"]["S"])):
                    yield _Subject(name, tally)
        if "LastEvaluatedKey" not in answer:
            return
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def everything(
    *entity_types: str, counters: bool = False, attributes: Sequence[str] = ("PK", "SK")
) -> Iterator[Wire]:
    """Every item of some entity types, and of `counters`, which have none, by a scan; for rebuilders."""
    values = {f":e{n}": {"S": entity_type} for n, entity_type in enumerate(entity_types)}
    wanted = f"EntityType IN ({', '.join(values)})"
    request: Wire = {
        "TableName": config.table_name,
        "ConsistentRead": True,
        "ProjectionExpression": ", ".join(attributes),
        "FilterExpression": f"{wanted} OR SK = :stats" if counters else wanted,
        "ExpressionAttributeValues": values | ({":stats": {"S": keys.STATS}} if counters else {}),
    }
    while True:
        answer = dynamodb.call("Scan", request)
        yield from answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _groups(subjects: Iterable[_Subject]) -> Iterator[list[_Subject]]:
    left = iter(subjects)
    while group := list(islice(left, GROUP)):
        yield group


def _recount(subjects: list[_Subject], outcome: Outcome) -> None:
    outcome.counted += len(subjects)
    for _ in range(TRIES):
        before = [(subject, _find(subject.tally)) for subject in subjects]
        wait_for_projector(time.time())
        time.sleep(MARGIN_SECONDS)
        parked = dead_letters.end_generation()
        subjects = [
            subject for subject, found in before if not _settled(subject.tally, found, parked, outcome)
        ]
        if not subjects:
            return
    outcome.too_busy += [f"{subject.name}: {subject.tally.key[0]}" for subject in subjects]


@dataclass(frozen=True, slots=True)
class _Found:
    version: int | None
    """None: the counters' item isn't there."""
    kept: Mapping[str, int]
    counted: Mapping[str, int]


def _find(tally: Tally) -> _Found:
    """The item's version is read first: whatever is projected after that moves it."""
    item = dynamodb.plain(table.get_item(tally.key) or {})
    counted = tally.count()
    return _Found(item.get("Version"), {name: item.get(name, 0) for name in counted}, counted)


def _settled(tally: Tally, before: _Found, parked: int | None, outcome: Outcome) -> bool:
    """Whether the second count agrees with the first, and what is kept now agrees with both.

    `parked` is the last generation of dead letters, if there are any. The counts have their facts, so the counters
    remember it, and a replay doesn't add them again.
    """
    counted = tally.count()
    if counted != before.counted:
        return False
    is_right = counted == before.kept
    if is_right and (parked is None or before.version is None):
        return True
    if not _write(tally.key, counted, before.version, parked):
        return False
    if is_right:
        return True
    outcome.corrected += 1
    cache.ask(("DEL", tally.cache_key))
    return True


def _write(key: Key, counted: Mapping[str, int], version: int | None, parked: int | None) -> bool:
    written = dict(counted)
    if parked is not None:
        written |= {dead_letters.recounted_to(field): parked for field in counted}
    names = {f"#f{n}": name for n, name in enumerate(written)}
    values = {f":f{n}": dynamodb.wire(value) for n, value in enumerate(written.values())}
    if version is not None:
        values[":version"] = dynamodb.wire(version)
    update: Wire = {
        "TableName": config.table_name,
        "Key": table.wire_key(key),
        "UpdateExpression": f"SET {', '.join(f'#f{n} = :f{n}' for n in range(len(names)))} ADD Version :one",
        "ConditionExpression": "attribute_not_exists(Version)" if version is None else "Version = :version",
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": {**values, ":one": {"N": "1"}},
    }
    try:
        dynamodb.call("UpdateItem", update)
    except DynamoDBError as error:
        if error.code in {"ConditionalCheckFailedException", "TransactionConflictException"}:
            return False
        raise
    return True


def wait_for_projector(moment: float) -> None:
    """Wait until what was written before a moment has had its effects. Raises `DependencyAway`."""
    started = time.monotonic()
    while True:
        waited = time.monotonic() - started
        shards = [lease for lease in leases.read_all() if lease.shard and not lease.is_done]
        if shards and all(lease.passed >= moment for lease in shards):
            return
        is_alone = not shards or all(lease.is_free(time.time()) for lease in shards)
        if is_alone and waited > START_SECONDS + config.lease_seconds:
            raise DependencyAway("projector", "no projector is running; start one with manage.py project")
        if waited > PATIENCE_SECONDS:
            raise DependencyAway(
                "projector", f"the projector has not caught up within {PATIENCE_SECONDS:.0f} s"
            )
        wake.wake()
        time.sleep(0.1)
