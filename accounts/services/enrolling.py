"""One-time passwords switched on and off, and recovery codes."""

from dataclasses import dataclass, field

from accounts import mail, recovery_codes, totp
from accounts.models import (
    ACTIVE,
    PendingTotp,
    User,
    new_recovery_codes,
    new_totp,
    pending_totp,
    place_of,
)
from accounts.services import second_factors
from echomate import cache, jobs, keys, sealing, table, transactions
from echomate.dynamodb import DynamoDBError, Wire
from echomate.errors import Conflict, Invalid, Unauthenticated
from echomate.stream import wake


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What goes into an authenticator app."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)


def begin_totp(user: User, sid: str) -> Enrolment:
    """A secret that waits 15 minutes for its first code, in place of an older one; what is confirmed stays.

    Raises `Unauthenticated` (`session-revoked`) where the session or the account is gone meanwhile.
    """
    secret = totp.new_secret()
    there = [
        transactions.check(keys.user(user.id), condition="#State = :active", active=ACTIVE),
        transactions.check(keys.session(user.id, sid), condition="attribute_exists(PK)"),
    ]
    try:
        transactions.commit([*there, transactions.put(pending_totp(user.id, secret, sid=sid), condition="")])
    except DynamoDBError as error:
        if transactions.CONDITION_FAILED not in error.reasons:
            raise
        raise Unauthenticated(type="session-revoked") from error
    return Enrolment(secret, totp.uri(secret, account=user.username))


def confirm_totp(user: User, sid: str, code: str) -> list[str]:
    """Switch it on by the first code of the secret that this session began; the recovery codes, shown this once.

    Earlier ones are void. Raises `Invalid` (`otp-invalid`), also where nothing is pending here.
    """
    pending = PendingTotp.read(keys.pending_totp(user.id))
    if pending is None or pending.sid != sid:
        raise Invalid("Nothing waits for a code: begin again with POST /auth/totp.", type="otp-invalid")
    secret = sealing.unseal(pending.sealed, place=place_of(user.id))
    step = totp.step_of(code, secret, after=0)
    if step is None:
        raise Invalid(type="otp-invalid")
    codes = recovery_codes.new()
    used = transactions.delete(
        keys.pending_totp(user.id), condition="#Sealed = :sealed", sealed=pending.sealed
    )
    kept = [new_totp(user.id, secret, step=step), new_recovery_codes(user.id, codes)]
    puts = [transactions.put(item, condition="") for item in kept]
    _change(user, "totp-added", used, *puts, totp=True)
    return codes


def remove_totp(user: User) -> None:
    """Switch it off; the recovery codes go too, unless a passkey is a second factor still. Again is no error."""
    pending = transactions.delete(keys.pending_totp(user.id))
    if not user.totp:
        transactions.commit([pending])
        return
    gone = [pending, transactions.delete(keys.totp(user.id))]
    if not user.passkeys:
        gone.append(transactions.delete(keys.recovery_codes(user.id)))
    _change(user, "totp-removed", *gone, totp=False)


def renew_recovery_codes(user: User) -> list[str]:
    """Ten new ones; earlier ones are void. Raises `Conflict` where there is no second factor to stand in for."""
    if not second_factors.has_one(user):
        raise Conflict("Recovery codes stand in for a second factor: set one up first.")
    codes = recovery_codes.new()
    put = transactions.put(new_recovery_codes(user.id, codes), condition="")
    _change(user, "recovery-codes-made", put, totp=bool(user.totp))
    return codes


def _change(user: User, notice: str, *parts: Wire, totp: bool) -> None:
    """All of it, the user's next credential version and the notice by mail; or `Conflict`, and nothing."""
    moved = transactions.update(
        keys.user(user.id),
        change="SET #Totp = :totp, #UpdatedAt = :now ADD #CredentialVersion :one",
        condition="#State = :active AND #CredentialVersion = :version",
        totp=totp,
        now=table.clock(),
        one=1,
        active=ACTIVE,
        version=int(user.credential_version),
    )
    try:
        transactions.commit([moved, *parts, jobs.put_item(mail.job(notice, to=user.id))])
    except DynamoDBError as error:
        if transactions.CONDITION_FAILED not in error.reasons:
            raise
        raise Conflict("The account's credentials have changed meanwhile: look, and try again.") from error
    cache.forget_parts([wake.COMMAND])
