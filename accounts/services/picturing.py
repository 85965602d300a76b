"""Take up an avatar or a cover, or give it up."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from accounts.models import ACTIVE, Picture, User
from accounts.selectors import own_user
from echomate import cache, keys, table, transactions
from echomate.dynamodb import DynamoDBError, Wire
from echomate.errors import Conflict, Unauthenticated
from echomate.stream import wake

TRIES = 5


@dataclass(frozen=True, slots=True)
class Chosen:
    """One file of a medium, in its folder of the media bucket."""

    media: int
    folder: str
    name: str


def set_picture(
    user_id: int,
    which: Literal["Avatar", "Cover"],
    picture: Chosen | None,
    *,
    along: Callable[[int | None], Sequence[Wire]],
) -> User:
    """Show a picture, or none any more; the user as it is then.

    `along` says what happens to media in the same transaction, given the medium that was shown. What is refused of
    that is raised as the `DynamoDBError` it is.
    """
    for _ in range(TRIES):
        user = own_user(user_id)
        if user.state != ACTIVE:
            raise Unauthenticated(type="session-revoked")
        shown = _shown(user, which)
        if shown == (picture.media if picture else None):
            _forget(user_id)  # an earlier try may have died before it did
            return user
        try:
            transactions.commit([_update(user, which, shown, picture), *along(shown)])
        except DynamoDBError as error:
            if not transactions.failed(error, 0):
                raise
            continue
        _forget(user_id)
        return own_user(user_id)
    raise Conflict("It is being changed by another call.")


def _forget(user: int) -> None:
    cache.forget_parts([("DEL", keys.cached_user(user)), wake.COMMAND])


def _shown(user: User, which: str) -> int | None:
    picture: Picture | None = getattr(user, which.lower())
    return int(picture.media) if picture is not None else None


def _update(user: User, which: str, shown: int | None, picture: Chosen | None) -> Wire:
    """The user's part of the transaction, on condition that what is shown is still that."""
    change = "SET #UpdatedAt = :now, #LastEdit = :edit" + (
        f", #{which} = :picture" if picture else f" REMOVE #{which}"
    )
    values: dict[str, Any] = {"now": table.clock(), "edit": secrets.token_hex(8), "active": ACTIVE, "one": 1}
    if picture:
        values["picture"] = {"Media": picture.media, "Folder": picture.folder, "Name": picture.name}
    if shown is not None:
        values["shown"] = shown
    there = f"attribute_not_exists(#{which})" if shown is None else f"#{which}.#Media = :shown"
    return transactions.update(
        keys.user(user.id),
        change=f"{change} ADD #Version :one",
        condition=f"#State = :active AND {there}",
        **values,
    )
