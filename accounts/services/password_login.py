"""Logging in by a password, and by a second factor where the account has one."""

from collections.abc import Mapping
from typing import Any

from accounts import devices, guessing, names, passwords
from accounts.models import ERASING, User
from accounts.origins import NOWHERE, Origin
from accounts.selectors import claimant
from accounts.services import erasing, second_factors
from accounts.services.logging_in import LoggedIn, begin_session, refuse_by_state
from echomate import dynamodb, keys, table, transactions
from echomate.dynamodb import Wire
from echomate.errors import Unauthenticated

NOBODY = 1
"""An id that nobody has: what is nobody's is looked for there, so that it takes the same reads."""


def log_in(
    login: str,
    password: str,
    *,
    origin: Origin = NOWHERE,
    otp: str | None = None,
    passkey: Mapping[str, Any] | None = None,
    restore: bool = False,
) -> LoggedIn:
    """Begin a session; each step of a login repeats the password.

    1. The password. Whatever else there is to say about the account is said only after it: a login that is nobody's
       costs the same work and gets the same answer as a wrong password.
    2. The account's state: suspended, or being erased, which `restore` undoes.
    3. The second factor, if there is one.

    Raises `Unauthenticated` (`bad-credentials`, `otp-required`, `otp-invalid`, `passkey-invalid`), `Forbidden`
    (`suspended`, `erasing`), `RateLimited`.
    """
    item, origin = _find(login, origin)
    with guessing.counted(guessing.PASSWORDS, names.login(login), origin):
        if not passwords.matches(password, item.get("PasswordHash", {}).get("S")):
            raise Unauthenticated(type="bad-credentials")
    user: User = User.from_raw_data(item)
    refuse_by_state(user, restore=restore)
    shown = second_factors.demand(user, otp=otp, passkey=passkey, origin=origin)
    if passwords.is_outdated(str(user.password_hash)):
        _upgrade_hash(user, password)
    if restore or user.state == ERASING:
        erasing.restore(user.id)
    return begin_session(user, origin=origin, methods=["password", *shown])


def _find(login: str, origin: Origin) -> tuple[Wire, Origin]:
    """The item of the user of a username, a held one too, or of a present address; and whether they know the device.

    It is empty if the login is nobody's. Two reads in any case, and no model made of what they find, so that time
    doesn't tell of an account.
    """
    name = names.login(login)
    owner = claimant(name) or NOBODY
    device = devices.key_of(owner, origin.device_token)
    items = table.batch_get([keys.user(owner), *([device] if device else [])])
    user = items[0] or {}
    is_theirs = "@" not in name or user.get("Email", {}).get("S") == name
    return user if is_theirs else {}, devices.seen(origin, items[1] if device else None)


def _upgrade_hash(user: User, password: str) -> None:
    """Store the password as new ones are; not where it was changed in the meantime."""
    change = transactions.expressions(
        "#PasswordHash = :old",
        change="SET #PasswordHash = :new",
        values={"old": user.password_hash, "new": passwords.make(password)},
    )
    dynamodb.attempt("UpdateItem", {**transactions.of(keys.user(user.id)), **change})
