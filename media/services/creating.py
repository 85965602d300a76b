"""The beginning of a medium: its item, and the form by which a browser uploads it to S3 itself."""

import secrets
from dataclasses import dataclass

from echomate import dynamodb, ids, objects
from echomate.dynamodb import DynamoDBError
from echomate.errors import DependencyAway
from echomate.idempotency import Creation
from echomate.objects import Form
from media import files, purposes
from media.models import Media, new_media
from media.purposes import Purpose
from media.services.telling import tell

UPLOAD_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a client says of the file that it will send. S3 holds it to its type and size."""

    content_type: str
    size: int
    purpose: Purpose
    alt: str = ""


def create(*, owner: int, declared: Declaration, creation: Creation | None = None) -> Media:
    """A medium that waits for its upload. Raises `Invalid`, and `DependencyAway` where S3 couldn't take it."""
    purposes.check(declared.purpose, declared.content_type, declared.size)
    objects.check()
    creation = creation or Creation(ids.new_id(), secrets.token_hex(6))
    for id_ in creation.candidates():
        media = _new(id_, owner, declared, creation.nonce)
        if put_media(media):
            tell()
            return media
    raise DependencyAway("ids")


def form(media: Media) -> Form:
    """How its file is uploaded, within the hour."""
    return objects.form(
        files.upload(Purpose(media.purpose), int(media.owner), int(media.id)),
        content_type=media.declared_type,
        size=int(media.declared_size),
        seconds=UPLOAD_SECONDS,
    )


def _new(id_: int, owner: int, declared: Declaration, nonce: str) -> Media:
    return new_media(
        id_,
        owner=owner,
        purpose=declared.purpose,
        type_=declared.content_type,
        size=declared.size,
        alt=declared.alt,
        nonce=nonce,
    )


def put_media(media: Media) -> bool:
    """Whether the item is there now, put by this or an earlier try; else its id is another's."""
    request = media.get_save_kwargs_from_instance(Media.pk.does_not_exist(), "ALL_OLD")
    try:
        dynamodb.call("PutItem", request)
    except DynamoDBError as error:
        if error.code != "ConditionalCheckFailedException":
            raise
        return bool(error.response.get("Item", {}).get("Nonce") == {"S": media.nonce})
    return True
