"""What media give out of a user."""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from echomate import keys, privacy, table
from echomate.ids import rfc3339
from echomate.privacy import Row
from media.models import Media


@privacy.exports("media", "media", title=_("Pictures and videos"))
def media(user: int) -> Iterator[Row]:
    for part in privacy.in_steps(table.query(keys.media_of(user), index="GSI1", attributes=("PK", "SK"))):
        for item in table.batch_get(map(table.key_of, part)):
            found = Media.of(item)
            if found is not None and int(found.owner) == user:
                yield _row(found)


def _row(media: Media) -> Row:
    return {
        "id": str(int(media.id)),
        "created_at": rfc3339(int(media.id)),
        "purpose": media.purpose,
        "state": media.state,
        "type": media.type or media.declared_type,
        "bytes": int(media.declared_size),
        "alt": media.alt,
    }
