"""Changes of the profile and the settings."""

import secrets
from collections.abc import Mapping
from typing import Any

from accounts.models import ACTIVE, User
from echomate import cache, dynamodb, keys, table, transactions
from echomate.dynamodb import DynamoDBError, Wire
from echomate.errors import PreconditionFailed, Unauthenticated
from echomate.stream import wake


def edit_profile(user: User, changes: Mapping[str, Any], *, version: int | None = None) -> User:
    """Set attributes of a user by their names in the table, `Settings.Locale` being one within another.

    None removes one. Returns the user as it is then. Raises `PreconditionFailed` where `version` isn't the
    present one, `Unauthenticated` where the account isn't active any more.
    """
    edit = secrets.token_hex(8)
    values = {**changes, **_findable(user, changes), "UpdatedAt": table.clock(), "LastEdit": edit}
    condition = "#State = :active AND #Username = :username" + (
        "" if version is None else " AND #Version = :version"
    )
    known = {"active": ACTIVE, "username": user.username} | ({} if version is None else {"version": version})
    request = transactions.expressions(condition, change=_change(values), values=known | _values(values))
    item = _edited(user.id, request, edit)
    cache.forget_parts([("DEL", keys.cached_user(user.id)), wake.COMMAND])
    return User.from_raw_data(item)


def _edited(user: int, request: Wire, edit: str) -> Wire:
    both = {"ReturnValues": "ALL_NEW", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    try:
        answer = dynamodb.call("UpdateItem", {**transactions.of(keys.user(user)), **request, **both})
    except DynamoDBError as error:
        found: Wire = error.response.get("Item") or {}
        if error.code != "ConditionalCheckFailedException":
            raise
        if found.get("LastEdit", {}).get("S") == edit:  # its first try, whose answer was lost
            return found
        if found.get("State", {}).get("S") != ACTIVE:
            raise Unauthenticated(type="session-revoked") from error
        raise PreconditionFailed from error
    changed: Wire = answer["Attributes"]
    return changed


def _findable(user: User, changes: Mapping[str, Any]) -> dict[str, str | None]:
    """The index keys under which the search finds those who wish to be found."""
    discoverable = changes.get("Settings.Discoverable")
    if discoverable is None:
        return {}
    return {
        "GSI1PK": keys.names(user.username) if discoverable else None,
        "GSI1SK": user.username if discoverable else None,
    }


def _change(values: Mapping[str, Any]) -> str:
    path = {name: "#" + name.replace(".", ".#") for name in values}
    kept = [
        f"{path[name]} = :{name.replace('.', '_')}" for name, value in values.items() if value is not None
    ]
    gone = [path[name] for name, value in values.items() if value is None]
    removal = f" REMOVE {', '.join(gone)}" if gone else ""
    return f"SET {', '.join(kept)}{removal} ADD #Version :one"


def _values(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "one": 1,
        **{name.replace(".", "_"): value for name, value in values.items() if value is not None},
    }
