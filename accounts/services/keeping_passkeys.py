"""A user's passkeys: added, renamed, removed."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from accounts import mail
from accounts.models import ACTIVE, Passkey, User, passkey_id, passkeys_of
from accounts.models.passkeys import MOST
from accounts.passkeys import ceremonies, challenges
from accounts.passkeys.ceremonies import CeremonyFailed, Made
from accounts.passkeys.challenges import Purpose
from accounts.services.passkeys import handle_of
from echomate import cache, dynamodb, jobs, keys, table, transactions
from echomate.dynamodb import DynamoDBError, Wire
from echomate.errors import Conflict, EchomateError, Invalid, NotFound, Unauthenticated
from echomate.idempotency import Creation
from echomate.stream import wake

CHANGED_MEANWHILE = "The account's credentials have changed meanwhile: look, and try again."

logger = logging.getLogger(__name__)


def registration_options(user: User, sid: str) -> dict[str, Any]:
    """What `navigator.credentials.create` takes, as JSON, for this session. Raises `Conflict` where there are 20."""
    known = passkeys_of(user.id)
    if len(known) >= MOST:
        raise _too_many()
    return ceremonies.creation_options(
        challenge=challenges.new(Purpose.REGISTRATION, subject=_subject(user.id, sid)),
        handle=handle_of(user.id),
        username=user.username,
        full_name=user.full_name,
        known=known,
    )


def add_passkey(
    user: int, sid: str, credential: Mapping[str, Any], *, name: str, creation: Creation | None = None
) -> Passkey:
    """Keep a passkey that was just made, tell its owner by mail, and count it; or find what an earlier try has kept.

    Raises `Invalid` (`passkey-invalid`), `Conflict` where it is kept already or there are 20, `Unauthenticated`
    where the session ended meanwhile.
    """
    kept = _kept_before(user, creation) if creation and creation.is_repeated else None
    if kept is not None:
        return kept
    try:
        challenge = ceremonies.challenge_of(credential)
        if not challenges.is_good(challenge, Purpose.REGISTRATION, subject=_subject(user, sid)):
            raise CeremonyFailed("the challenge is over, or was made for something else")
        passkey = _new(user, ceremonies.check_made(credential), name=name)
    except CeremonyFailed as failure:
        logger.info("passkey not added: %s", failure)
        raise Invalid(type="passkey-invalid") from failure
    passkey.nonce = creation.nonce if creation else None
    _store(user, sid, passkey, challenge)
    return passkey


def _kept_before(user: int, creation: Creation) -> Passkey | None:
    return next((passkey for passkey in passkeys_of(user) if passkey.nonce == creation.nonce), None)


def _subject(user: int, sid: str) -> str:
    return f"{user} {sid}"


def _new(user: int, made: Made, *, name: str) -> Passkey:
    partition, sort = keys.passkey(user, passkey_id(made.credential_id))
    return Passkey(
        pk=partition,
        sk=sort,
        created_at=table.clock(),
        credential_id=ceremonies.base64url(made.credential_id),
        public_key=ceremonies.base64url(made.public_key),
        sign_count=made.sign_count,
        aaguid=made.aaguid,
        transports=list(made.transports),
        backup_eligible=made.backup_eligible,
        backed_up=made.backed_up,
        name=name,
    )


def _store(user: int, sid: str, passkey: Passkey, challenge: bytes) -> None:
    parts = [
        challenges.use(challenge),
        transactions.check(keys.session(user, sid), condition="attribute_exists(PK)"),
        transactions.put(passkey),
        _count(user, 1, condition="#State = :active AND #Passkeys < :most", active=ACTIVE, most=MOST),
        jobs.put_item(mail.job("passkey-added", to=user, passkey=passkey.name)),
    ]
    refusals = [
        Invalid(type="passkey-invalid"),
        Unauthenticated(type="session-revoked"),
        Conflict("This passkey is registered already."),
        _too_many(),
    ]
    _commit(parts, refusals)


def rename_passkey(user: int, id_: str, *, name: str) -> Passkey:
    """Raises `NotFound`."""
    change = transactions.expressions(
        "attribute_exists(PK)", change="SET #Name = :name", values={"name": name}
    )
    request = {**transactions.of(keys.passkey(user, id_)), **change, "ReturnValues": "ALL_NEW"}
    answer = dynamodb.attempt("UpdateItem", request)
    if answer is None:
        raise NotFound
    return Passkey.from_raw_data(answer["Attributes"])


def remove_passkey(user: User, id_: str) -> None:
    """Forget a passkey and tell its owner by mail. With the last second factor go the recovery codes.

    Raises `NotFound`, `Conflict` (`last-credential`) where nobody could log in any more, or where the account's
    credentials changed meanwhile.
    """
    passkey = Passkey.read(keys.passkey(user.id, id_))
    if passkey is None:
        raise NotFound
    is_last = user.passkeys <= 1
    parts = [
        transactions.delete(keys.passkey(user.id, id_), condition="attribute_exists(PK)"),
        _count(user.id, -1, condition="#CredentialVersion = :version", version=int(user.credential_version)),
        jobs.put_item(mail.job("passkey-removed", to=user.id, passkey=passkey.name)),
        *([_other_way_in(user)] if is_last and not user.password_hash else []),
        *([transactions.delete(keys.recovery_codes(user.id))] if is_last and not user.totp else []),
    ]
    changed = Conflict(CHANGED_MEANWHILE)
    _commit(parts, [NotFound(), changed, changed, changed])


def _other_way_in(user: User) -> Wire:
    """The check that a login provider's account still leads here."""
    for link in table.query(keys.user_partition(user.id), prefix=keys.OIDC_LINK, limit=1):
        return transactions.check((link["PK"]["S"], link["SK"]["S"]), condition="attribute_exists(PK)")
    raise Conflict(
        "This passkey is the only way to log in to the account: set a password first.",
        type="last-credential",
    )


def _count(user: int, step: int, *, condition: str, **values: Any) -> Wire:
    return transactions.update(
        keys.user(user),
        change="SET #UpdatedAt = :now ADD #Passkeys :step, #CredentialVersion :one",
        condition=condition,
        now=table.clock(),
        step=step,
        one=1,
        **values,
    )


def _commit(parts: Sequence[Wire], refusals: Sequence[EchomateError]) -> None:
    """All of them, or what the first part says whose condition failed."""
    try:
        transactions.commit(parts)
    except DynamoDBError as error:
        for part, refusal in enumerate(refusals[: len(parts)]):
            if transactions.failed(error, part):
                raise refusal from error
        raise
    cache.forget_parts([wake.COMMAND])


def _too_many() -> Conflict:
    return Conflict(f"An account that is active may have {MOST} passkeys, and no more.")
