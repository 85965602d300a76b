"""Media of an export, brought along: made, uploaded and completed here as their owner would have done it."""

import hashlib
from typing import BinaryIO

from echomate import ids, objects
from echomate.errors import Conflict, NotFound
from echomate.jobs import Refused
from media import files, purposes
from media.models import Media, State, new_media
from media.services.changing import complete, reject
from media.services.creating import Declaration, put_media
from media.services.telling import tell

DAMAGED = "damaged"


def imported_id(owner: int, old: int) -> int:
    """The id here of a medium of an export: of the same milliseconds, the rest from its owner and the old id."""
    digest = hashlib.sha256(f"import {owner} {old}".encode()).digest()
    return ids.with_random_part(old, int.from_bytes(digest[:8], "big"))


def bring(owner: int, old: int, declared: Declaration, file: BinaryIO) -> bool:
    """Let a file be processed; again it goes on where it was. False: the id that it has here is another's.

    Raises `Invalid` where such a file isn't taken.
    """
    purposes.check(declared.purpose, declared.content_type, declared.size)
    media = _new(owner, old, declared)
    if not put_media(media):
        return False
    try:
        objects.put(
            files.upload(declared.purpose, owner, int(media.id)), file, content_type=declared.content_type
        )
        complete(owner=owner, media=int(media.id))
    except (Refused, Conflict):  # it can't be read, or has fewer bytes than the ZIP says
        reject(int(media.id), reason=DAMAGED)
    except NotFound:  # its owner has removed it meanwhile
        return True
    tell()
    return True


def _new(owner: int, old: int, declared: Declaration) -> Media:
    media = new_media(
        imported_id(owner, old),
        owner=owner,
        purpose=declared.purpose,
        type_=declared.content_type,
        size=declared.size,
        alt=declared.alt,
        nonce=hashlib.sha256(f"import {owner} {old}".encode()).hexdigest()[:24],
    )
    media.state = State.PENDING.value
    return media
