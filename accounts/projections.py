"""What follows from a change of an account."""

from accounts import devices, sessions
from accounts.models import ACTIVE, User
from echomate import dynamodb, keys, table
from echomate.config import config
from echomate.dynamodb import DynamoDBError
from echomate.projections import Change, Effects, projects


@projects("user")
def forget_user(change: Change, effects: Effects) -> None:
    """The card, and the names it had and has: their absence may be remembered."""
    images = [image for image in (change.old, change.new) if image]
    user = table.last_id(change.item["PK"])
    names = {name for image in images for name in (image["Username"], *image.get("FormerNames", ()))}
    effects.forget(keys.cached_user(user), *map(keys.cached_username, names))


@projects("user")
def end_sessions(change: Change, effects: Effects) -> None:
    """Those that a process left that suspended the account, changed its password or put its address back, and died."""
    if change.kind != "modify" or not change.old or not change.new:
        return
    user, old, new = table.last_id(change.item["PK"]), change.old, change.new
    if old["State"] == ACTIVE != new["State"]:
        found = User.read(keys.user(user))
        if found is None or found.state != ACTIVE:
            sessions.end_all(user)
    changed = {name for name in ("PasswordHash", "Email") if old.get(name) != new.get(name)}
    if changed and old["CredentialVersion"] != new["CredentialVersion"]:
        sessions.end_outdated(user, new["CredentialVersion"])


@projects("session")
def forget_session(change: Change, effects: Effects) -> None:
    """The state of a session that has ended; and one that begins may be one too many."""
    if change.kind == "remove":
        effects.forget(keys.session_state(change.item["SK"].removeprefix(keys.SESSION)))
    if change.kind == "insert":
        sessions.end_longest_unused(table.last_id(change.item["PK"]))


@projects("known_device")
def forget_eldest_device(change: Change, effects: Effects) -> None:
    if change.kind == "insert":
        devices.forget_eldest(table.last_id(change.item["PK"]))


@projects("email_claim")
def take_address_away(change: Change, effects: Effects) -> None:
    """Once an unverified address has fallen to another, it is no longer that of the first."""
    if (
        change.kind != "modify"
        or not change.old
        or not change.new
        or change.old["User"] == change.new["User"]
    ):
        return
    try:
        dynamodb.call(
            "UpdateItem",
            {
                "TableName": config.table_name,
                "Key": table.wire_key(keys.user(change.old["User"])),
                "UpdateExpression": "REMOVE Email",
                "ConditionExpression": "Email = :address",
                "ExpressionAttributeValues": {":address": {"S": change.old["Email"]}},
            },
        )
    except DynamoDBError as error:
        if error.code != "ConditionalCheckFailedException":
            raise
