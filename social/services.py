"""Writes of the graph. Each writes one fact; counters and lists follow from the stream."""

from collections.abc import Iterable

from pynamodb.exceptions import PutError

from echomate import cache, dynamodb, keys, table, transactions
from echomate.config import config
from echomate.dynamodb import DynamoDBError
from echomate.errors import Forbidden, Invalid, NotFound
from echomate.stream import wake
from social import invalidation
from social.invalidation import recent_follows
from social.models import Block, BlockedBy, Follow


def follow(*, follower: int, followed: int) -> bool:
    """Put the edge; whether it is new.

    One who is blocked by the other may not know of them, so 404. One who blocks the other gets 403: the block
    is their own, they know of it and can lift it. A block that arrives between the check and the put is found
    by the projector, which looks again.
    """
    if follower == followed:
        raise Invalid(errors={"user": ["One can't follow oneself."]})
    blocks, blocked_by = table.batch_get(
        [keys.block(follower, followed), keys.blocked_by(follower, followed)]
    )
    if blocked_by:
        raise NotFound
    if blocks:
        raise Forbidden("You block this account. Unblock it first.")
    edge = Follow.between(follower=follower, followed=followed)
    is_new = _put_edge(edge)
    own = recent_follows.remember(follower, edge=int(edge.id), subject=followed) if is_new else []
    _tell([*invalidation.after_follow(follower=follower, followed=followed), *own])
    return is_new


def _put_edge(edge: Follow) -> bool:
    try:
        edge.save(condition=table.absent_or(Follow.id == edge.id))
    except PutError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return False
    return True


def import_follows(follows: Iterable[tuple[int, int, int]]) -> int:
    """Put the edges (id, follower, followed) that are missing; how many those were.

    Nothing is checked, and nothing told but by the stream: for what fills a table.
    """
    edges = [Follow.between(follower=one, followed=other, id_=id_) for id_, one, other in follows]
    return table.put_missing([edge.wire() for edge in edges])


def unfollow(*, follower: int, followed: int) -> bool:
    """Delete the edge; whether there was one."""
    if follower == followed:
        raise Invalid(errors={"user": ["One can't follow oneself."]})
    deletion = {
        "TableName": config.table_name,
        "Key": table.wire_key(keys.follow(follower, followed)),
        "ReturnValues": "ALL_OLD",
    }
    existed = bool(dynamodb.call("DeleteItem", deletion).get("Attributes"))
    _tell(invalidation.after_unfollow(follower=follower, followed=followed))
    return existed


def block(*, blocker: int, blocked: int) -> bool:
    """Put the block and its mirror and delete the edges either way, in one transaction; whether it is new.

    One may also block an account by which one is blocked, so that nobody escapes a block by being the first.
    """
    if blocker == blocked:
        raise Invalid(errors={"user": ["One can't block oneself."]})
    is_new = _put_block(Block.between(blocker=blocker, blocked=blocked), blocker=blocker, blocked=blocked)
    _tell(invalidation.after_block(blocker, blocked))
    return is_new


def _put_block(item: Block, *, blocker: int, blocked: int) -> bool:
    mirror = BlockedBy.mirror(item, blocker=blocker, blocked=blocked)
    try:
        transactions.commit(
            [
                transactions.put(item),
                transactions.put(mirror),
                transactions.delete(keys.follow(blocker, blocked)),
                transactions.delete(keys.follow(blocked, blocker)),
            ]
        )
    except DynamoDBError as error:
        if not transactions.failed(error, 0):
            raise
        return False
    return True


def unblock(*, blocker: int, blocked: int) -> None:
    """Delete the block and its mirror, in one transaction. No edge comes back."""
    if blocker == blocked:
        raise Invalid(errors={"user": ["One can't block oneself."]})
    both = (keys.block(blocker, blocked), keys.blocked_by(blocked, blocker))
    transactions.commit([transactions.delete(key) for key in both])
    _tell(invalidation.after_block(blocker, blocked))


def _tell(commands: list[cache.Command]) -> None:
    """Invalidate, and wake the projectors, in one round trip."""
    cache.forget_parts([*commands, wake.COMMAND])
