"""The wish for no notices by mail."""

from accounts import unsubscribing
from echomate import cache, dynamodb, keys, table, transactions
from echomate.errors import Invalid
from echomate.stream import wake


def unsubscribe(token: str) -> None:
    """Send a user no more notices. Again it changes nothing. Raises `Invalid` (`link-invalid`)."""
    user = unsubscribing.user_of(token)
    if user is None:
        raise invalid()
    change = transactions.update(
        keys.user(user),
        change="SET #Settings.#MailNotices = :no, #UpdatedAt = :now ADD #Version :one",
        condition="attribute_exists(PK)",
        no=False,
        now=table.clock(),
        one=1,
    )
    if dynamodb.attempt("UpdateItem", change["Update"]) is not None:  # who is gone gets no mail either
        cache.forget_parts([("DEL", keys.cached_user(user)), wake.COMMAND])


def invalid() -> Invalid:
    return Invalid(
        "This link is not whole. Each notice has one, and the settings do the same.", type="link-invalid"
    )
