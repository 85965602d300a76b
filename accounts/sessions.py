"""Sessions: begun, asked for at every request, rotated by their refresh tokens, ended.

The item is the truth. Its state is cached; Redis's loss means that the table is asked, strongly consistently.
"""

import logging
import secrets
import time
from collections.abc import Sequence
from functools import partial
from uuid import uuid4

from accounts.models import Session
from accounts.origins import NOWHERE, Origin
from accounts.tokens import Claims, TokenPair, pair
from echomate import cache, dynamodb, keys, table, transactions
from echomate.config import config
from echomate.dynamodb import DynamoDBError, Wire
from echomate.errors import NotFound, Unauthenticated
from echomate.ids import now_seconds
from echomate.stream import wake

STATE_SECONDS = 600
LOST_ANSWER_SECONDS = 60
AT_MOST = 50
"""Sessions of a user; beyond, the projector ends those that are in use least."""

logger = logging.getLogger(__name__)


def new_session(
    user: int, *, origin: Origin = NOWHERE, methods: Sequence[str] = (), credential_version: int = 1
) -> Session:
    """A session that is not yet stored. It isn't stepped up: a login opens no more than what its owner asks for."""
    partition, sort = keys.session(user, secrets.token_hex(12))
    now = now_seconds()
    return Session(
        pk=partition,
        sk=sort,
        created_at=table.clock(),
        expires_at=now + min(config.refresh_token_seconds, config.session_seconds),
        ends_at=now + config.session_seconds,
        last_used_at=now,
        credential_version=credential_version,
        jti=uuid4().hex,
        rotated_at=now,
        device=origin.device,
        address=origin.address,
        methods=list(methods),
    )


def tokens_of(session: Session) -> TokenPair:
    """A new access token and the session's refresh token, which is the same string each time."""
    return pair(table.last_id(session.pk), session.sid, jti=session.jti, at=int(session.rotated_at))


def is_good(state: bytes | None) -> bool:
    """Whether what Redis holds of a session says that it stands: the second of its end, which is not yet over."""
    return state is not None and state.isdigit() and int(state) > time.time()


def stands(user: int, sid: str, *, found: bytes | None = None) -> bool:
    """Whether a session has not ended; `found` is what Redis said already."""
    if found and found != cache.ABSENT and not found.startswith(b"~"):
        cache.forget(keys.session_state(sid))  # its end is over, unless a refresh has put that off
        found = None
    load = partial(_load, user)
    wanted = {sid: keys.session_state(sid)}
    return is_good(cache.read_through(wanted, load, seconds=STATE_SECONDS, found={sid: found})[sid])


def _load(user: int, sids: list[str]) -> dict[str, bytes]:
    return {sid: b"%d" % end for sid in sids if (end := _use(user, sid)) is not None}


def _use(user: int, sid: str) -> int | None:
    """The second when a session that stands ends; the same call notes that it is used, at most every 10 minutes."""
    now = now_seconds()
    use = transactions.expressions(
        "attribute_exists(PK) AND #ExpiresAt > :now AND (attribute_not_exists(#LastUsedAt) OR #LastUsedAt <= :before)",
        change="SET #LastUsedAt = :now",
        values={"now": now, "before": now - STATE_SECONDS},
    )
    returns = {"ReturnValues": "ALL_NEW", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    try:
        item = dynamodb.call("UpdateItem", {**transactions.of(keys.session(user, sid)), **use, **returns})[
            "Attributes"
        ]
    except DynamoDBError as error:
        if error.code != "ConditionalCheckFailedException":
            raise
        item = error.response.get("Item")
    return int(item["ExpiresAt"]["N"]) if item and table.is_live(item) else None


def refresh(claims: Claims, *, until: int | None = None) -> TokenPair:
    """Rotate a session's refresh token. Raises `Unauthenticated` (`session-revoked`).

    One conditional update, in the session's last days two. A token that was rotated away ends the session, but for a
    minute, and as long as its successor is unused, it gets the same one again: the answer may have been lost.
    """
    until = now_seconds() + config.refresh_token_seconds if until is None else until
    try:
        session = Session.of(_rotate(claims, jti=uuid4().hex, until=until))
    except DynamoDBError as error:
        if error.code != "ConditionalCheckFailedException":
            raise
        session = Session.of(error.response.get("Item"))
        if session and session.jti == claims.jti and session.ends_at < until:
            return refresh(claims, until=int(session.ends_at))
        session = _successor_again(claims, session)
    if session is None:
        raise Unauthenticated(type="session-revoked")
    return tokens_of(session)


def _rotate(claims: Claims, *, jti: str, until: int) -> Wire:
    change = transactions.expressions(
        "#Jti = :old AND #ExpiresAt > :now AND #EndsAt >= :until",
        change="SET #Jti = :new, #PreviousJti = :old, #RotatedAt = :now, #LastUsedAt = :now, #ExpiresAt = :until",
        values={"new": jti, "old": claims.jti, "now": now_seconds(), "until": until},
    )
    returns = {"ReturnValues": "ALL_NEW", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    key = keys.session(claims.user, claims.sid)
    rotated: Wire = dynamodb.call("UpdateItem", {**transactions.of(key), **change, **returns})["Attributes"]
    return rotated


def _successor_again(claims: Claims, session: Session | None) -> Session | None:
    if session is None:
        return None
    fresh = now_seconds() - int(session.rotated_at) <= LOST_ANSWER_SECONDS
    if session.previous_jti == claims.jti and fresh:
        return session
    logger.warning("refresh token used again", extra={"user": claims.user, "session": claims.sid})
    _delete(claims.user, [claims.sid])
    _forget([claims.sid])
    return None


def of(user: int) -> list[Session]:
    """The sessions of a user that stand."""
    items = table.query(keys.user_partition(user), prefix=keys.SESSION)
    return [session for item in items if (session := Session.of(item)) is not None]


def _all_of(user: int) -> list[Session]:
    """Those too that are over, and not removed yet."""
    items = table.query_with_those_over(keys.user_partition(user), prefix=keys.SESSION)
    return [Session.from_raw_data(item) for item in items]


def end(user: int, sid: str) -> None:
    """End a session; ending it again does no harm. Raises `DependencyAway` where somebody may still call it good."""
    _delete(user, [sid])
    _forget([sid])


def end_one(user: int, sid: str) -> None:
    """The same of one of a list. Raises `NotFound` where the user has no such session."""
    is_there = table.get_item(keys.session(user, sid)) is not None
    end(user, sid)
    if not is_there:
        raise NotFound


def end_all(user: int, *, by: str = "") -> None:
    """End every session of a user. Raises as `end`.

    `by` is the session that asks. Raises `Unauthenticated` where it has ended, unless none stands any more: then it
    is the retry of one that has ended them all.
    """
    standing = [session.sid for session in of(user)] if by else []
    if standing and by not in standing:
        raise Unauthenticated(type="session-revoked")
    _note_end(user)  # before the look at them: no token of another issuer makes one that is in neither
    _end(user, sorted((session.sid for session in _all_of(user)), key=lambda sid: sid == by))
    if by:
        _forget([by])


def end_outdated(user: int, credential_version: int) -> None:
    """End the sessions that were begun under earlier credentials. Raises as `end`."""
    _end(user, [one.sid for one in _all_of(user) if one.credential_version < credential_version])


def end_longest_unused(user: int) -> None:
    """Leave a user 50 sessions.

    What is in use stays before what was only begun: else 50 logins, which cost nobody a session that they use, would
    put out whoever's use was noted up to 20 minutes ago. Of those in use the ones go that were begun last, but never
    the very last: its login has just been answered.
    """
    standing = sorted(of(user), key=lambda session: int(session.created_at or 0))
    if len(standing) <= AT_MOST:
        return
    earlier = standing[:-1]
    used = _in_use(earlier)
    idle = sorted((one for one in earlier if one.sid not in used), key=lambda one: one.last_used_at)
    latest_first = [one for one in reversed(earlier) if one.sid in used]
    _end(user, [one.sid for one in [*idle, *latest_first][: len(standing) - AT_MOST]])


def _in_use(standing: Sequence[Session]) -> set[str]:
    """The sids of those that were used, after their login, within the last 10 minutes, and some within the last 20.

    Whoever used one within 10 minutes has its state in Redis; where that is lost, what was noted counts.
    """
    replies = cache.run([("EXISTS", keys.session_state(session.sid)) for session in standing])
    since = now_seconds() - 2 * STATE_SECONDS
    return {
        session.sid
        for session, is_cached in zip(standing, replies, strict=True)
        if is_cached == 1 or int(session.last_used_at) > max(since, int(session.created_at or 0) // 1000 + 1)
    }


def _note_end(user: int) -> None:
    """Tokens of other issuers from before make no session any more."""
    note = transactions.expressions(
        "attribute_exists(PK)", change="SET #SessionsEndedAt = :now", values={"now": now_seconds()}
    )
    dynamodb.attempt("UpdateItem", {**transactions.of(keys.user(user)), **note})


def _end(user: int, sids: Sequence[str]) -> None:
    """Let them be over, have Redis forget them, remove them: whoever does it again after a failure still finds them."""
    over = transactions.expressions(
        "attribute_exists(PK)", change="SET #ExpiresAt = :now", values={"now": now_seconds()}
    )
    for sid in sids:
        dynamodb.attempt("UpdateItem", {**transactions.of(keys.session(user, sid)), **over})
    _forget(sids)
    _delete(user, sids)


def _delete(user: int, sids: Sequence[str]) -> None:
    for sid in sids:
        dynamodb.call("DeleteItem", transactions.of(keys.session(user, sid)))


def _forget(sids: Sequence[str]) -> None:
    cache.forget_parts([*(("DEL", keys.session_state(sid)) for sid in sids), wake.COMMAND])
