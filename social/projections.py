"""What follows from a change of the graph: counters, stale caches, a second look at what a block forbids."""

from pynamodb.exceptions import TransactWriteError

from echomate import keys, table
from echomate.projections import Change, Effects, projects
from echomate.table import last_id
from social import invalidation
from social.models import Block, Follow


@projects("follow")
def follow_changed(change: Change, effects: Effects) -> None:
    follower, followed = last_id(change.item["PK"]), last_id(change.item["SK"])
    if change.kind == "modify":
        return
    if change.kind == "insert":
        _delete_forbidden(follower=follower, followed=followed)
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
        _delete_forbidden(follower=blocker, followed=blocked)
        _delete_forbidden(follower=blocked, followed=blocker)
    effects.forget_parts(*invalidation.after_block(blocker, blocked))


def _delete_forbidden(*, follower: int, followed: int) -> None:
    """Delete an edge that a block in either direction forbids: a follow and a block may cross on their way.

    Its REMOVE record takes it out of the counters again.
    """
    edge, blocks, blocked_by = table.batch_get(
        [keys.follow(follower, followed), keys.block(follower, followed), keys.blocked_by(follower, followed)]
    )
    if edge is None or not (blocks or blocked_by):
        return
    blocker, blocked = (follower, followed) if blocks else (followed, follower)
    _delete_while_blocked(Follow.from_raw_data(edge), Block(*keys.block(blocker, blocked)))


def _delete_while_blocked(edge: Follow, block: Block) -> None:
    """Only this edge, and only while the block stands: both may have been replaced since they were read."""
    try:
        with table.transact() as transaction:
            transaction.condition_check(Block, block.pk, block.sk, condition=Block.pk.exists())
            transaction.delete(edge, condition=Follow.pk.does_not_exist() | (Follow.id == edge.id))
    except TransactWriteError as error:
        if not any(
            reason and reason.code == "ConditionalCheckFailed" for reason in error.cancellation_reasons
        ):
            raise
