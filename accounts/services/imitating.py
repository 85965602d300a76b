"""Names that are made to look like those of verified accounts, or of the people who run this place."""

from collections.abc import Iterable
from typing import Any

from accounts import lookalikes
from accounts.models import VerifiedName
from echomate import keys, table, transactions
from echomate.dynamodb import Wire
from echomate.errors import Invalid

LOOKS_ALIKE = "This name looks like that of a verified account."
OFFICIAL = "This name is reserved."


def check(username: str, *, by: int) -> Wire:
    """The part of a transaction that fails where a username looks like that of another's verified account."""
    return transactions.check(
        keys.lookalike(lookalikes.of_username(username)),
        condition=f"{transactions.ABSENT} OR #User = :user",
        user=by,
    )


def refuse_full_name(name: str, *, by: int | None = None, roles: Iterable[Any] = ()) -> None:
    """Raises `Invalid`. Those who run this place may say so, and a namesake of somebody verified has their name."""
    if fault := fault_of(name, by=by, roles=roles):
        raise Invalid(errors={"full_name": [fault]})


def fault_of(name: str, *, by: int | None = None, roles: Iterable[Any] = ()) -> str | None:
    """Why one may not have a full name; None where one may."""
    if not name:
        return None
    if lookalikes.speaks_for_us(name) and not {"moderator", "admin"}.intersection(roles):
        return OFFICIAL
    alike = [verified for verified in _verified(name) if verified.user != by]
    honest = not alike or lookalikes.plain(name) in {verified.plain for verified in alike}
    return None if honest else LOOKS_ALIKE


def _verified(name: str) -> list[VerifiedName]:
    skeleton = lookalikes.of_full_name(name)
    if not skeleton:
        return []
    return [VerifiedName.from_raw_data(item) for item in table.query(keys.verified_names(skeleton))]
