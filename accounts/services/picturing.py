"""Take up an avatar or a cover, or give it up."""

import secrets
from collections.abc import Callable, Sequence
from typing import Any

from accounts.models import ACTIVE, Picture, User
from accounts.selectors import own_user
from echomate import cache, keys, table, transactions
from echomate.dynamodb import DynamoDBError, Wire
from echomate.errors import Conflict, Unauthenticated
from echomate.stream import wake

TRIES = 5
AVATAR, COVER = "Avatar", "Cover"


def set_picture(
    user_id: int, which: str, picture: Picture | None, *, along: Callable[[int | None], Sequence[Wire]]
) -> User:
    """Show a picture as `Avatar` or `Cover`, or none any more; the user as it is then.

    `along` says what happens to media in the same transaction, given the medium that was shown. What is refused of
    that is raised as the `DynamoDBError` it is.
    """
    for _ in range(TRIES):
        user = own_user(user_id)
        if user.state != ACTIVE:
            raise Unauthenticated(type="session-revoked")
        shown = _medium(getattr(user, which.lower()))
        if shown == _medium(picture):
            return user
        try:
            transactions.commit([_update(user, which, shown, picture), *along(shown)])
        except DynamoDBError as error:
            if not transactions.failed(error, 0):
                raise
            continue
        cache.forget_parts([("DEL", keys.cached_user(user_id)), wake.COMMAND])
        return own_user(user_id)
    raise Conflict("It is being changed by another call.")


def _medium(picture: Picture | None) -> int | None:
    return int(picture.media) if picture else None


def _update(user: User, which: str, shown: int | None, picture: Picture | None) -> Wire:
    """The user's part of the transaction, on condition that what is shown is still that."""
    change = "SET #UpdatedAt = :now, #LastEdit = :edit" + (
        f", #{which} = :picture" if picture else f" REMOVE #{which}"
    )
    values: dict[str, Any] = {"now": table.clock(), "edit": secrets.token_hex(8), "active": ACTIVE, "one": 1}
    if picture:
        values["picture"] = {"Media": int(picture.media), "Folder": picture.folder, "Name": picture.name}
    if shown is not None:
        values["shown"] = shown
    there = f"attribute_not_exists(#{which})" if shown is None else f"#{which}.#Media = :shown"
    return transactions.update(
        keys.user(user.id),
        change=f"{change} ADD #Version :one",
        condition=f"#State = :active AND {there}",
        **values,
    )
