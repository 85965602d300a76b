"""A medium as the avatar or the cover of its owner. The one before goes, with its files."""

from collections.abc import Sequence
from typing import Literal

from accounts.services import Chosen, set_picture
from echomate import keys, transactions
from echomate.dynamodb import DynamoDBError, Wire
from echomate.errors import Conflict
from media.purposes import Purpose
from media.selectors import Descriptor
from media.services.attaching import RETRY_AFTER, attach_items, remove_items, require_ready

ATTRIBUTES: dict[Purpose, Literal["Avatar", "Cover"]] = {Purpose.AVATAR: "Avatar", Purpose.COVER: "Cover"}
WIDTHS = {Purpose.AVATAR: 320, Purpose.COVER: 1280}
"""What is shown is as wide, or as wide as there is."""


def show(*, user: int, purpose: Purpose, media: int) -> None:
    """Raises as `require_ready` does."""
    to = keys.user_partition(user)
    (found,) = require_ready(user, [media], to=to, purpose=purpose, field="media_id")

    def along(shown: int | None) -> Sequence[Wire]:
        return [*attach_items(user, [media], to=to, purpose=purpose), *_removal(user, shown)]

    try:
        set_picture(user, ATTRIBUTES[purpose], _chosen(found), along=along)
    except DynamoDBError as error:
        if transactions.CONDITION_FAILED not in error.reasons:
            raise
        require_ready(user, [media], to=to, purpose=purpose, field="media_id")
        raise Conflict(type="media-not-ready", headers=RETRY_AFTER) from error


def hide(*, user: int, purpose: Purpose) -> None:
    """Show none any more. Where there is none, nothing changes."""
    set_picture(user, ATTRIBUTES[purpose], None, along=lambda shown: _removal(user, shown))


def _chosen(media: Descriptor) -> Chosen:
    """The narrowest that is wide enough, of those that every browser shows animated too."""
    files = [one for one in media.variants if one["type"] == "image/webp"]
    wide = [one for one in files if one["width"] >= WIDTHS[Purpose(media.purpose)]]
    chosen = min(wide, key=lambda one: one["width"]) if wide else max(files, key=lambda one: one["width"])
    return Chosen(media.id, media.folder, chosen["name"])


def _removal(user: int, shown: int | None) -> list[Wire]:
    return remove_items([shown] if shown is not None else [], attached=keys.user_partition(user))
