"""What follows from a change of the graph: counters, stale caches, a second look at what crossed on its way."""

from typing import TypeVar

from echomate import keys, table, transactions
from echomate.dynamodb import DynamoDBError
from echomate.keys import Key
from echomate.projections import Change, Effects, projects
from echomate.table import last_id
from social import invalidation, mute_ends, unlocking
from social.models import Follow, FollowRequest
from social.services.requests import look_again

Forbidden = TypeVar("Forbidden", Follow, FollowRequest)


@projects("follow")
def follow_changed(change: Change, effects: Effects) -> None:
    follower, followed = last_id(change.item["PK"]), last_id(change.item["SK"])
    if change.kind == "modify":
        return
    if change.kind == "insert":
        delete_forbidden(follower=follower, followed=followed)
        effects.forget_parts(*invalidation.after_follow(follower=follower, followed=followed))
    else:
        effects.forget_parts(*invalidation.after_the_end(follower=follower, followed=followed))
    delta = 1 if change.kind == "insert" else -1
    _count(effects, followed, "Followers", delta)
    _count(effects, follower, "Following", delta)


def _count(effects: Effects, user: int, field: str, delta: int) -> None:
    effects.count(key=keys.user_stats(user), field=field, delta=delta, cache_key=keys.cached_user_stats(user))


@projects("follow_request")
def request_changed(change: Change, effects: Effects) -> None:
    follower, followed = last_id(change.item["PK"]), last_id(change.item["SK"])
    if change.kind == "insert":
        delete_forbidden(follower=follower, followed=followed)
        look_again(follower=follower, followed=followed)
    effects.forget_parts(invalidation.after_request(follower))


@projects("user")
def accept_when_unlocked(change: Change, effects: Effects) -> None:
    if change.old and change.new and change.old.get("Locked") and not change.new.get("Locked"):
        unlocking.begin(last_id(change.new["PK"]), at=change.at, change=change.sequence)


@projects("mute")
def mute_changed(change: Change, effects: Effects) -> None:
    muter = last_id(change.item["PK"])
    if change.kind == "remove":
        effects.forget_parts(*invalidation.after_unmute(muter))
        return
    effects.forget_parts(*invalidation.after_mute(muter))
    if end := change.item.get("ExpiresAt"):
        mute_ends.expect(muter, end=end, change=change)


@projects("block")
def block_changed(change: Change, effects: Effects) -> None:
    blocker, blocked = last_id(change.item["PK"]), last_id(change.item["SK"])
    if change.kind == "insert":
        delete_forbidden(follower=blocker, followed=blocked)
        delete_forbidden(follower=blocked, followed=blocker)
    effects.forget_parts(*invalidation.after_block(blocker, blocked))


def delete_forbidden(*, follower: int, followed: int) -> None:
    """Delete an edge or a request that a block in either direction forbids: they may cross on their way.

    The REMOVE record of an edge takes it out of the counters again.
    """
    pair = (follower, followed)
    edge, request, blocks, blocked_by = table.batch_get(
        [kind(*pair) for kind in (keys.follow, keys.follow_request, keys.block, keys.blocked_by)]
    )
    if not (edge or request) or not (blocks or blocked_by):
        return
    blocker, blocked = (follower, followed) if blocks else (followed, follower)
    if edge:
        _delete_while_blocked(Follow.from_raw_data(edge), keys.block(blocker, blocked))
    if request:
        _delete_while_blocked(FollowRequest.from_raw_data(request), keys.block(blocker, blocked))


def _delete_while_blocked(item: Forbidden, block: Key) -> None:
    """Only this item, and only while the block stands: both may have been replaced since they were read."""
    try:
        transactions.commit(
            [
                transactions.check(block, condition="attribute_exists(PK)"),
                transactions.delete(
                    (item.pk, item.sk), condition="attribute_not_exists(PK) OR Id = :id", id=item.id
                ),
            ]
        )
    except DynamoDBError as error:
        if not (transactions.failed(error, 0) or transactions.failed(error, 1)):
            raise
