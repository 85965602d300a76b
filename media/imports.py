"""Takes in the pictures and videos of an export: each as its owner might have uploaded it, processed like any other.

Some are in work at a time, so that other people's uploads come in between; the import waits and looks again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rest_framework import serializers

from accounts.selectors import own_user
from accounts.services import edit_profile
from echomate import ids, jobs, keys, privacy, table
from echomate.errors import Conflict, Invalid
from echomate.fields import ChoiceField, FlagField, StringField
from echomate.ids import parse_id
from echomate.privacy import Open, Row
from media import services
from media.models import Media, State
from media.purposes import Purpose
from media.serializers import NewMediaSerializer
from media.services import bringing
from media.services.creating import Declaration

IN_WORK = 20
REST_SECONDS = 2
NO_FILE = "file: not in the export"
NOT_TAKEN = "id: belongs to another"
SHOWN = {Purpose.AVATAR: "imported_avatar", Purpose.COVER: "imported_cover"}
"""The mark of a user that the picture was shown once."""


class OldMediaSerializer(NewMediaSerializer):
    """What the API asks of an upload; and the file, and whether something showed it."""

    purpose = ChoiceField(choices=[Purpose.POST, *SHOWN])
    file = StringField(max_length=200)
    used = FlagField(default=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Its size is that of the file."""
        return {name: field for name, field in super().get_fields().items() if name != "size"}


@dataclass(frozen=True, slots=True)
class OldMedia:
    id: int
    """As it was."""
    type: str
    purpose: Purpose
    alt: str
    file: str
    used: bool


@privacy.imports("media", most=5000, has_files=True)
def take_media(user: int, rows: Sequence[Row], open_: Open) -> list[str | None]:
    """Raises `Again` until all of them are processed."""
    read = [_read(row) for row in rows]
    here = _here(user, [one.id for one in read if isinstance(one, OldMedia)])
    outcomes, in_work = list[str | None](), 0
    for one in read:
        if isinstance(one, str):
            outcomes.append(one)
            continue
        media = here.get(one.id)
        state = State(media.state) if media else State.PENDING
        if state is State.PENDING and in_work < IN_WORK:
            outcomes.append(_bring(user, one, open_))
            in_work += outcomes[-1] is None
        else:
            outcomes.append(f"file: {media.reason}" if media and state is State.REJECTED else None)
            in_work += state in (State.PENDING, State.PROCESSING)
            if state is State.READY:
                _show(user, one)
    if in_work:
        raise jobs.Again(REST_SECONDS)
    return outcomes


def _here(user: int, old: Sequence[int]) -> dict[int, Media]:
    """What is here of them by now, by the id that it had; nothing of anybody else's."""
    wanted = {services.imported_id(user, id_): id_ for id_ in old}
    items = map(Media.of, table.batch_get(map(keys.media, wanted)))
    return {wanted[int(item.id)]: item for item in items if item is not None and int(item.owner) == user}


def _read(row: Row) -> OldMedia | str:
    """The medium of a row, or what is wrong with it."""
    old = parse_id(row["id"]) if isinstance(row.get("id"), str) else None
    if old is None or ids.milliseconds(old) > table.clock():
        return "id: not one"
    if row.get("file") is None:
        return NO_FILE
    checked = OldMediaSerializer(data={**row, "content_type": row.get("type")})
    if not checked.is_valid():
        return privacy.fault(checked.errors)
    given = checked.validated_data
    purpose = Purpose(given["purpose"])
    return OldMedia(old, given["content_type"], purpose, given["alt"], given["file"], given["used"])


def _bring(user: int, old: OldMedia, open_: Open) -> str | None:
    """Why it can't be taken; None: it is on its way."""
    file = open_(old.file)
    if file is None:
        return NO_FILE
    with file:
        declared = Declaration(old.type, file.seek(0, 2), old.purpose, old.alt)
        try:
            return None if bringing.bring(user, old.id, declared, file) else NOT_TAKEN
        except Invalid as error:
            return privacy.fault(error.errors)


def _show(user: int, old: OldMedia) -> None:
    """As avatar or cover, if it was one, and if this was not done before."""
    mark = SHOWN.get(old.purpose)
    if mark is None or not old.used or getattr(owner := own_user(user), mark):
        return
    try:
        services.show(user=user, purpose=old.purpose, media=services.imported_id(user, old.id))
    except (Invalid, Conflict):  # it was removed meanwhile, or others are changing it: they know better
        return
    edit_profile(owner, {mark.title().replace("_", ""): True})
