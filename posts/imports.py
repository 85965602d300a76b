"""Takes in the posts of an export: each as its author might have written it here, at its old time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rest_framework import serializers

from echomate import ids, privacy, table
from echomate.fields import ChoiceField
from echomate.ids import parse_id
from echomate.privacy import Open, Row
from media.selectors import Descriptor, Purpose, State, descriptors
from media.services import imported_id
from posts import services
from posts.serializers import VISIBILITIES, MediaIdsField, NewPostSerializer
from posts.services import Draft, OldPost

if TYPE_CHECKING:
    from datetime import datetime


NOTHING = "content: blank"


class OldPostSerializer(NewPostSerializer):
    """What the API asks of a new post, and when it was edited. The defaults are not those of its new author."""

    visibility = ChoiceField(choices=VISIBILITIES)
    edited_at = serializers.DateTimeField(required=False, allow_null=True)
    media_ids = None  # type: ignore[assignment]  # DRF's way to leave a field out
    media = MediaIdsField()
    """As they were in the old account."""


@privacy.imports("posts", most=1_000_000)
def take_posts(user: int, rows: Sequence[Row], _open: Open) -> list[str | None]:
    read = _with_media(user, [_read(row) for row in rows])
    good = [post for post in read if isinstance(post, OldPost)]
    taken = dict(zip(map(id, good), services.take_in(user, good), strict=True))
    return [
        post if isinstance(post, str) else None if taken[id(post)] else "id: belongs to another post"
        for post in read
    ]


def _with_media(user: int, read: Sequence[OldPost | str]) -> list[OldPost | str]:
    """The same with those of their media that were taken in before, each in one post alone."""
    old = {media for post in read if isinstance(post, OldPost) for media in post.draft.media}
    found = descriptors({imported_id(user, media) for media in old}) if old else {}
    given, used = list[OldPost | str](), set[int]()
    for post in read:
        if isinstance(post, OldPost):
            media = [
                new
                for old_id in post.draft.media
                if (new := imported_id(user, old_id)) not in used and _may_show(user, post, found.get(new))
            ]
            used.update(media)
            is_empty = not media and not post.draft.content
            given.append(NOTHING if is_empty else replace(post, draft=replace(post.draft, media=media)))
        else:
            given.append(post)
    return given


def _may_show(user: int, post: OldPost, media: Descriptor | None) -> bool:
    if media is None or media.owner != user or media.purpose != Purpose.POST or media.state != State.READY:
        return False
    return media.attached is None or media.attached in services.imported_partitions(user, post)


def _read(row: Row) -> OldPost | str:
    """The post of a row, or what is wrong with it."""
    found = old_text(row, OldPostSerializer)
    if isinstance(found, str):
        return found
    fields = {name: value for name, value in found.fields.items() if name != "edited_at"}
    return OldPost(found.id, Draft(**fields), found.edited_at)


@dataclass(frozen=True, slots=True)
class OldText:
    """A post or a comment as it was."""

    id: int
    fields: Mapping[str, Any]
    edited_at: int | None
    """Unix milliseconds."""


def old_text(row: Row, serializer: type[serializers.Serializer[Any]]) -> OldText | str:
    """What a row says, as the serializer takes it, or what is wrong with it."""
    old = parse_id(row["id"]) if isinstance(row.get("id"), str) else None
    if old is None:
        return "id: not one"
    if ids.milliseconds(old) > table.clock():
        return "id: of the future"
    checked = serializer(data=row)
    if not checked.is_valid():
        return privacy.fault(checked.errors)
    return OldText(old, checked.validated_data, _edited_at(old, checked.validated_data.get("edited_at")))


def _edited_at(old: int, moment: "datetime | None") -> int | None:
    """None for none, and for a moment that can't be."""
    milliseconds = int(moment.timestamp() * 1000) if moment else None
    if milliseconds is not None and not ids.milliseconds(old) <= milliseconds <= table.clock():
        return None
    return milliseconds
