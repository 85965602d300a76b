"""New accounts."""

from collections.abc import Sequence
from dataclasses import dataclass

from accounts import devices, mail, passwords, sessions
from accounts.models import Purpose, User, claim_username, new_user
from accounts.models.claims import claim_address
from accounts.origins import NOWHERE, Origin
from accounts.passwords import Owner
from accounts.services import imitating
from accounts.services.logging_in import LoggedIn
from echomate import cache, ids, jobs, keys, transactions
from echomate.dynamodb import DynamoDBError, Wire
from echomate.errors import Conflict, Invalid
from echomate.stream import wake


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
    roles: Sequence[str] = ("user",)


def sign_up(account: NewAccount, *, password: str, origin: Origin = NOWHERE) -> LoggedIn:
    """Make an account, its first session and its welcome mail in one transaction.

    Raises as `create_with_password`.
    """
    user = _checked(account, password)
    session = sessions.new_session(user.id, origin=origin, methods=["password"])
    device_token, remembered = devices.remember(user.id, origin)
    welcome = mail.job("welcome", to=user.id, link=Purpose.VERIFY)
    _store(user, account.email, transactions.put(session), *remembered, jobs.put_item(welcome))
    return LoggedIn(user, sessions.tokens_of(session), device_token)


def create_with_password(account: NewAccount, *, password: str) -> User:
    """Make an account without a session or mail.

    Raises `Invalid` for a weak password and for a full name that imitates, `Conflict` (`username-taken`,
    `email-taken`) naming what is taken.
    """
    user = _checked(account, password)
    _store(user, account.email)
    return user


def hash_of(password: str) -> str:
    """A password as accounts keep it, for `create_account`: 15 ms. Nothing is asked of the password."""
    return passwords.make(password)


def create_account(account: NewAccount, *, password_hash: str) -> User:
    """Make an account of a hash that is there already, without a session or mail. Raises `Conflict`."""
    user = _user(account, password_hash=password_hash)
    _store(user, account.email)
    return user


def _checked(account: NewAccount, password: str) -> User:
    imitating.refuse_full_name(account.full_name, roles=account.roles)
    if found := passwords.faults(password, Owner(account.username, account.email, account.full_name)):
        raise Invalid(errors={"password": found})
    return _user(account, password_hash=passwords.make(password))


def _user(account: NewAccount, *, password_hash: str) -> User:
    user = new_user(id_=account.id or ids.new_id(), username=account.username, email=account.email)
    user.password_hash = password_hash
    user.full_name = account.full_name
    user.bio = account.bio
    user.location = account.location
    user.email_verified = account.email_verified
    user.settings.locale = account.locale
    user.roles = list(account.roles)  # type: ignore[arg-type]  # PynamoDB says what its items are made of
    return user


def _store(user: User, address: str, *more: Wire) -> None:
    claims = [
        claim_username(user.username, user=user.id),
        claim_address(user, address, verified=bool(user.email_verified)),
        imitating.check(user.username, by=user.id),
    ]
    try:
        transactions.commit([*claims, transactions.put(user), *more])
    except DynamoDBError as error:
        raise _taken(error) from error
    cache.forget_parts([("DEL", keys.cached_username(user.username)), wake.COMMAND])


def _taken(error: DynamoDBError) -> Exception:
    """What a refused signup says; the claims are the first parts of its transaction."""
    said = {
        "username": ("username", "This username is taken."),
        "email": ("email", "This address belongs to an account."),
        "look": ("username", imitating.LOOKS_ALIKE),
    }
    failed = [said[name] for part, name in enumerate(said) if transactions.failed(error, part)]
    if not failed:
        return error
    taken = {field: [text] for field, text in reversed(failed)}
    return Conflict(type=f"{failed[0][0]}-taken", errors={field: taken[field] for field, _ in failed})
