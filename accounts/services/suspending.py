"""Suspending accounts: nobody sees them, and nobody is in them."""

from accounts import sessions
from accounts.models import ACTIVE, ERASING, SUSPENDED, User
from echomate import cache, dynamodb, keys, table, transactions
from echomate.dynamodb import DynamoDBError, Wire
from echomate.errors import Conflict, NotFound
from echomate.ids import now_seconds
from echomate.stream import wake


def suspend(user: int, *, reason: str = "") -> User:
    """Hide an account from everybody and end its sessions, wherever they are; again does no harm.

    Raises `NotFound`, `Conflict` where it is being erased, and as `sessions.end`.
    """
    change = "SET #State = :state, #SuspensionReason = :reason, #SessionsEndedAt = :now, #UpdatedAt = :at"
    found = _set_state(user, SUSPENDED, change, now=now_seconds(), reason=reason)
    sessions.end_all(user)
    return found


def unsuspend(user: int) -> User:
    """Bring it back as it was, without its sessions. Raises `NotFound`, `Conflict` where it is being erased."""
    return _set_state(user, ACTIVE, "SET #State = :state, #UpdatedAt = :at REMOVE #SuspensionReason")


def _set_state(user: int, state: str, change: str, **more: object) -> User:
    values = {"state": state, "erasing": ERASING, "at": table.clock(), **more}
    request = transactions.expressions(
        "attribute_exists(PK) AND #State <> :erasing", change=change, values=values
    )
    both = {"ReturnValues": "ALL_NEW", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    try:
        item: Wire = dynamodb.call("UpdateItem", {**transactions.of(keys.user(user)), **request, **both})[
            "Attributes"
        ]
    except DynamoDBError as error:
        if error.code != "ConditionalCheckFailedException":
            raise
        if error.response.get("Item"):
            raise Conflict("The account is being erased.") from error
        raise NotFound from error
    found = User.from_raw_data(item)
    cached = (keys.cached_user(user), *map(keys.cached_username, found.names))
    cache.forget_parts([*(("DEL", key) for key in cached), wake.COMMAND])
    return found
