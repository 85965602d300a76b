"""What media give out of a user: what they have uploaded, as they did."""

from collections.abc import Iterator
from typing import BinaryIO

from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from echomate import keys, objects, privacy, table
from echomate.ids import rfc3339
from echomate.privacy import Row
from media import files
from media.models import Media, State
from media.purposes import Purpose

ENDINGS = {"image/jpeg": "jpg", "video/quicktime": "mov"}
"""Of a file's name, where it isn't the second half of its type."""


def originals(user: int) -> Iterator[tuple[str, BinaryIO]]:
    for media in _media(user):
        name = _file(media)
        content = objects.read(files.original(user, int(media.id))) if name else None
        if name and content is not None:
            yield name, content


def show(row: Row) -> str:
    name, about = row["file"], f"{row['created_at'][:10]} · {row['purpose']}"
    link = format_html('<a href="../{}">{}</a>', name, name.rpartition("/")[2]) if name else row["state"]
    return format_html('<p class="about">{}</p><p>{}</p><p>{}</p>', about, link, row["alt"])


@privacy.exports("media", "media", title=_("Pictures and videos"), show=show, files=originals)
def media(user: int) -> Iterator[Row]:
    for one in _media(user):
        yield {
            "id": str(int(one.id)),
            "created_at": rfc3339(int(one.id)),
            "purpose": one.purpose,
            "state": one.state,
            "type": one.type or one.declared_type,
            "bytes": int(one.declared_size),
            "alt": one.alt,
            "used": bool(one.attached),
            "file": _file(one),
        }


def _media(user: int) -> Iterator[Media]:
    for part in privacy.in_steps(table.query(keys.media_of(user), index="GSI1", attributes=("PK", "SK"))):
        for item in map(Media.of, table.batch_get(map(table.key_of, part))):
            if item is not None and int(item.owner) == user:
                yield item


def _file(media: Media) -> str | None:
    """Its name in the export, where it is a picture or a video."""
    if media.state != State.READY or media.purpose == Purpose.IMPORT:
        return None
    type_ = media.type or media.declared_type
    return f"media/{int(media.id)}.{ENDINGS.get(type_, type_.partition('/')[2])}"
