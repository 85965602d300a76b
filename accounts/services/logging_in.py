"""What every way in has in common: the account's state is asked first, and a session is the end."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from accounts import devices, mail, sessions
from accounts.models import ACTIVE, ERASING, SUSPENDED, User
from accounts.origins import NOWHERE, Origin
from accounts.services import erasing
from accounts.tokens import TokenPair
from echomate import cache, jobs, keys, transactions
from echomate.dynamodb import DynamoDBError, Wire
from echomate.errors import Forbidden, Unauthenticated
from echomate.ids import rfc3339
from echomate.stream import wake


@dataclass(frozen=True, slots=True)
class LoggedIn:
    user: User
    tokens: TokenPair = field(repr=False)
    device_token: str = field(repr=False)
    """By which the account knows the device from now on."""


def refuse_by_state(user: User, *, restore: bool = False) -> None:
    """Let nobody into an account that is suspended, nor into one that is being erased unless to `restore` it.

    For those who have shown who they are. Raises `Forbidden` (`suspended`, `erasing`).
    """
    if user.state == SUSPENDED:
        raise Forbidden(type="suspended")
    if user.state == ERASING and not restore:
        raise Forbidden(type="erasing", erased_at=rfc3339(erasing.moment(user)))


def begin_session(
    user: User, *, origin: Origin = NOWHERE, methods: Sequence[str] = (), announce: bool = True
) -> LoggedIn:
    """A session, made only if the user is active and has still the credentials that were shown.

    One from a device that the account doesn't know is announced by mail, unless it is the first of all. Raises
    `Unauthenticated` (`bad-credentials`).
    """
    origin = devices.recognised(user.id, origin)
    version = int(user.credential_version)
    session = sessions.new_session(user.id, origin=origin, methods=methods, credential_version=version)
    still = transactions.check(
        keys.user(user.id),
        condition="#State = :active AND #CredentialVersion = :version",
        active=ACTIVE,
        version=version,
    )
    device_token, remembered = devices.remember(user.id, origin)
    news = [] if origin.known_until or not announce else [_announcement(user, origin)]
    try:
        transactions.commit([still, transactions.put(session), *remembered, *news])
    except DynamoDBError as error:
        raise Unauthenticated(type="bad-credentials") if transactions.failed(error, 0) else error from error
    if news:
        cache.forget_parts([wake.COMMAND])
    return LoggedIn(user, sessions.tokens_of(session), device_token)


def _announcement(user: User, origin: Origin) -> Wire:
    moment = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    job = mail.job("new-device", to=user.id, device=origin.device, network=origin.address, moment=moment)
    return jobs.put_item(job)
