"""Traces of an account in the stores: whatever still holds its id, its name or its address.

The table is read from end to end, both Redis too, and S3's list of objects: minutes for a large instance. For a
command, not for a request.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson
import redis
from botocore.exceptions import BotoCoreError, ClientError
from redis.cluster import RedisCluster

from echomate import cache, dynamodb, keys, table
from echomate.config import config
from echomate.errors import DependencyAway
from echomate.objects import s3

SCAN_COUNT = 500
PART = 1000
LEASE = b"~"
"""Begins the mark of a reader who is about to fill a value."""


@dataclass(frozen=True, slots=True)
class Sought:
    """What to look for; the receipt itself doesn't count."""

    user: int
    username: str | None = None
    email: str | None = None

    @property
    def pattern(self) -> re.Pattern[str]:
        """The id plain or padded, the name as a word, the address and its hash.

        A name behind an @ is what others have written to them, which is theirs.
        """
        parts = [rf"(?<!\d)0*{self.user}(?!\d)"]
        if self.username:
            parts.append(rf"(?<![A-Za-z0-9_@\uff20]){re.escape(self.username)}(?![A-Za-z0-9_])")
        if self.email:
            digest = keys.email_claim(self.email)[0].partition("#")[2]
            parts += [re.escape(self.email), digest]
        return re.compile("|".join(parts), re.IGNORECASE)


def find(sought: Sought) -> Iterator[str]:
    """Where something was found, in words of operators. Raises `DependencyAway`."""
    pattern = sought.pattern
    try:
        yield from _in_table(pattern, receipt=keys.erasure_receipt(sought.user))
        yield from _in_redis("redis", cache.client(), pattern)
        yield from _in_redis("redis-state", cache.state(), pattern)
        yield from _in_storage(pattern)
    except redis.RedisError as error:
        raise DependencyAway("redis", str(error)) from error
    except (BotoCoreError, ClientError) as error:
        raise DependencyAway("storage", str(error)) from error


def _in_table(pattern: re.Pattern[str], *, receipt: tuple[str, str]) -> Iterator[str]:
    request: dict[str, Any] = {"TableName": config.table_name, "ConsistentRead": True}
    while True:
        answer = dynamodb.call("Scan", request)
        for item in answer["Items"]:
            key = table.key_of(item)
            if key != receipt and pattern.search(orjson.dumps(item).decode()):
                yield f"table: {key[0]} / {key[1]}"
        if "LastEvaluatedKey" not in answer:
            return
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _in_redis(name: str, client: redis.Redis | RedisCluster, pattern: re.Pattern[str]) -> Iterator[str]:
    for key in client.scan_iter(count=SCAN_COUNT):
        about = bool(pattern.search(_text(key)))
        if any(about or pattern.search(_text(part)) for part in _content(client, key, about=about)):
            yield f"{name}: {_text(key)}"


def _content(client: Any, key: bytes, *, about: bool) -> Iterator[bytes]:
    """What a key holds, part by part.

    That the user isn't there, or is no follower of somebody, is remembered when somebody asks, and is no trace; `about`
    tells whether the key itself is about the user.
    """
    match client.type(key):
        case b"string":
            value = client.get(key) or cache.ABSENT
            yield from () if value == cache.ABSENT or value.startswith(LEASE) else (value,)
        case b"list":
            yield from _elements(client, key)
        case b"set":
            yield from client.sscan_iter(key, count=SCAN_COUNT)
        case b"zset":
            yield from (member for member, _ in client.zscan_iter(key, count=SCAN_COUNT))
        case b"hash":
            fields = client.hscan_iter(key, count=SCAN_COUNT)
            yield from (field + b" " + value for field, value in fields if about or not _is_no(value))
        case _:
            yield b""


def _is_no(value: bytes) -> bool:
    return value == b"0" or value.startswith(LEASE)


def _elements(client: Any, key: bytes) -> Iterator[bytes]:
    start = 0
    while part := client.lrange(key, start, start + PART - 1):
        yield from part
        start += PART


def _text(value: bytes) -> str:
    return value.decode(errors="replace")


def _in_storage(pattern: re.Pattern[str]) -> Iterator[str]:
    for bucket in _buckets():
        for page in s3().get_paginator("list_object_versions").paginate(Bucket=bucket):
            names = (one["Key"] for one in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())))
            yield from (f"s3: {bucket}/{name}" for name in names if pattern.search(name))


def _buckets() -> Iterable[str]:
    return [config.media_bucket, config.originals_bucket]
