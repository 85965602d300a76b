"""Second factors taken away by another than who is logged in: the owner of a former address, or the operators."""

from dataclasses import dataclass

from accounts import mail, sessions
from accounts.models import Passkey, RecoveryCodes, Totp, User, passkeys_of
from accounts.services.oidc_links import links_of
from accounts.services.resetting import EVERY_STATE, end_sessions
from echomate import cache, jobs, keys, table, transactions
from echomate.dynamodb import DynamoDBError, Wire
from echomate.errors import Conflict
from echomate.stream import wake


@dataclass(frozen=True, slots=True)
class Removal:
    """What has to be deleted, as parts of a transaction, and what the user has left then."""

    parts: list[Wire]
    totp: bool
    passkeys: int


def removal(user: User, *, since: int = 0) -> Removal:
    """Of the factors that were added from a moment on, in Unix seconds; recovery codes go with the last factor, too.

    It is right for the credential version of the user only, which the transaction has to ask for.
    """
    known = passkeys_of(user.id)
    gone = [keys.passkey(user.id, one.id) for one in known if _is_since(one, since)]
    passkeys = len(known) - len(gone)
    one_time = Totp.read(keys.totp(user.id))
    totp = one_time is not None and not _is_since(one_time, since)
    if one_time and not totp:
        gone += [keys.totp(user.id)]
    codes = RecoveryCodes.read(keys.recovery_codes(user.id))
    if codes and (_is_since(codes, since) or not (totp or passkeys)):
        gone += [keys.recovery_codes(user.id)]
    return Removal([transactions.delete(key) for key in gone], totp, passkeys)


def _is_since(item: Passkey | Totp | RecoveryCodes, since: int) -> bool:
    return int(item.created_at or 0) >= since * 1000


def remove_factors(user: User) -> None:
    """Take all away, for one who has lost them: all sessions end, and it is told by mail. Again is no error.

    Raises `Conflict` where nobody could log in any more (`last-credential`), or the credentials changed meanwhile.
    """
    removed = removal(user)
    if not removed.parts:
        return sessions.end_outdated(
            user.id, int(user.credential_version)
        )  # an earlier try may have died before
    if not (user.password_hash or user.email_verified or links_of(user.id)):
        raise Conflict("Without its passkeys nobody could log in to the account.", type="last-credential")
    notice = mail.job("factors-removed", to=user.id, also=EVERY_STATE)
    try:
        transactions.commit([_without(user), *removed.parts, jobs.put_item(notice)])
    except DynamoDBError as error:
        if not transactions.failed(error, 0):
            raise
        raise Conflict("The account's credentials have changed meanwhile: look, and try again.") from error
    end_sessions(user.id)
    return cache.forget_parts([("DEL", keys.cached_user(user.id)), wake.COMMAND])


def _without(user: User) -> Wire:
    return transactions.update(
        keys.user(user.id),
        change="SET #Totp = :no, #Passkeys = :none, #UpdatedAt = :now ADD #CredentialVersion :one",
        condition="#CredentialVersion = :version",
        no=False,
        none=0,
        now=table.clock(),
        one=1,
        version=int(user.credential_version),
    )
