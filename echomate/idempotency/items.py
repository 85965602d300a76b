"""What a claim holds, and what a creation knows itself by."""

import hashlib
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass

from pynamodb.attributes import Attribute, JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.constants import BINARY

from echomate import ids
from echomate.table import Item

CANDIDATES = 5


class Compressed(Attribute[bytes]):
    """Bytes that take less room: a write is paid by the KiB."""

    attr_type = BINARY

    def serialize(self, value: bytes) -> str:
        return b64encode(zlib.compress(value, 9)).decode()

    def deserialize(self, value: str) -> bytes:
        return zlib.decompress(b64decode(value))


class IdempotencyClaim(Item, discriminator="idempotency_claim"):
    request = UnicodeAttribute(attr_name="Request")
    """The digest of what was asked for."""
    id = NumberAttribute(attr_name="Id")
    nonce = UnicodeAttribute(attr_name="Nonce")
    holder = UnicodeAttribute(attr_name="Holder")
    """The call that works on it."""
    held_until = NumberAttribute(attr_name="HeldUntil")
    """Unix milliseconds; 0: its holder gave up, and can't say what was done."""
    status = NumberAttribute(null=True, attr_name="Status")
    body = Compressed(null=True, attr_name="Body")
    headers = JSONAttribute(null=True, attr_name="Headers")
    answered_by = UnicodeAttribute(null=True, attr_name="AnsweredBy")


@dataclass(frozen=True, slots=True)
class Creation:
    """What a thing that is being made is called and recognised by, the same in every try."""

    id: int
    nonce: str
    is_repeated: bool = False
    """An earlier try may have made it."""

    def candidates(self) -> Iterator[int]:
        """Ids for it, should the first be another's."""
        yield self.id
        for number in range(1, CANDIDATES):
            digest = hashlib.sha256(f"{self.id} {self.nonce} {number}".encode()).digest()
            yield ids.with_random_part(self.id, int.from_bytes(digest[:8], "big"))
