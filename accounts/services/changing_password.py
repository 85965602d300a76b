"""A new password for one who is logged in."""

from accounts import devices, guessing, mail, passwords, sessions
from accounts.models import ACTIVE, Session, User
from accounts.origins import NOWHERE, Origin
from accounts.passwords import Owner
from echomate import cache, jobs, keys, table, transactions
from echomate.dynamodb import DynamoDBError
from echomate.errors import Conflict, Invalid, Unauthenticated
from echomate.ids import now_seconds
from echomate.stream import wake


def change_password(
    user: User, password: str | None, new_password: str, *, session: str, origin: Origin = NOWHERE
) -> None:
    """Set a password: the session that asks stays, all others end, and the account knows no other device any more.

    `password` is the present one; one without a password has stepped up instead. Raises `Invalid` for a weak new one,
    `Unauthenticated` (`bad-credentials`), `RateLimited`, `Conflict`, and as `sessions.end`. Repeated after a lost
    answer it does the rest.
    """
    if found := passwords.faults(new_password, Owner(user.username, str(user.email or ""), user.full_name)):
        raise Invalid(errors={"new_password": found})
    version = int(user.credential_version)
    if not _is_done(user, password, new_password, session=session, origin=origin):
        version += 1
        _store(user, passwords.make(new_password), session=session, version=version)
    sessions.end_outdated(user.id, version)
    devices.forget_all(user.id, but=origin.device_token)


def _is_done(user: User, password: str | None, new: str, *, session: str, origin: Origin) -> bool:
    """Whether this session has set the new password already. Raises `Unauthenticated` where the present one is wrong.

    Only then is the new one compared, too: for anybody else that would be a second guess.
    """
    if not user.password_hash:
        return False

    def guess(typed: str) -> None:
        with guessing.counted(guessing.PASSWORDS, str(user.id), origin, session=session):
            if not passwords.matches(typed, user.password_hash):
                raise Unauthenticated(type="bad-credentials")

    try:
        guess(password or "")
    except Unauthenticated:
        if not _has_set_it(user, session):
            raise
        guess(new)
        return True
    return False


def _has_set_it(user: User, sid: str) -> bool:
    session = Session.read(keys.session(user.id, sid))
    return session is not None and session.password_set == user.credential_version


def _store(user: User, password_hash: str, *, session: str, version: int) -> None:
    """The user, the session that stays and the notice; not where one of the first two has changed meanwhile."""
    changed = transactions.update(
        keys.user(user.id),
        condition="#State = :active AND #CredentialVersion = :former",
        change="SET #PasswordHash = :hash, #CredentialVersion = :version, #SessionsEndedAt = :now, #UpdatedAt = :at",
        active=ACTIVE,
        former=version - 1,
        hash=password_hash,
        version=version,
        now=now_seconds(),
        at=table.clock(),
    )
    stays = transactions.update(
        keys.session(user.id, session),
        condition="attribute_exists(PK)",
        change="SET #CredentialVersion = :version, #PasswordSet = :version",
        version=version,
    )
    notice = mail.job("password-changed", to=user.id)
    try:
        transactions.commit([changed, stays, jobs.put_item(notice)])
    except DynamoDBError as error:
        if transactions.failed(error, 1):
            raise Unauthenticated(type="session-revoked") from error
        raise Conflict if transactions.failed(error, 0) else error from error
    cache.forget_parts([wake.COMMAND])
