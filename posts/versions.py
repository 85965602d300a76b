"""What a post was before its edits: kept as an edit replaces it, shown to all who see the post.

Of a post for those it mentions, each sees the versions that mentioned them: what they read was for nobody else.

A post that is edited all the time has 50 of them, the first and the latest. So its history has an end, and what those
who reacted to it had read at first stays.
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from echomate import cache, ids, keys, table, transactions
from echomate.dynamodb import Wire
from posts.models import Post, PostVersion

KEPT = 50
COMPRESSED_FROM = 4096
"""Bytes."""
CACHED_SECONDS = 1800
"""A version is never written anew, but by an erasure of one whom it mentions: then it is forgotten."""


def numbers(version: int) -> list[int]:
    """Those of the versions that are kept of a post which is at a version now, the last one first."""
    last = version - 1
    return [*range(last, max(1, last - KEPT + 1), -1), *([1] if last else [])]


def keep(post: Post) -> list[Wire]:
    """The parts of the transaction of an edit that keep what it replaces, and let go what is beyond those kept."""
    beyond = int(post.version) - KEPT + 1
    gone = [transactions.delete(keys.version(int(post.id), beyond))] if beyond > 1 else []
    return [transactions.put(_former(post)), *gone]


def _former(post: Post) -> PostVersion:
    partition, sort = keys.version(int(post.id), int(post.version))
    return PostVersion(
        pk=partition,
        sk=sort,
        content=post.content,
        content_html=post.content_html,
        language=post.language,
        sensitive=post.sensitive,
        spoiler_text=post.spoiler_text,
        mentions=post.mentions,
        written_at=post.edited_at or ids.milliseconds(int(post.id)),
    )


class Version(NamedTuple):
    mentioned: tuple[int, ...]
    body: bytes
    """JSON."""


def former(post: int, wanted: Sequence[int], *, for_mentioned: int | None = None) -> list[Version | None]:
    """Versions by their numbers; None for one that is gone.

    `for_mentioned` leaves those that mentioned a user. The loss of the cache costs reads and nothing else.
    """

    def load(missing: list[int]) -> Mapping[int, bytes]:
        items = table.batch_get(keys.version(post, number) for number in missing)
        return {number: _render(item) if item else b"" for number, item in zip(missing, items, strict=True)}

    found = cache.read_fields(keys.cached_versions(post), wanted, load, seconds=CACHED_SECONDS)
    return [_version(found[number], for_mentioned) for number in wanted]


def _render(item: Wire) -> bytes:
    """The cached form: a line with the users that were mentioned, which the rules read, then the JSON.

    A long one is compressed, since links may add 100 KB to a text.
    """
    mentioned = " ".join(value["N"] for value in item.get("Mentions", {"L": ()})["L"])
    body = orjson.dumps(shape(item))
    return mentioned.encode() + b"\n" + (zlib.compress(body) if len(body) > COMPRESSED_FROM else body)


def _version(value: bytes, for_mentioned: int | None) -> Version | None:
    line, _, body = value.partition(b"\n")
    mentioned = tuple(map(int, line.split()))
    if not body or (for_mentioned is not None and for_mentioned not in mentioned):
        return None
    return Version(mentioned, body if body.startswith(b"{") else zlib.decompress(body))


def versions_of(post: int) -> Iterator[Wire]:
    """The items of all of a post's former versions, the last one first."""
    return table.query(keys.post_partition(post), prefix=keys.VERSION)


def shape(item: Wire) -> dict[str, Any]:
    """As the API and exports give it out."""
    return {
        "version": table.last_id(item["SK"]["S"]),
        "content": item["Content"]["S"],
        "content_html": item["ContentHtml"]["S"],
        "language": item["Language"]["S"] if "Language" in item else None,
        "sensitive": item["Sensitive"]["BOOL"],
        "spoiler_text": item["SpoilerText"]["S"],
        "created_at": ids.rfc3339(ids.at_milliseconds(int(item["WrittenAt"]["N"]))),
    }
