"""Claims of idempotency keys.

Access pattern: the claim of a user's key, get `IDEMPOTENCY#u#hash` / `CLAIM`.

A claim is put before anything is created. It holds what the creation is to be called and recognised by, so whoever
has the claim may try the same creation, and finds what an earlier try has made; then it holds the answer. Who holds
it is a matter of politeness: two who create at once make one thing.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from echomate import dynamodb, ids, keys, table, transactions
from echomate.dynamodb import DynamoDBError, Wire
from echomate.errors import Conflict, DependencyAway, EchomateError
from echomate.idempotency.items import Creation, IdempotencyClaim
from echomate.ids import now_seconds
from echomate.keys import Key

KEPT_SECONDS = 24 * 3600
HELD_MILLISECONDS = 10_000
"""So long one who came first may take; who comes then goes on where they were."""
TRIES = 5
ANSWER_SECONDS = 2.0
TIDYING_SECONDS = 0.5
"""One who waits for a 503 has waited long enough."""
UNANSWERED = "attribute_not_exists(#Status)"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Held:
    """A claim in the hands of this call."""

    key: Key
    holder: str
    creation: Creation


def claim(user: int, idempotency_key: str, request: str) -> Held | Answer:
    """Take the claim of a key, or the answer that was given to it.

    Raises 422 where the key was used for another `request`, and `Conflict` while another call works on it.
    """
    new = _new(keys.idempotency(user, idempotency_key), request)
    for _ in range(TRIES):
        there = _put(new)
        if there is None:
            return Held(_key(new), new.holder, Creation(int(new.id), new.nonce))
        if there.request != request:
            raise _reused()
        if there.status:
            return _answer(there)
        if there.held_until > table.clock():
            break
        if _take_over(there, new.holder):
            return Held(_key(new), new.holder, Creation(int(there.id), there.nonce, is_repeated=True))
    raise Conflict("Ask again in a second.", type="in-progress", headers={"Retry-After": "1"})


def _new(key: Key, request: str) -> IdempotencyClaim:
    now, nonce = table.clock(), secrets.token_hex(6)
    return IdempotencyClaim(
        *key,
        created_at=now,
        expires_at=now // 1000 + KEPT_SECONDS,
        request=request,
        id=ids.new_id(),
        nonce=nonce,
        holder=nonce,
        held_until=now + HELD_MILLISECONDS,
    )


def _key(item: IdempotencyClaim) -> Key:
    return item.pk, item.sk


def _put(new: IdempotencyClaim) -> IdempotencyClaim | None:
    """The claim that is there already, None where this one was put."""
    is_free = table.absent_or(IdempotencyClaim.holder == new.holder) | (
        IdempotencyClaim.expires_at <= now_seconds()
    )
    try:
        dynamodb.call("PutItem", new.get_save_kwargs_from_instance(is_free, "ALL_OLD"))
    except DynamoDBError as error:
        if error.code != "ConditionalCheckFailedException":
            raise
        return IdempotencyClaim.from_raw_data(error.response["Item"])
    return None


def _reused() -> EchomateError:
    error = EchomateError(
        "This Idempotency-Key came with another request: use one key for one request.",
        type="idempotency-key-reused",
    )
    error.status = 422
    return error


def _answer(item: IdempotencyClaim) -> Answer:
    return Answer(int(item.status or 0), item.body or b"", item.headers or {})


def _take_over(there: IdempotencyClaim, holder: str) -> bool:
    now = table.clock()
    return _update(
        _key(there),
        change="SET #Holder = :holder, #HeldUntil = :until, #ExpiresAt = :expires",
        condition=f"{UNANSWERED} AND ((#Holder = :seen AND #HeldUntil = :then) OR #Holder = :holder)",
        holder=holder,
        until=now + HELD_MILLISECONDS,
        expires=now // 1000 + KEPT_SECONDS,
        seen=there.holder,
        then=int(there.held_until),
    )


def answered(held: Held, answer: Answer) -> Answer:
    """Keep the answer, unless another call came first: theirs, then. Where it can't be kept, the next try finds out."""
    the = IdempotencyClaim
    request = the(*held.key).get_update_kwargs_from_instance(
        [
            the.status.set(answer.status),
            the.body.set(answer.body),
            the.headers.set(dict(answer.headers)),
            the.answered_by.set(held.holder),
        ],
        condition=(the.nonce == held.creation.nonce)
        & (the.status.does_not_exist() | (the.answered_by == held.holder)),
        return_values_on_condition_failure="ALL_OLD",
    )
    try:
        dynamodb.call("UpdateItem", request, deadline=ANSWER_SECONDS)
    except DependencyAway:
        return answer
    except DynamoDBError as error:
        if error.code != "ConditionalCheckFailedException":
            raise
        there = IdempotencyClaim.of(error.response.get("Item"))
        return answer if there is None else _answer(there)
    return answer


def refused(held: Held) -> None:
    """Nothing was made: the key is as if it had never been used. But what an earlier try made may be there."""
    if held.creation.is_repeated:
        given_up(held)
    else:
        _tidy(held, _delete)


def given_up(held: Held) -> None:
    """Nobody knows what was made: whoever asks again finds out, and needn't wait."""
    _tidy(held, _release)


def _tidy(held: Held, how: Callable[[Held], Any]) -> None:
    """What isn't done here, time does."""
    try:
        how(held)
    except DependencyAway:
        return


def _delete(held: Held) -> None:
    condition = transactions.expressions(
        f"{UNANSWERED} AND #Holder = :holder", values={"holder": held.holder}
    )
    _write("DeleteItem", {**transactions.of(held.key), **condition}, deadline=TIDYING_SECONDS)


def _release(held: Held) -> None:
    _update(
        held.key,
        change="SET #HeldUntil = :never",
        condition=f"{UNANSWERED} AND #Holder = :holder",
        deadline=TIDYING_SECONDS,
        holder=held.holder,
        never=0,
    )


def _update(
    key: Key,
    *,
    change: str,
    condition: str,
    deadline: float = dynamodb.DEADLINE_SECONDS,
    **values: str | int,
) -> bool:
    """Whether the condition held."""
    expressions = transactions.expressions(condition, change=change, values=values)
    return _write("UpdateItem", {**transactions.of(key), **expressions}, deadline=deadline)


def _write(operation: str, request: Wire, *, deadline: float) -> bool:
    try:
        dynamodb.call(operation, request, deadline=deadline)
    except DynamoDBError as error:
        if error.code != "ConditionalCheckFailedException":
            raise
        return False
    return True
