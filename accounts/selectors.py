"""What others may know of accounts. The loss of a cache costs reads and nothing else."""

import time
from collections.abc import Mapping, Sequence

from accounts import names
from accounts.models import ACTIVE, Passkey, User, UsernameClaim, passkeys_of
from accounts.presentation import (
    NO_COUNTS,
    NO_RELATION,
    Card,
    UserCounts,
    parse_card,
    parse_counts,
    present_barely,
    present_me,
    present_user,
    render_card,
    user_url,
)
from echomate import cache, keys, table
from echomate.cache import CachedValues, Command
from echomate.dynamodb import Wire
from echomate.errors import NotFound, Unauthenticated
from echomate.ids import parse_id

__all__ = [
    "ACTIVE",
    "NO_COUNTS",
    "NO_RELATION",
    "Card",
    "UserCounts",
    "account",
    "cards",
    "own_user",
    "present_barely",
    "present_me",
    "present_user",
    "resolve",
    "resolve_reads",
    "stats",
    "user_url",
]

CARD_SECONDS = 3600
USERNAME_SECONDS = 3600
STATS_SECONDS = 600


def _load_cards(ids: list[int]) -> Mapping[int, bytes]:
    users = map(User.of, table.batch_get([keys.user(id_) for id_ in ids]))
    return {user.id: render_card(user) for user in users if user is not None and user.state == ACTIVE}


def _load_stats(ids: list[int]) -> Mapping[int, bytes]:
    items = table.batch_get([keys.user_stats(id_) for id_ in ids])
    return {id_: _render_counts(item or {}) for id_, item in zip(ids, items, strict=True)}


def _render_counts(item: Wire) -> bytes:
    counts = (int(item.get(name, {"N": 0})["N"]) for name in ("Posts", "Followers", "Following", "Likes"))
    return b"%d %d %d %d" % tuple(counts)


cards: CachedValues[Card] = CachedValues(keys.cached_user, _load_cards, parse_card, CARD_SECONDS)
"""Cards of active users; others are absent."""

stats: CachedValues[UserCounts] = CachedValues(
    keys.cached_user_stats, _load_stats, parse_counts, STATS_SECONDS
)
"""Counters of users; zeros where there are none."""


def resolve_reads(text: str) -> list[Command]:
    """What `resolve` asks Redis for a username, for views that join it with their other reads."""
    name = names.username(text)
    return [("GET", keys.cached_username(name))] if name else []


def resolve(text: str, *, replies: Sequence[bytes | None] | None = None) -> int:
    """The id of the active user that an id or a username, in whatever case, names. Raises `NotFound`.

    `replies` are those of `resolve_reads`, where the caller has them.
    """
    id_ = parse_id(text)
    known = cards.get([id_]) if id_ is not None else ids_of([text], replies=replies).values()
    for found in known:
        return found
    raise NotFound


def ids_of(usernames: Sequence[str], *, replies: Sequence[bytes | None] | None = None) -> dict[str, int]:
    """The active users of these names, as they were written; other names are left out."""
    known = {text: name for text in usernames if (name := names.username(text))}
    wanted = {name: keys.cached_username(name) for name in known.values()}
    given = dict(zip(wanted, replies, strict=True)) if replies is not None else None
    found = cache.read_through(wanted, _load_usernames, seconds=USERNAME_SECONDS, found=given)
    owners = {name: _owner(value) for name, value in found.items() if value is not None}
    return {text: id_ for text, name in known.items() if (id_ := owners.get(name)) is not None}


def _owner(value: bytes) -> int | None:
    """The user of a cached name; a name that was given up is followed by the second until which it is held."""
    id_, _, until = value.partition(b" ")
    return int(id_) if not until or int(until) > time.time() else None


def _load_usernames(usernames: list[str]) -> Mapping[str, bytes]:
    items = table.batch_get([keys.username_claim(name) for name in usernames])
    claims = [UsernameClaim.of(item) for item in items]
    owned = {name: claim for name, claim in zip(usernames, claims, strict=True) if claim is not None}
    active = _active({int(claim.user) for claim in owned.values()})
    return {name: _render_owner(claim) for name, claim in owned.items() if int(claim.user) in active}


def _render_owner(claim: UsernameClaim) -> bytes:
    until = b" %d" % int(claim.expires_at) if claim.expires_at else b""
    return b"%d%b" % (int(claim.user), until)


def _active(ids: set[int]) -> set[int]:
    items = table.batch_get([keys.user(id_) for id_ in ids])
    return {user.id for item in items if (user := User.of(item)) is not None and user.state == ACTIVE}


def account(text: str) -> User | None:
    """The user of an id, a username or an address, in whatever state, for those who run this place."""
    id_ = parse_id(text)
    if id_ is None:
        id_ = claimant(names.login(text))
    return User.read(keys.user(id_)) if id_ is not None else None


def claimant(login: str) -> int | None:
    """Whose a username, a held one too, or an address is, by its claim; both in their one form."""
    claim = table.get_item(keys.email_claim(login) if "@" in login else keys.username_claim(login))
    return int(claim["User"]["N"]) if claim else None


def own_user(id_: int) -> User:
    """One's own user, read consistently. Raises `Unauthenticated` where it is gone."""
    user = User.read(keys.user(id_))
    if user is None:
        raise Unauthenticated(type="session-revoked")
    return user


def own_passkeys(user: int) -> Sequence[Passkey]:
    """One's own passkeys, the oldest first."""
    return passkeys_of(user)


def own_passkey(user: int, id_: str) -> Passkey:
    """Raises `NotFound`."""
    passkey = Passkey.read(keys.passkey(user, id_))
    if passkey is None:
        raise NotFound
    return passkey
