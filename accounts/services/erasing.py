"""Asking to be erased, and coming back."""

from datetime import UTC, datetime, timedelta

from accounts import mail, mail_links, sessions
from accounts.models import ACTIVE, ERASING, Purpose, User
from echomate import cache, ids, jobs, keys, table, transactions
from echomate.config import config
from echomate.dynamodb import DynamoDBError, Wire
from echomate.errors import Forbidden, PreconditionFailed, Unauthenticated
from echomate.ids import rfc3339
from echomate.stream import wake

KIND = "erasure"


def request_erasure(user_id: int, *, versions: frozenset[int] | None = None) -> datetime:
    """Hide a user from everybody at once, end their sessions, and erase them at the moment that is returned.

    Asked again, it answers the same. Raises `PreconditionFailed` where the user's version is none of `versions`, and
    `DependencyAway` where somebody may still call a session good; what was asked for stands all the same.
    """
    user = User.read(keys.user(user_id))
    if user is not None and user.state == ACTIVE:
        if versions is not None and user.version not in versions:
            raise PreconditionFailed
        user = _request(user, only_this_version=versions is not None)
        if versions is not None and user is not None and user.state == ACTIVE:
            raise PreconditionFailed
    if user is None or user.state != ERASING or user.erased_at is None:
        raise Unauthenticated(type="session-revoked")
    _forget(user)
    sessions.end_all(user.id)
    return moment(user)


def moment(user: User) -> datetime:
    """When one who is being erased is gone for good."""
    return datetime.fromtimestamp(int(user.erased_at or 0) / 1000, UTC)


def _request(user: User, *, only_this_version: bool) -> User | None:
    """The user as it is then: another request, or a suspension, may have come first."""
    now = table.clock()
    erased_at = now + config.erasure_delay_seconds * 1000
    payload = {"user": str(user.id), "erased_at": erased_at}
    job = jobs.job(KIND, payload, delay=timedelta(seconds=config.erasure_delay_seconds))
    day = datetime.fromtimestamp(erased_at / 1000, UTC).date().isoformat()
    letter = mail.job("erasing", to=user.id, link=Purpose.RESTORE, also=(ERASING,), day=day)
    hidden = transactions.update(
        keys.user(user.id),
        condition="#State = :active" + (" AND #Version = :version" if only_this_version else ""),
        change="SET #State = :erasing, #ErasedAt = :erased_at, #ErasureRequestedAt = :now, #ErasureJob = :job,"
        " #SessionsEndedAt = :second REMOVE #GSI1PK, #GSI1SK",
        active=ACTIVE,
        erasing=ERASING,
        erased_at=erased_at,
        now=now,
        second=now // 1000,
        job=job.id,
        **({"version": int(user.version)} if only_this_version else {}),
    )
    try:
        transactions.commit([hidden, jobs.put_item(job), jobs.put_item(letter)])
    except DynamoDBError as error:
        if not transactions.failed(error, 0):
            raise
    return User.read(keys.user(user.id))


def restore(user_id: int) -> None:
    """Bring back one who has asked to be erased, as they were; to one who isn't being erased it does nothing.

    For those who have shown who they are. Raises `Forbidden` (`erasing`) when it is too late.
    """
    user = User.read(keys.user(user_id))
    if user is not None and user.state == ACTIVE:
        _forget(user)  # an earlier try may have died before it did
    if user is None or user.state != ERASING:
        return
    try:
        _restore(user)
    except DynamoDBError as error:
        if not transactions.failed(error, 0):
            raise
        raise Forbidden(
            "It is too late to come back.", type="erasing", erased_at=rfc3339(moment(user))
        ) from error


def restore_by_token(token: str) -> None:
    """The same for who holds the link of the mail, not of an earlier erasure's. Raises `Invalid` (`link-invalid`)."""
    found = mail_links.find(token, Purpose.RESTORE)
    user = User.read(keys.user(int(found.user)))
    if user is None or user.state != ERASING or user.email != found.address:
        raise mail_links.invalid(Purpose.RESTORE)
    if ids.milliseconds(found.job) < int(user.erasure_requested_at or 0):
        raise mail_links.invalid(Purpose.RESTORE)
    try:
        _restore(user, mail_links.use(found))
    except DynamoDBError as error:
        if transactions.failed(error, 0) or transactions.failed(error, 1):
            raise mail_links.invalid(Purpose.RESTORE) from error
        raise


def _restore(user: User, *more: Wire) -> None:
    """Of this and the job that erases, whoever comes first wins: both ask for the same state of the user."""
    found = {"names": keys.names(user.username), "name": user.username} if user.settings.discoverable else {}
    findable = ", #GSI1PK = :names, #GSI1SK = :name" if found else ""
    shown = transactions.update(
        keys.user(user.id),
        condition="#State = :erasing AND #ErasedAt = :erased_at AND #ErasedAt > :now"
        " AND attribute_not_exists(#ErasureBegun)",
        change=f"SET #State = :active{findable} REMOVE #ErasedAt, #ErasureRequestedAt, #ErasureJob",
        active=ACTIVE,
        erasing=ERASING,
        erased_at=int(user.erased_at or 0),
        now=table.clock(),
        **found,
    )
    cancelled = transactions.delete(keys.job(int(user.erasure_job or 0)))
    letter = jobs.put_item(mail.job("restored", to=user.id))
    transactions.commit([shown, *more, cancelled, letter])
    _forget(user)


def _forget(user: User) -> None:
    cached = (keys.cached_user(user.id), *map(keys.cached_username, user.names))
    cache.forget_parts([*(("DEL", key) for key in cached), wake.COMMAND])
