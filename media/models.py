"""What media are in the table.

| access | how |
|---|---|
| a medium | get `MEDIA#m` / `MEDIA` |
| what a user has uploaded, newest first | GSI1 `MEDIA_OF#u`, by `MEDIA#m` |

A medium begins as `pending`, while its owner uploads; `complete` makes it `processing`, and the worker `ready` or
`rejected`. Whatever uses it says so in `Attached`, on condition that nothing else does. Deletion removes the item;
its objects follow from that.
"""

from enum import StrEnum
from typing import TypedDict, cast

import orjson
from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from echomate import keys
from echomate.table import Item
from media import files
from media.purposes import Purpose


class State(StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    READY = "ready"
    REJECTED = "rejected"


class Variant(TypedDict):
    """One of the files that are shown; its object lies in the folder of its medium, in the media bucket."""

    name: str
    width: int
    height: int
    type: str


class Media(Item, discriminator="media"):
    id = NumberAttribute(attr_name="Id")
    owner = NumberAttribute(attr_name="Owner")
    purpose = UnicodeAttribute(attr_name="Purpose")
    state = UnicodeAttribute(attr_name="State")
    declared_type = UnicodeAttribute(attr_name="DeclaredType")
    declared_size = NumberAttribute(attr_name="DeclaredSize")
    """Bytes; S3 takes exactly so many."""
    alt = UnicodeAttribute(attr_name="Alt", default="")
    type = UnicodeAttribute(attr_name="Type", null=True)
    """What it was found to be."""
    width = NumberAttribute(attr_name="Width", null=True)
    height = NumberAttribute(attr_name="Height", null=True)
    duration = NumberAttribute(attr_name="Duration", null=True)
    """Milliseconds."""
    blurhash = UnicodeAttribute(attr_name="Blurhash", null=True)
    variants_json = UnicodeAttribute(attr_name="Variants", null=True)
    reason = UnicodeAttribute(attr_name="Reason", null=True)
    """Why it was rejected, for its owner."""
    job = NumberAttribute(attr_name="Job", null=True)
    """The job that processes it."""
    attached = UnicodeAttribute(attr_name="Attached", null=True)
    """What uses it: a partition of the table, like `POST#…`."""
    public = BooleanAttribute(attr_name="Public", null=True)
    """Its files may be read by all, at the address of what is public."""
    version = NumberAttribute(attr_name="Version")
    nonce = UnicodeAttribute(attr_name="Nonce")
    """By this a put that is tried again knows its first try."""
    last_write = UnicodeAttribute(attr_name="LastWrite", null=True)
    """The same for updates."""

    @property
    def folder(self) -> str:
        """Where its variants are in the media bucket."""
        return files.folder(Purpose(self.purpose), int(self.owner), int(self.id))

    @property
    def variants(self) -> list[Variant]:
        """The widest last."""
        return cast("list[Variant]", orjson.loads(self.variants_json)) if self.variants_json else []


def new_media(
    id_: int, *, owner: int, purpose: Purpose, type_: str, size: int, alt: str, nonce: str
) -> Media:
    """A medium that waits for its upload."""
    partition, sort = keys.media(id_)
    return Media(
        pk=partition,
        sk=sort,
        gsi1pk=keys.media_of(owner),
        gsi1sk=partition,
        id=id_,
        owner=owner,
        purpose=purpose.value,
        state=State.PENDING.value,
        declared_type=type_,
        declared_size=size,
        alt=alt,
        version=1,
        nonce=nonce,
    )
