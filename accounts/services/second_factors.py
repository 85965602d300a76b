"""What is asked of who has a second factor, after the first: a one-time password, a recovery code or a passkey."""

from collections.abc import Mapping
from typing import Any

from accounts import guessing, mail, recovery_codes, totp
from accounts.models import RecoveryCodes, Totp, User, place_of
from accounts.origins import NOWHERE, Origin
from accounts.passkeys.challenges import Purpose
from accounts.services import passkeys
from echomate import jobs, keys, sealing, transactions
from echomate.dynamodb import DynamoDBError, Wire
from echomate.errors import Unauthenticated


def has_one(user: User) -> bool:
    return bool(user.totp) or user.passkeys > 0


def demand(
    user: User,
    *,
    otp: str | None = None,
    passkey: Mapping[str, Any] | None = None,
    origin: Origin = NOWHERE,
) -> list[str]:
    """The method that was shown; none where the account has no second factor.

    `otp` is a one-time password or a recovery code, `passkey` an assertion. With neither raises `Unauthenticated`
    (`otp-required`) with the `methods` that will do and the options of a passkey; a wrong one is `otp-invalid` or
    `passkey-invalid`, too many are `RateLimited`.
    """
    if not has_one(user):
        return []
    if passkey is not None:
        return [use_passkey(user, passkey)]
    if otp is not None:
        return [use_code(user, otp, origin=origin)]
    raise required(user)


def required(user: User, *, purpose: Purpose = Purpose.SECOND_FACTOR) -> Unauthenticated:
    """What tells a client which second factors this account has."""
    asked: dict[str, Any] = {"methods": methods_of(user)}
    if user.passkeys > 0:
        asked["passkey"] = passkeys.authentication_options(user, purpose=purpose)
    return Unauthenticated(type="otp-required", **asked)


def methods_of(user: User) -> list[str]:
    has = {"otp": bool(user.totp), "recovery": codes_left(user.id) > 0, "passkey": user.passkeys > 0}
    return [method for method, is_there in has.items() if is_there]


def codes_left(user: int) -> int:
    """How many recovery codes are unused."""
    found = RecoveryCodes.read(keys.recovery_codes(user))
    return len(found.digests or ()) if found else 0


def use_code(user: User, typed: str, *, origin: Origin = NOWHERE, session: str = "") -> str:
    """`otp` or `recovery`, whichever it was: it is used up then. Raises `Unauthenticated` (`otp-invalid`).

    `session` is the sid of the one that asks, where one is logged in. Raises `RateLimited` after too many.
    """
    with guessing.counted(guessing.CODES, str(user.id), origin, session=session):
        if user.totp and totp.is_code(typed) and _use_totp(user.id, typed):
            return "otp"
        digest = recovery_codes.digest(typed) if has_one(user) else None
        if digest and _use_recovery_code(user.id, digest):
            return "recovery"
        raise Unauthenticated(type="otp-invalid")


def use_passkey(user: User, assertion: Mapping[str, Any], *, purpose: Purpose = Purpose.SECOND_FACTOR) -> str:
    """Raises `Unauthenticated` (`passkey-invalid`)."""
    passkeys.verify_assertion(assertion, user=user, purpose=purpose)
    return "passkey"


def _use_totp(user: int, code: str) -> bool:
    """Each step counts once: of two at once with the same code one finds the condition broken."""
    found = Totp.read(keys.totp(user))
    if found is None:
        return False
    secret = sealing.unseal(found.sealed, place=place_of(user))
    step = totp.step_of(code, secret, after=int(found.last_step))
    return step is not None and _took_place(_step(user, found, step))


def _step(user: int, found: Totp, step: int) -> Wire:
    """The update that uses a step, and seals anew what a former key has sealed."""
    condition = "#Sealed = :sealed AND #LastStep < :step"
    used = {"sealed": found.sealed, "step": step}
    change = "SET #LastStep = :step"
    if sealing.is_outdated(found.sealed):
        change += ", #Sealed = :anew, #GSI2PK = :partition"
        used |= {"anew": sealing.resealed(found.sealed), "partition": keys.sealed(sealing.fingerprint())}
    return transactions.update(keys.totp(user), change=change, condition=condition, **used)


def _use_recovery_code(user: int, digest: str) -> bool:
    use = transactions.update(
        keys.recovery_codes(user),
        change="DELETE #Digests :used",
        condition="contains(#Digests, :digest)",
        used=frozenset({digest}),
        digest=digest,
    )
    return _took_place(use, jobs.put_item(mail.job("recovery-code-used", to=user)))


def _took_place(use: Wire, *more: Wire) -> bool:
    """Whether the first part's condition held; a repeated try on the wire counts once, as transactions do."""
    try:
        transactions.commit([use, *more])
    except DynamoDBError as error:
        if transactions.failed(error, 0):
            return False
        raise
    return True
