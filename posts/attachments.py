"""The media of a post: cached with it without URLs, which live for hours, and signed when it is presented."""

from collections.abc import Iterable, Mapping, Sequence

import orjson

from echomate import cache, objects
from echomate.dynamodb import Wire
from media.presentation import present
from media.selectors import Descriptor, descriptors

SIGNED_AT_MOST = 512
"""Posts with media that the process keeps with their URLs: 2 KB a picture."""
NONE = b"[]"


def media_of(items: Iterable[Wire | None]) -> Mapping[int, Descriptor]:
    """The media of posts as they are in the table, in one read; no read where none has any."""
    ids = [media for item in items if item for media in ids_of(item)]
    return descriptors(ids) if ids else {}


def ids_of(item: Wire) -> list[int]:
    """The media of a post's item, in their order."""
    return [int(value["N"]) for value in item.get("Media", {"L": ()})["L"]]


def pack(media: Sequence[Descriptor]) -> bytes:
    """What of them is cached with their post: a JSON array in one line."""
    return orjson.dumps(media)


def signed(packed: bytes) -> bytes:
    """The `media` of a post as the API shows it."""
    return NONE if packed == NONE else _signed(packed, objects.this_hour())


@cache.kept_while_small(SIGNED_AT_MOST)
def _signed(packed: bytes, hour: int) -> bytes:
    media = [Descriptor(**fields) for fields in orjson.loads(packed)]
    return orjson.dumps([present(one, hour=hour) for one in media])
