"""Takes in the posts of an export: each as its author might have written it here, at its old time."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rest_framework import serializers

from echomate import ids, privacy, table
from echomate.fields import ChoiceField
from echomate.ids import parse_id
from echomate.privacy import Row
from posts import services
from posts.serializers import VISIBILITIES, NewPostSerializer
from posts.services import Draft, OldPost

if TYPE_CHECKING:
    from datetime import datetime


class OldPostSerializer(NewPostSerializer):
    """What the API asks of a new post, and when it was edited. The defaults are not those of its new author."""

    visibility = ChoiceField(choices=VISIBILITIES)
    edited_at = serializers.DateTimeField(required=False, allow_null=True)
    media_ids = None  # type: ignore[assignment]  # DRF's way to leave a field out: those ids are of the old account


@privacy.imports("posts", most=1_000_000)
def take_posts(user: int, rows: Sequence[Row]) -> list[str | None]:
    read = [_read(row) for row in rows]
    good = [post for post in read if isinstance(post, OldPost)]
    taken = dict(zip(map(id, good), services.take_in(user, good), strict=True))
    return [
        post if isinstance(post, str) else None if taken[id(post)] else "id: belongs to another post"
        for post in read
    ]


def _read(row: Row) -> OldPost | str:
    """The post of a row, or what is wrong with it."""
    old = parse_id(row["id"]) if isinstance(row.get("id"), str) else None
    if old is None:
        return "id: not one"
    if ids.milliseconds(old) > table.clock():
        return "id: of the future"
    checked = OldPostSerializer(data=row)
    if not checked.is_valid():
        return privacy.fault(checked.errors)
    return _old_post(old, checked.validated_data)


def _old_post(old: int, given: Mapping[str, Any]) -> OldPost:
    edited: datetime | None = given.get("edited_at")
    milliseconds = int(edited.timestamp() * 1000) if edited else None
    if milliseconds is not None and not ids.milliseconds(old) <= milliseconds <= table.clock():
        milliseconds = None
    fields = {name: value for name, value in given.items() if name != "edited_at"}
    return OldPost(old, Draft(**fields), milliseconds)
