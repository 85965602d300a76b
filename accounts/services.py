"""What happens to accounts: one verb each."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from accounts import names, passwords, sessions
from accounts.models import ACTIVE, SUSPENDED, User, email_claim, new_user, username_claim
from accounts.passwords import Owner
from accounts.tokens import TokenPair
from echomate import cache, dynamodb, ids, jobs, keys, table, transactions
from echomate.dynamodb import DynamoDBError, Wire
from echomate.errors import Conflict, Forbidden, Invalid, PreconditionFailed, Unauthenticated
from echomate.stream import wake

UNVERIFIED_HOLD_MILLISECONDS = 48 * 3600 * 1000
WELCOME = "welcome-mail"


@dataclass(frozen=True, kw_only=True)
class NewAccount:
    """What an account is made of; the name and the address are in their canonical forms."""

    username: str
    email: str
    full_name: str = ""
    bio: str = ""
    location: str = ""
    locale: str = "en"
    id: int | None = None
    """One that the caller chose, with the time that it tells."""
    email_verified: bool = False
    """The address is known to be theirs, so it falls to nobody else."""


@dataclass(frozen=True, slots=True)
class LoggedIn:
    user: User
    tokens: TokenPair = field(repr=False)


def sign_up(account: NewAccount, *, password: str) -> LoggedIn:
    """Make an account, its first session and its welcome mail in one transaction.

    Raises `Invalid` for a weak password, `Conflict` (`username-taken`, `email-taken`) naming what is taken.
    """
    if found := passwords.faults(password, Owner(account.username, account.email, account.full_name)):
        raise Invalid(errors={"password": found})
    user = _user(account, password_hash=passwords.make(password))
    session = sessions.new_session(user.id)
    mail = jobs.job(WELCOME, {"user": str(user.id)}, user=user.id)
    _store(user, account.email, transactions.put(session), jobs.put_item(mail))
    return LoggedIn(user, sessions.tokens_of(session))


def hash_password(password: str) -> str:
    """For `create_account`: 15 ms, so one for many accounts."""
    return passwords.make(password)


def hash_of(password: str) -> str:
    """A password as accounts keep it, for `create_account`. Nothing is asked of the password."""
    return passwords.make(password)


def create_account(account: NewAccount, *, password_hash: str) -> User:
    """Make an account of a hash that is there already, without a session or mail. Raises `Conflict`."""
    user = _user(account, password_hash=password_hash)
    _store(user, account.email)
    return user


def _user(account: NewAccount, *, password_hash: str) -> User:
    user = new_user(id_=account.id or ids.new_id(), username=account.username, email=account.email)
    user.password_hash = password_hash
    user.full_name = account.full_name
    user.bio = account.bio
    user.location = account.location
    user.email_verified = account.email_verified
    user.settings.locale = account.locale
    return user


def _store(user: User, address: str, *more: Wire) -> None:
    free = f"{transactions.ABSENT} OR (#Verified = :no AND #CreatedAt < :long_ago)"
    long_ago = table.clock() - UNVERIFIED_HOLD_MILLISECONDS
    claims = [
        transactions.put(username_claim(user)),
        transactions.put(email_claim(user, address), condition=free, no=False, long_ago=long_ago),
    ]
    try:
        transactions.commit([*claims, transactions.put(user), *more])
    except DynamoDBError as error:
        raise _taken(error) from error
    cache.forget_parts([("DEL", keys.cached_username(user.username)), wake.COMMAND])


def _taken(error: DynamoDBError) -> Exception:
    """What a refused signup says; the claims are the first two parts of its transaction."""
    said = {"username": "This username is taken.", "email": "This address belongs to an account."}
    taken = {name: [said[name]] for part, name in enumerate(said) if transactions.failed(error, part)}
    if not taken:
        return error
    return Conflict(type=f"{next(iter(taken))}-taken", errors=taken)


def log_in(login: str, password: str) -> LoggedIn:
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
    return LoggedIn(user, begin_session(user))


def _find(login: str) -> User | None:
    """The user of a username or an address. Two reads either way, so that time doesn't tell of an account."""
    name = names.login(login)
    claim = table.get_item(keys.email_claim(name) if "@" in name else keys.username_claim(name))
    owner = int(claim["User"]["N"]) if claim else 1
    return User.read(keys.user(owner))


def begin_session(user: User) -> TokenPair:
    """A session, made only if the user is active and has still the credentials that were shown."""
    session = sessions.new_session(user.id)
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


def edit_profile(user: User, changes: Mapping[str, Any], *, version: int | None = None) -> User:
    """Set attributes of a user by their names in the table, `Settings.Locale` being one within another.

    None removes one. Returns the user as it is then. Raises `PreconditionFailed` where `version` isn't the
    present one, `Unauthenticated` where the account isn't active any more.
    """
    edit = secrets.token_hex(8)
    values = {**changes, **_findable(user, changes), "UpdatedAt": table.clock(), "LastEdit": edit}
    condition = "#State = :active AND #Username = :username" + (
        "" if version is None else " AND #Version = :version"
    )
    known = {"active": ACTIVE, "username": user.username} | ({} if version is None else {"version": version})
    request = transactions.expressions(condition, change=_change(values), values=known | _values(values))
    item = _edited(user.id, request, edit)
    cache.forget_parts([("DEL", keys.cached_user(user.id)), wake.COMMAND])
    return User.from_raw_data(item)


def _edited(user: int, request: Wire, edit: str) -> Wire:
    both = {"ReturnValues": "ALL_NEW", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    try:
        answer = dynamodb.call("UpdateItem", {**transactions.of(keys.user(user)), **request, **both})
    except DynamoDBError as error:
        found: Wire = error.response.get("Item") or {}
        if error.code != "ConditionalCheckFailedException":
            raise
        if found.get("LastEdit", {}).get("S") == edit:  # its first try, whose answer was lost
            return found
        if found.get("State", {}).get("S") != ACTIVE:
            raise Unauthenticated(type="session-revoked") from error
        raise PreconditionFailed from error
    changed: Wire = answer["Attributes"]
    return changed


def _findable(user: User, changes: Mapping[str, Any]) -> dict[str, str | None]:
    """The index keys under which the search finds those who wish to be found."""
    discoverable = changes.get("Settings.Discoverable")
    if discoverable is None:
        return {}
    return {
        "GSI1PK": keys.names(user.username) if discoverable else None,
        "GSI1SK": user.username if discoverable else None,
    }


def _change(values: Mapping[str, Any]) -> str:
    path = {name: "#" + name.replace(".", ".#") for name in values}
    kept = [
        f"{path[name]} = :{name.replace('.', '_')}" for name, value in values.items() if value is not None
    ]
    gone = [path[name] for name, value in values.items() if value is None]
    removal = f" REMOVE {', '.join(gone)}" if gone else ""
    return f"SET {', '.join(kept)}{removal} ADD #Version :one"


def _values(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "one": 1,
        **{name.replace(".", "_"): value for name, value in values.items() if value is not None},
    }
