"""The mark that an account is whose it says. It is of the names that it had then: a change of them takes it away."""

from accounts import lookalikes
from accounts.models import LookalikeClaim, User, VerifiedName
from accounts.selectors import own_user
from accounts.services import imitating
from echomate import cache, keys, table, transactions
from echomate.dynamodb import DynamoDBError, Wire
from echomate.errors import Conflict
from echomate.stream import wake

CHANGED = "The account was changed at the same moment; try again."


def verify(user: User) -> User:
    """Mark an account. From then on nobody else takes names that look like its own. Raises `Conflict`."""
    if user.verified:
        return _forget(user)  # an earlier try may have died before it did
    return _commit(user, [_mark(user, is_verified=True), *_claims(user)])


def unverify(user: User) -> User:
    """Take the mark away. Raises `Conflict`."""
    if not user.verified:
        return _forget(user)
    return _commit(user, [_mark(user, is_verified=False), *release(user)])


def release(user: User) -> list[Wire]:
    """The parts of a transaction that let others have names like those of a verified account."""
    look = lookalikes.of_full_name(user.full_name)
    named = [transactions.delete(keys.verified_name(look, user.id))] if look else []
    return [transactions.delete(keys.lookalike(lookalikes.of_username(user.username))), *named]


def _claims(user: User) -> list[Wire]:
    partition, sort = keys.lookalike(lookalikes.of_username(user.username))
    claim = LookalikeClaim(pk=partition, sk=sort, created_at=table.clock(), user=user.id)
    return [transactions.put(claim), *_name(user)]


def _name(user: User) -> list[Wire]:
    look = lookalikes.of_full_name(user.full_name)
    if not look:
        return []
    partition, sort = keys.verified_name(look, user.id)
    plain = lookalikes.plain(user.full_name)
    name = VerifiedName(pk=partition, sk=sort, created_at=table.clock(), user=user.id, plain=plain)
    return [transactions.put(name, condition="")]


def _mark(user: User, *, is_verified: bool) -> Wire:
    return transactions.update(
        keys.user(user.id),
        change="SET #Verified = :verified, #UpdatedAt = :now ADD #Version :one",
        condition="#State = :state AND #Verified = :before AND #Username = :username AND #FullName = :full_name",
        verified=is_verified,
        before=not is_verified,
        state=user.state,
        username=user.username,
        full_name=user.full_name,
        now=table.clock(),
        one=1,
    )


def _commit(user: User, parts: list[Wire]) -> User:
    try:
        transactions.commit(parts)
    except DynamoDBError as error:
        if transactions.failed(error, 0):
            raise Conflict(CHANGED, type="conflict") from error
        if transactions.failed(error, 1):
            raise Conflict(imitating.LOOKS_ALIKE, type="conflict") from error
        raise
    return _forget(own_user(user.id))


def _forget(user: User) -> User:
    cache.forget_parts([("DEL", keys.cached_user(user.id)), wake.COMMAND])
    return user
