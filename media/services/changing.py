"""What an owner does with a medium after its upload."""

import secrets

from echomate import dynamodb, ids, keys, objects, table, transactions
from echomate.errors import Conflict
from media import files
from media.models import Media, State
from media.purposes import Purpose
from media.selectors import read
from media.services.telling import stale, tell


def complete(*, owner: int, media: int) -> Media:
    """Let what was uploaded be looked at and processed; what was completed before stays as it is.

    Raises `Conflict` (`upload-missing`) where S3 hasn't got all of it.
    """
    found = read(media, owner=owner)
    if found.state != State.PENDING:
        return found
    _check_upload(found)
    nonce = secrets.token_hex(6)
    item = _update(
        media,
        change="SET #State = :processing, #Job = :job, #LastWrite = :nonce, #UpdatedAt = :now",
        condition="#State = :pending OR #LastWrite = :nonce",
        processing=State.PROCESSING.value,
        pending=State.PENDING.value,
        job=ids.new_id(),
        nonce=nonce,
        now=table.clock(),
    )
    tell()
    return item or read(media, owner=owner)


def reject(media: int, *, reason: str) -> None:
    """Say of a medium that waits for its file that it will not come."""
    _update(
        media,
        change="SET #State = :rejected, #Reason = :reason, #UpdatedAt = :now",
        condition="#State = :pending OR #State = :rejected",
        rejected=State.REJECTED.value,
        pending=State.PENDING.value,
        reason=reason,
        now=table.clock(),
    )


def _check_upload(media: Media) -> None:
    size = objects.size(files.upload(Purpose(media.purpose), int(media.owner), int(media.id)))
    if size is None:
        raise Conflict(
            "Upload the file first, with the form that came with the media.", type="upload-missing"
        )
    if size != int(media.declared_size):
        raise Conflict(
            f"{int(media.declared_size)} bytes were declared, {size} have come.", type="upload-missing"
        )


def describe_anew(*, owner: int, media: int, alt: str) -> Media:
    """Give one's own medium another alternative text, also where it is shown already."""
    found = read(media, owner=owner)
    if found.alt == alt:
        tell(*(("DEL", key) for key in stale(found.attached)))  # an earlier try may have died before it did
        return found
    nonce = secrets.token_hex(6)
    item = _update(
        media,
        change="SET #Alt = :alt, #LastWrite = :nonce, #UpdatedAt = :now ADD #Version :one",
        condition="attribute_exists(PK) AND (attribute_not_exists(#LastWrite) OR #LastWrite <> :nonce)",
        alt=alt,
        nonce=nonce,
        now=table.clock(),
        one=1,
    ) or read(media, owner=owner)
    tell(*(("DEL", key) for key in stale(item.attached)))
    return item


def delete(*, owner: int, media: int) -> None:
    """Remove one's own medium. Raises `Conflict` (`media-attached`) where something uses it."""
    read(media, owner=owner)
    gone = transactions.delete(keys.media(media), condition="attribute_not_exists(#Attached)")
    if dynamodb.attempt("DeleteItem", gone["Delete"]) is None:
        raise Conflict("Take it out of what shows it first.", type="media-attached")
    tell()


def _update(media: int, *, change: str, condition: str, **values: str | int) -> Media | None:
    """The item after the update; None where the condition doesn't hold."""
    request = {
        **transactions.of(keys.media(media)),
        **transactions.expressions(condition, change=change, values=values),
        "ReturnValues": "ALL_NEW",
    }
    answer = dynamodb.attempt("UpdateItem", request)
    return Media.of(answer["Attributes"]) if answer else None
