"""What follows from a change of the graph: counters, stale caches, a second look at what a block forbids."""

from echomate import keys, table, transactions
from echomate.dynamodb import DynamoDBError
from echomate.keys import Key
from echomate.projections import Change, Effects, projects
from echomate.table import last_id
from social import invalidation
from social.models import Follow


@projects("follow")
def follow_changed(change: Change, effects: Effects) -> None:
    follower, followed = last_id(change.item["PK"]), last_id(change.item["SK"])
    if change.kind == "modify":
        return
    if change.kind == "insert":
        delete_forbidden(follower=follower, followed=followed)
        effects.forget_parts(*invalidation.after_follow(follower=follower, followed=followed))
    else:
        effects.forget_parts(*invalidation.after_unfollow(follower=follower, followed=followed))
    delta = 1 if change.kind == "insert" else -1
    _count(effects, followed, "Followers", delta)
    _count(effects, follower, "Following", delta)


def _count(effects: Effects, user: int, field: str, delta: int) -> None:
    effects.count(key=keys.user_stats(user), field=field, delta=delta, cache_key=keys.cached_user_stats(user))


@projects("block")
def block_changed(change: Change, effects: Effects) -> None:
    blocker, blocked = last_id(change.item["PK"]), last_id(change.item["SK"])
    if change.kind == "insert":
        delete_forbidden(follower=blocker, followed=blocked)
        delete_forbidden(follower=blocked, followed=blocker)
    effects.forget_parts(*invalidation.after_block(blocker, blocked))


def delete_forbidden(*, follower: int, followed: int) -> None:
    """Delete an edge that a block in either direction forbids: a follow and a block may cross on their way.

    Its REMOVE record takes it out of the counters again.
    """
    edge, blocks, blocked_by = table.batch_get(
        [keys.follow(follower, followed), keys.block(follower, followed), keys.blocked_by(follower, followed)]
    )
    if edge is None or not (blocks or blocked_by):
        return
    blocker, blocked = (follower, followed) if blocks else (followed, follower)
    _delete_while_blocked(Follow.from_raw_data(edge), keys.block(blocker, blocked))


def _delete_while_blocked(edge: Follow, block: Key) -> None:
    """Only this edge, and only while the block stands: both may have been replaced since they were read."""
    try:
        transactions.commit(
            [
                transactions.check(block, condition="attribute_exists(PK)"),
                transactions.delete(
                    (edge.pk, edge.sk), condition="attribute_not_exists(PK) OR Id = :id", id=edge.id
                ),
            ]
        )
    except DynamoDBError as error:
        if not (transactions.failed(error, 0) or transactions.failed(error, 1)):
            raise
