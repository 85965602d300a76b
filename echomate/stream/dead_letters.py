"""Records whose own fault it is that they can't be handled: parked with their error, listed, and replayed.

The table holds them under the shard they came from; the lease table knows which shards have any.
"""

import lzma
import re
import traceback
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from echomate import dynamodb, keys, table
from echomate.config import config
from echomate.dynamodb import DynamoDBError, Wire
from echomate.errors import DependencyAway
from echomate.keys import Key
from echomate.projections import Effects
from echomate.stream import metrics
from echomate.stream.commit import counter_update
from echomate.stream.records import Record, entity_type, sequence, written_at

LARGE_BYTES = 250_000
"""An item holds 400 KB, a record both images of one; those of a long text repeat it four times."""

_USER = re.compile(r"^(?:USER|LIKE|AUTHOR|LIKES|COMMENTS|COMMENT_LIKES|BOOKMARKS|JOBS_OF|MEDIA_OF)#(\d{19})")


@dataclass(frozen=True, slots=True)
class DeadLetter:
    shard: str
    sequence: str
    entity_type: str
    written_at: datetime
    error: str
    record: Record
    generation: int
    """Each count of a rebuild ends one."""

    @property
    def key(self) -> Key:
        return keys.dead_letter(self.shard, self.sequence)


def park(shard: str, record: Record, error: BaseException) -> None:
    """Put a record aside. Done twice, it is the same item, as it was put first."""
    generation = _note_shard(shard)
    pk, sk = keys.dead_letter(shard, sequence(record))
    user = user_of(record)
    item = {
        "PK": pk,
        "SK": sk,
        "EntityType": "dead_letter",
        "GSI1PK": keys.dead_letters_of(user) if user else None,
        "GSI1SK": sequence(record) if user else None,
        "Shard": shard,
        "Sequence": sequence(record),
        "Entity": entity_type(record),
        "WrittenAt": int(written_at(record)),
        "CreatedAt": table.clock(),
        "Generation": generation,
        "Error": "".join(traceback.format_exception(error))[-4000:],
    }
    content = orjson.dumps(record)
    if len(content) <= LARGE_BYTES:
        kept: Wire = {"Record": {"S": content.decode()}}
    else:
        kept = {"Packed": {"B": b64encode(lzma.compress(content)).decode()}}
    put = {"TableName": config.table_name, "Item": {**dynamodb.wire_item(item), **kept}}
    dynamodb.attempt("PutItem", {**put, "ConditionExpression": "attribute_not_exists(PK)"})
    metrics.DEAD_LETTERS.inc()


def user_of(record: Record) -> int | None:
    """Whose data a record holds, as far as its keys tell: for export and erasure."""
    body = record["dynamodb"]
    image = body.get("NewImage") or body.get("OldImage") or body["Keys"]
    for attribute in ("PK", "SK", "GSI1PK", "GSI2PK"):
        found = _USER.match(image.get(attribute, {}).get("S", ""))
        if found:
            return int(found[1])
    return None


def _note_shard(shard: str) -> int:
    """The present generation."""
    update = {
        "TableName": config.lease_table_name,
        "Key": {"PK": {"S": keys.DEAD_LETTER_SHARDS}},
        "UpdateExpression": "ADD Shards :shard",
        "ExpressionAttributeValues": {":shard": {"SS": [shard]}},
        "ReturnValues": "ALL_NEW",
    }
    noted = dynamodb.call("UpdateItem", update)["Attributes"]
    return int(noted.get("Generation", {"N": "0"})["N"])


def end_generation() -> int | None:
    """The number of the generation of letters that ends now; None where there is no letter.

    The facts of its letters are in whatever is counted from now on.
    """
    if next(read_all(), None) is None:
        return None
    update = {
        "TableName": config.lease_table_name,
        "Key": {"PK": {"S": keys.DEAD_LETTER_SHARDS}},
        "UpdateExpression": "ADD Generation :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
        "ReturnValues": "ALL_NEW",
    }
    return int(dynamodb.call("UpdateItem", update)["Attributes"]["Generation"]["N"]) - 1


def read_all() -> Iterator[DeadLetter]:
    """All of them, shard by shard, in the order of the stream."""
    request = {"TableName": config.lease_table_name, "Key": {"PK": {"S": keys.DEAD_LETTER_SHARDS}}}
    known = dynamodb.call("GetItem", request).get("Item", {})
    for shard in sorted(known.get("Shards", {}).get("SS", [])):
        partition, _ = keys.dead_letter(shard, "")
        yield from (_dead_letter(item) for item in table.query(partition, newest_first=False))


def _dead_letter(item: Wire) -> DeadLetter:
    packed = item.pop("Packed", None)
    plain: dict[str, Any] = dynamodb.plain(item)
    record = lzma.decompress(b64decode(packed["B"])) if packed else plain["Record"]
    return DeadLetter(
        shard=plain["Shard"],
        sequence=plain["Sequence"],
        entity_type=plain["Entity"],
        written_at=datetime.fromtimestamp(plain["WrittenAt"], UTC),
        error=plain["Error"],
        record=orjson.loads(record),
        generation=plain.get("Generation", 0),
    )


def recounted_to(field: str) -> str:
    """The attribute of a counters' item that names the last generation of letters whose facts are in a field."""
    return f"{field}RecountedTo"


def settle(letter: DeadLetter, effects: Effects) -> bool:
    """Add a replayed letter's counters and delete it, all in one. False: another replay was faster.

    What a rebuild has counted since the letter was parked is left as it is.
    """
    deletion = {
        "TableName": config.table_name,
        "Key": table.wire_key(letter.key),
        "ConditionExpression": "attribute_exists(PK)",
    }
    for _ in range(len(effects.counts) + 1):
        updates = [_addition(letter, key, fields) for key, fields in _uncounted(letter, effects).items()]
        parts = [{"Delete": deletion}, *({"Update": update} for update in updates)]
        try:
            dynamodb.call("TransactWriteItems", {"TransactItems": parts})
        except DynamoDBError as error:
            if error.reasons[:1] == ["ConditionalCheckFailed"]:
                return False
            if "ConditionalCheckFailed" not in error.reasons:
                raise
        else:
            return True
    raise DependencyAway("dynamodb", "a rebuild counts what the letter would add to")


def _uncounted(letter: DeadLetter, effects: Effects) -> dict[Key, dict[str, int]]:
    """What a letter adds to counters, but for those that a rebuild has counted since."""
    moves: dict[Key, dict[str, int]] = {}
    items = table.batch_get(count.key for count in effects.counts)
    for count, item in zip(effects.counts, items, strict=True):
        recounted = (item or {}).get(recounted_to(count.field))
        if recounted is None or int(recounted["N"]) < letter.generation:
            fields = moves.setdefault(count.key, {})
            fields[count.field] = fields.get(count.field, 0) + count.delta
    return moves


def _addition(letter: DeadLetter, key: Key, fields: Mapping[str, int]) -> Wire:
    """An update of counters that fails where a rebuild has counted one of them meanwhile."""
    update = counter_update(key, fields)
    update["ExpressionAttributeNames"] |= {f"#r{n}": recounted_to(field) for n, field in enumerate(fields)}
    update["ExpressionAttributeValues"][":generation"] = dynamodb.wire(letter.generation)
    update["ConditionExpression"] = " AND ".join(
        f"(attribute_not_exists(#r{n}) OR #r{n} < :generation)" for n in range(len(fields))
    )
    return update
