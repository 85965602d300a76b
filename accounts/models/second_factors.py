"""Second factors: the secret of one-time passwords, and recovery codes.

Access patterns: a user's TOTP, the pending one, the recovery codes, each by its key · what a key of the settings has
sealed, GSI2 `SEALED#fingerprint`.
"""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UnicodeSetAttribute

from accounts import recovery_codes
from echomate import keys, sealing, table
from echomate.ids import now_seconds
from echomate.table import Item

PENDING_SECONDS = 900


class Totp(Item, discriminator="totp"):
    """One that a code has confirmed."""

    sealed = UnicodeAttribute(attr_name="Sealed")
    last_step = NumberAttribute(attr_name="LastStep")
    """Of the code that was used last: no code of it, or of one before, is good again."""


class PendingTotp(Item, discriminator="pending_totp"):
    """One that an app has been shown, waiting for its first code. It takes the place of an older one."""

    sealed = UnicodeAttribute(attr_name="Sealed")
    sid = UnicodeAttribute(attr_name="Sid")
    """Of the session that began it, the only one that may confirm it: the answer holds the recovery codes."""


class RecoveryCodes(Item, discriminator="recovery_codes"):
    digests = UnicodeSetAttribute(attr_name="Digests", null=True)
    """Of those that are unused. None: all were used."""


def place_of(user: int) -> str:
    """Where the secret of a user is sealed for, pending or confirmed."""
    return f"totp:{user}"


def pending_totp(user: int, secret: str, *, sid: str) -> PendingTotp:
    partition, sort = keys.pending_totp(user)
    return PendingTotp(
        pk=partition,
        sk=sort,
        created_at=table.clock(),
        expires_at=now_seconds() + PENDING_SECONDS,
        sid=sid,
        sealed=sealing.seal(secret, place=place_of(user)),
    )


def new_totp(user: int, secret: str, *, step: int) -> Totp:
    """Confirmed by the code of a step, which is thereby used."""
    partition, sort = keys.totp(user)
    return Totp(
        pk=partition,
        sk=sort,
        gsi2pk=keys.sealed(sealing.fingerprint()),
        gsi2sk=partition,
        created_at=table.clock(),
        sealed=sealing.seal(secret, place=place_of(user)),
        last_step=step,
    )


def new_recovery_codes(user: int, codes: list[str]) -> RecoveryCodes:
    partition, sort = keys.recovery_codes(user)
    digests = {digest for code in codes if (digest := recovery_codes.digest(code))}
    return RecoveryCodes(pk=partition, sk=sort, created_at=table.clock(), digests=digests)
