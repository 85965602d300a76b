"""Showing a passkey: as a second factor, as a step-up, or alone to log in."""

import logging
from collections.abc import Mapping
from typing import Any

from accounts import mail
from accounts.models import ERASING, Passkey, User, passkey_id, passkeys_of
from accounts.origins import NOWHERE, Origin
from accounts.passkeys import ceremonies, challenges
from accounts.passkeys.ceremonies import CeremonyFailed, Shown
from accounts.passkeys.challenges import Purpose
from accounts.services import erasing
from accounts.services.logging_in import LoggedIn, begin_session, refuse_by_state
from echomate import jobs, keys, table, transactions
from echomate.dynamodb import DynamoDBError, Wire
from echomate.errors import Unauthenticated

HANDLE_BYTES = 8

logger = logging.getLogger(__name__)


def authentication_options(user: User | None, *, purpose: Purpose = Purpose.SECOND_FACTOR) -> dict[str, Any]:
    """What `navigator.credentials.get` takes, as JSON. Without a user it is for a login by a passkey alone."""
    purpose, known = (purpose, passkeys_of(user.id)) if user else (Purpose.LOGIN, [])
    challenge = challenges.new(purpose, subject=_subject(user))
    return ceremonies.request_options(
        challenge=challenge, known=known, verifies_user=purpose is not Purpose.SECOND_FACTOR
    )


def verify_assertion(
    assertion: Mapping[str, Any], *, user: User | None = None, purpose: Purpose = Purpose.SECOND_FACTOR
) -> int:
    """The id of the user whose passkey this is: of `user`, or without one of whom its handle names.

    Uses the challenge up. Raises `Unauthenticated` (`passkey-invalid`).
    """
    return shown_by(assertion, user=user, purpose=purpose).id


def shown_by(
    assertion: Mapping[str, Any], *, user: User | None = None, purpose: Purpose = Purpose.SECOND_FACTOR
) -> User:
    """The same, as the user was before the passkey was looked at: what changes meanwhile has another version."""
    purpose = purpose if user else Purpose.LOGIN
    try:
        challenge = ceremonies.challenge_of(assertion)
        if not challenges.is_good(challenge, purpose, subject=_subject(user)):
            raise CeremonyFailed("the challenge is over, or was made for something else")
        owner = user or _of_handle(assertion)
        passkey = _named(assertion, owner)
        shown = ceremonies.check_shown(assertion, passkey, verifies_user=purpose is not Purpose.SECOND_FACTOR)
        _use(owner, passkey, shown, challenge)
    except CeremonyFailed as failure:
        logger.info("passkey refused: %s", failure)
        raise Unauthenticated(type="passkey-invalid") from failure
    return owner


def log_in_with_passkey(
    assertion: Mapping[str, Any], *, origin: Origin = NOWHERE, restore: bool = False
) -> LoggedIn:
    """Begin a session with a passkey alone. `restore` brings back one who has asked to be erased.

    Raises `Unauthenticated` (`passkey-invalid`), `Forbidden` (`suspended`, `erasing`).
    """
    user = shown_by(assertion)
    refuse_by_state(user, restore=restore)
    if restore or user.state == ERASING:
        erasing.restore(user.id)
    return begin_session(user, origin=origin, methods=["passkey"])


def handle_of(user: int) -> bytes:
    """The user as authenticators keep it: the account's id, which tells nothing of the person."""
    return user.to_bytes(HANDLE_BYTES)


def _subject(user: User | None) -> str:
    return str(user.id) if user else ""


def _of_handle(assertion: Mapping[str, Any]) -> User:
    handle = ceremonies.handle_in(assertion)
    user = User.read(keys.user(int.from_bytes(handle))) if len(handle) == HANDLE_BYTES else None
    if user is None:
        raise CeremonyFailed("the handle of nobody")
    return user


def _named(assertion: Mapping[str, Any], owner: User) -> Passkey:
    if ceremonies.handle_in(assertion) not in (b"", handle_of(owner.id)):
        raise CeremonyFailed("the handle of somebody else")
    found = Passkey.read(keys.passkey(owner.id, passkey_id(ceremonies.credential_id_in(assertion))))
    if found is None:
        raise CeremonyFailed("a passkey that this user hasn't")
    return found


def _use(owner: User, passkey: Passkey, shown: Shown, challenge: bytes) -> None:
    """Use the challenge up and move the count, both or neither. Of two at once with one challenge one succeeds."""
    seen = int(passkey.sign_count)
    if shown.sign_count <= seen and (shown.sign_count, seen) != (0, 0):
        logger.warning("a passkey may have been copied", extra={"user": owner.id, "passkey": passkey.id})
        _take(challenge, jobs.put_item(mail.job("passkey-copied", to=owner.id, passkey=passkey.name)))
        raise CeremonyFailed(f"the count of signatures went from {seen} to {shown.sign_count}")
    _take(challenge, _count(owner, passkey, shown))


def _count(owner: User, passkey: Passkey, shown: Shown) -> Wire:
    return transactions.update(
        keys.passkey(owner.id, passkey.id),
        change="SET #SignCount = :count, #BackedUp = :backed_up, #LastUsedAt = :now",
        condition="#SignCount < :count" if shown.sign_count else "#SignCount = :count",
        count=shown.sign_count,
        backed_up=shown.backed_up,
        now=table.clock(),
    )


def _take(challenge: bytes, then: Wire) -> None:
    try:
        transactions.commit([challenges.use(challenge), then])
    except DynamoDBError as error:
        if transactions.failed(error, 0):
            raise CeremonyFailed("the challenge was used before") from error
        if transactions.failed(error, 1):
            raise CeremonyFailed("removed meanwhile, or its count has moved on") from error
        raise
