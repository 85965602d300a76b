"""Sessions: begun, asked for at every request, rotated by their refresh tokens, ended.

The item is the truth. Its state is cached; Redis's loss means that the table is asked, strongly consistently.
"""

import logging
import secrets
from collections.abc import Sequence
from functools import partial
from uuid import uuid4

from accounts.models import STEP_UP_SECONDS, Session
from accounts.origins import NOWHERE, Origin
from accounts.tokens import Claims, TokenPair, pair
from echomate import cache, dynamodb, keys, table
from echomate.config import config
from echomate.dynamodb import DynamoDBError, Wire
from echomate.errors import DependencyAway, Unauthenticated
from echomate.ids import now_seconds
from echomate.stream import wake

STANDS = b"+"
STATE_SECONDS = 600
LOST_ANSWER_SECONDS = 60
PRESENT = frozenset({"password", "otp", "recovery", "passkey"})
"""Methods that show that one is there now; a login provider may have known one since yesterday."""

logger = logging.getLogger(__name__)


def new_session(user: int, *, origin: Origin = NOWHERE, methods: Sequence[str] = ()) -> Session:
    """A session that is not yet stored. One begun by what shows that one is there is stepped up already.

    Every way in asks for the second factor first (`second_factors.demand`), where there is one.
    """
    partition, sort = keys.session(user, secrets.token_hex(12))
    now = now_seconds()
    return Session(
        pk=partition,
        sk=sort,
        created_at=table.clock(),
        expires_at=now + config.refresh_token_seconds,
        jti=uuid4().hex,
        rotated_at=now,
        device=origin.device,
        address=origin.address,
        methods=list(methods),
        stepped_up_until=now + STEP_UP_SECONDS if PRESENT.intersection(methods) else 0,
    )


def tokens_of(session: Session) -> TokenPair:
    """A new access token and the session's refresh token, which is the same string each time."""
    return pair(table.last_id(session.pk), session.sid, jti=session.jti, at=int(session.rotated_at))


def stands(user: int, sid: str, *, found: bytes | None = None) -> bool:
    """Whether a session has not ended; `found` is what Redis said already."""
    load = partial(_load, user)
    wanted = {sid: keys.session_state(sid)}
    return cache.read_through(wanted, load, seconds=STATE_SECONDS, found={sid: found})[sid] == STANDS


def _load(user: int, sids: list[str]) -> dict[str, bytes]:
    return {sid: STANDS for sid in sids if table.get_item(keys.session(user, sid)) is not None}


def refresh(claims: Claims) -> TokenPair:
    """Rotate a session's refresh token. Raises `Unauthenticated` (`session-revoked`).

    One conditional update. A token that was rotated away ends the session, but for a minute, and as long as
    its successor is unused, it gets the same one again: the answer may have been lost.
    """
    item: Wire | None
    try:
        item = _rotate(claims, jti=uuid4().hex)
    except DynamoDBError as error:
        if error.code != "ConditionalCheckFailedException":
            raise
        item = _successor_again(claims, error.response.get("Item"))
    session = Session.of(item)
    if session is None:
        raise Unauthenticated(type="session-revoked")
    return tokens_of(session)


def _rotate(claims: Claims, *, jti: str) -> Wire:
    now = now_seconds()
    answer = dynamodb.call(
        "UpdateItem",
        {
            "TableName": config.table_name,
            "Key": table.wire_key(keys.session(claims.user, claims.sid)),
            "UpdateExpression": "SET Jti = :new, PreviousJti = :old, RotatedAt = :now, ExpiresAt = :end",
            "ConditionExpression": "Jti = :old AND ExpiresAt > :now",
            "ExpressionAttributeValues": dynamodb.wire_item(
                {":new": jti, ":old": claims.jti, ":now": now, ":end": now + config.refresh_token_seconds}
            ),
            "ReturnValues": "ALL_NEW",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        },
    )
    rotated: Wire = answer["Attributes"]
    return rotated


def _successor_again(claims: Claims, item: Wire | None) -> Wire | None:
    session = Session.of(item)
    if session is None:
        return None
    fresh = now_seconds() - int(session.rotated_at) <= LOST_ANSWER_SECONDS
    if session.previous_jti == claims.jti and fresh:
        return item
    logger.warning("refresh token used again", extra={"user": claims.user, "session": claims.sid})
    _delete(claims.user, [claims.sid])
    cache.forget_parts([("DEL", keys.session_state(claims.sid)), wake.COMMAND])
    return None


def end(user: int, sid: str) -> None:
    """End a session; ending it again does no harm. Raises `DependencyAway` while Redis may call it good."""
    _delete(user, [sid])
    _forget([sid])


def end_all(user: int) -> None:
    """End every session of a user. Raises as `end`."""
    sids = [item["SK"]["S"].removeprefix(keys.SESSION) for item in _all(user)]
    _delete(user, sids)
    _forget(sids)


def _all(user: int) -> Sequence[Wire]:
    return list(table.query(keys.user_partition(user), prefix=keys.SESSION, attributes=("SK", "ExpiresAt")))


def _delete(user: int, sids: Sequence[str]) -> None:
    for sid in sids:
        key = table.wire_key(keys.session(user, sid))
        dynamodb.call("DeleteItem", {"TableName": config.table_name, "Key": key})


def _forget(sids: Sequence[str]) -> None:
    replies = cache.run([*(("DEL", keys.session_state(sid)) for sid in sids), wake.COMMAND])
    if any(isinstance(reply, Exception) for reply in replies):
        raise DependencyAway("redis")
