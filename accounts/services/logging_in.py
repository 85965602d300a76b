"""Logging in."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from accounts import names, passwords, sessions
from accounts.models import ACTIVE, SUSPENDED, User
from accounts.origins import NOWHERE, Origin
from accounts.tokens import TokenPair
from echomate import dynamodb, keys, table, transactions
from echomate.dynamodb import DynamoDBError
from echomate.errors import Forbidden, Unauthenticated


@dataclass(frozen=True, slots=True)
class LoggedIn:
    user: User
    tokens: TokenPair = field(repr=False)


def log_in(login: str, password: str, *, origin: Origin = NOWHERE) -> LoggedIn:
    """Begin a session. Raises `Unauthenticated` (`bad-credentials`), `Forbidden` (`suspended`).

    A login that is nobody's costs the same work as a wrong password.
    """
    user = _find(login)
    if not passwords.matches(password, user.password_hash if user else None) or user is None:
        raise Unauthenticated(type="bad-credentials")
    if user.state == SUSPENDED:
        raise Forbidden(type="suspended")
    if user.state != ACTIVE:
        raise Unauthenticated(type="bad-credentials")
    if passwords.is_outdated(str(user.password_hash)):
        _upgrade_hash(user, password)
    return LoggedIn(user, begin_session(user, origin=origin, methods=["password"]))


def _find(login: str) -> User | None:
    """The user of a username or an address. Two reads either way, so that time doesn't tell of an account."""
    name = names.login(login)
    claim = table.get_item(keys.email_claim(name) if "@" in name else keys.username_claim(name))
    owner = int(claim["User"]["N"]) if claim else 1
    return User.read(keys.user(owner))


def begin_session(user: User, *, origin: Origin = NOWHERE, methods: Sequence[str] = ()) -> TokenPair:
    """A session, made only if the user is active and has still the credentials that were shown."""
    session = sessions.new_session(user.id, origin=origin, methods=methods)
    still = transactions.check(
        keys.user(user.id),
        condition="#State = :active AND #CredentialVersion = :version",
        active=ACTIVE,
        version=int(user.credential_version),
    )
    try:
        transactions.commit([still, transactions.put(session)])
    except DynamoDBError as error:
        raise Unauthenticated(type="bad-credentials") if transactions.failed(error, 0) else error from error
    return sessions.tokens_of(session)


def _upgrade_hash(user: User, password: str) -> None:
    """Store the password as new ones are; not where it was changed in the meantime."""
    change = transactions.expressions(
        "#PasswordHash = :old",
        change="SET #PasswordHash = :new",
        values={"old": user.password_hash, "new": passwords.make(password)},
    )
    try:
        dynamodb.call("UpdateItem", {**transactions.of(keys.user(user.id)), **change})
    except DynamoDBError as error:
        if error.code != "ConditionalCheckFailedException":
            raise
