"""Another username: twice in 30 days, the old one kept for its owner as long."""

from datetime import UTC, datetime

from accounts import lookalikes, mail
from accounts.models import ACTIVE, User, claim_username, hold_username
from accounts.selectors import own_user
from accounts.services import imitating, verifying
from echomate import cache, jobs, keys, table, transactions
from echomate.dynamodb import DynamoDBError, Wire
from echomate.errors import Conflict, EchomateError, PreconditionFailed, RateLimited, Unauthenticated
from echomate.ids import now_seconds
from echomate.stream import wake

HOLD_SECONDS = 30 * 86_400
"""So long an old name is held and leads to the account; within the same time a name changes twice at most."""
FORMER_NAMES = 2


def change_username(user_id: int, name: str) -> User:
    """Give an account another name, in its one form, that is not reserved. The name that it has changes nothing.

    One transaction. The old name is held: it leads to the account, and its owner may take it back. A mark of
    verification goes. Raises `Conflict` (`username-taken`), `RateLimited`.
    """
    user = own_user(user_id)
    if name == user.username:
        _forget(user, *user.names)  # an earlier try may have died before it did
        return user
    now = now_seconds()
    parts = _parts(user, name, now)
    try:
        transactions.commit(parts)
    except DynamoDBError as error:
        raise _refusal(error, user, now) from error
    _forget(user, user.username, name)
    return own_user(user.id)


def _forget(user: User, *names: str) -> None:
    gone = [keys.cached_user(user.id), *map(keys.cached_username, names)]
    cache.forget_parts([*(("DEL", key) for key in gone), wake.COMMAND])


def _parts(user: User, name: str, now: int) -> list[Wire]:
    until = datetime.fromtimestamp(now + HOLD_SECONDS, UTC).date().isoformat()
    told = mail.job("username-changed", to=user.id, old=user.username, new=name, until=until)
    parts = [
        _renamed(user, name, now),
        claim_username(name, user=user.id),
        hold_username(user.username, user=user.id, until=now + HOLD_SECONDS),
    ]
    if not user.verified:
        return [*parts, imitating.check(name, by=user.id), jobs.put_item(told)]
    looks_the_same = lookalikes.of_username(name) == lookalikes.of_username(user.username)
    checks = [] if looks_the_same else [imitating.check(name, by=user.id)]
    return [*parts, *checks, *verifying.release(user), jobs.put_item(told)]


def _renamed(user: User, name: str, now: int) -> Wire:
    former = [user.username, *(one for one in user.former_names if one not in {user.username, name})]
    is_findable = user.gsi1pk is not None
    return transactions.update(
        keys.user(user.id),
        change="SET #Username = :name, #FormerNames = :former, #Verified = :no, #UpdatedAt = :clock,"
        " #RenamedBefore = if_not_exists(#RenamedAt, :never), #RenamedAt = :now"
        + (", #GSI1PK = :names, #GSI1SK = :name" if is_findable else "")
        + " ADD #Version :one",
        condition="#State = :active AND #Username = :username AND #FullName = :full_name AND #Verified = :verified"
        f" AND {'attribute_exists' if is_findable else 'attribute_not_exists'}(#GSI1PK)"
        " AND (attribute_not_exists(#RenamedBefore) OR #RenamedBefore <= :long_ago)",
        name=name,
        never=0,
        now=now,
        former=former[:FORMER_NAMES],
        no=False,
        clock=table.clock(),
        one=1,
        active=ACTIVE,
        username=user.username,
        full_name=user.full_name,
        verified=bool(user.verified),
        long_ago=now - HOLD_SECONDS,
        **({"names": keys.names(name)} if is_findable else {}),
    )


def _refusal(error: DynamoDBError, user: User, now: int) -> Exception:
    if transactions.failed(error, 0):
        return _why_not(own_user(user.id), now)
    if transactions.failed(error, 1):
        return Conflict(type="username-taken", errors={"username": ["This username is taken."]})
    if transactions.failed(error, 3):
        return Conflict(type="username-taken", errors={"username": [imitating.LOOKS_ALIKE]})
    return error


def _why_not(user: User, now: int) -> EchomateError:
    """Why the user's item refused a change."""
    left = int(user.renamed_before) + HOLD_SECONDS - now
    if user.state != ACTIVE:
        return Unauthenticated(type="session-revoked")
    if left > 0:
        return RateLimited("A name changes twice in 30 days.", headers={"Retry-After": str(left)})
    return PreconditionFailed()
