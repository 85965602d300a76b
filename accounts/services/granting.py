"""Roles: what an account may do beyond what everybody may."""

from collections.abc import Callable

from accounts.models import User
from echomate import cache, dynamodb, keys, table, transactions
from echomate.dynamodb import Wire
from echomate.errors import Conflict, NotFound
from echomate.stream import wake

TRIES = 5


def grant_role(user: int, role: str) -> User:
    """Again it changes nothing. Raises `NotFound`, `Conflict` where others change the roles all the time."""
    return _change(user, lambda roles: [*roles, *({role} - {*roles})])


def revoke_role(user: int, role: str) -> User:
    """The same the other way."""
    return _change(user, lambda roles: [one for one in roles if one != role])


def _change(user_id: int, change: Callable[[list[str]], list[str]]) -> User:
    for _ in range(TRIES):
        user = User.read(keys.user(user_id))
        if user is None:
            raise NotFound
        before = [str(role) for role in user.roles]
        after = change(before)
        if after == before:
            return user
        item = _replaced(user_id, before, after)
        if item is not None:
            cache.forget_parts([("DEL", keys.cached_user(user_id)), wake.COMMAND])
            return User.from_raw_data(item)
    raise Conflict("The roles are being changed by others; try again.")


def _replaced(user: int, before: list[str], after: list[str]) -> Wire | None:
    """The user's item with other roles; None where they aren't as they were read."""
    request = transactions.expressions(
        "#Roles = :before",
        change="SET #Roles = :after, #UpdatedAt = :now ADD #Version :one",
        values={"before": before, "after": after, "now": table.clock(), "one": 1},
    )
    change = {**transactions.of(keys.user(user)), **request, "ReturnValues": "ALL_NEW"}
    answer = dynamodb.attempt("UpdateItem", change)
    return answer["Attributes"] if answer else None
