"""Follow and unfollow. A locked account gets a request instead of an edge."""

from collections.abc import Iterable
from typing import NamedTuple, TypeVar

from echomate import dynamodb, keys, table, transactions
from echomate.config import config
from echomate.errors import Forbidden, Invalid, NotFound
from echomate.keys import Key
from echomate.transactions import ABSENT
from social import invalidation
from social.invalidation import recent_follows
from social.models import Follow, FollowRequest
from social.services.telling import tell

Asking = TypeVar("Asking", Follow, FollowRequest)


class Followed(NamedTuple):
    """What a follow has come to: an edge, or else a request."""

    following: bool
    is_new: bool


def follow(*, follower: int, followed: int) -> Followed:
    """Put the edge; for a locked account, which isn't followed yet, the request.

    One who is blocked by the other may not know of them, so 404. One who blocks the other gets 403: the block
    is their own, they know of it and can lift it. What arrives between the check and the put, a block or
    the account's unlocking, is found by the projector, which looks again.
    """
    if follower == followed:
        raise Invalid(errors={"user": ["One can't follow oneself."]})
    edge = keys.follow(follower, followed)
    pair = [keys.block(follower, followed), keys.blocked_by(follower, followed)]
    blocks, blocked_by, account, follows = table.batch_get([*pair, keys.user(followed), edge])
    if blocked_by:
        raise NotFound
    if blocks:
        raise Forbidden("You block this account. Unblock it first.")
    if account and account["Locked"]["BOOL"]:
        if not follows:
            return Followed(following=False, is_new=_ask(follower, followed))
        tell(  # who put the edge may have died before it did
            invalidation.after_request(follower),
            *invalidation.after_unfollow(follower=follower, followed=followed),
        )
        return Followed(following=True, is_new=False)
    return Followed(following=True, is_new=_follow(follower, followed))


def _follow(follower: int, followed: int) -> bool:
    edge = Follow.between(follower=follower, followed=followed)
    is_new = _put(edge)
    own = recent_follows.remember(follower, edge=int(edge.id), subject=followed) if is_new else []
    tell(*invalidation.after_follow(follower=follower, followed=followed), *own)
    return is_new


def _ask(follower: int, followed: int) -> bool:
    is_new = _put(FollowRequest.between(follower=follower, followed=followed))
    tell(invalidation.after_request(follower))
    return is_new


def _put(item: Asking) -> bool:
    """Whether it is new."""
    request = transactions.put(item, condition=f"{ABSENT} OR #Id = :own", own=item.id)
    return dynamodb.attempt("PutItem", request["Put"]) is not None


def import_follows(follows: Iterable[tuple[int, int, int]]) -> int:
    """Put the edges (id, follower, followed) that are missing; how many those were.

    Nothing is checked, and nothing told but by the stream: for what fills a table.
    """
    edges = [Follow.between(follower=one, followed=other, id_=id_) for id_, one, other in follows]
    return table.put_missing([edge.wire() for edge in edges])


def unfollow(*, follower: int, followed: int) -> bool:
    """Delete the edge, or withdraw the request; whether there was an edge."""
    if follower == followed:
        raise Invalid(errors={"user": ["One can't follow oneself."]})
    return _part(follower=follower, followed=followed)


def remove_follower(*, owner: int, follower: int) -> bool:
    """The same by the one who is followed; whether there was an edge."""
    return _part(follower=follower, followed=owner)


def _part(*, follower: int, followed: int) -> bool:
    """The request goes before the edge: one that is accepted meanwhile has become the edge that goes then."""
    _delete(keys.follow_request(follower, followed))
    existed = _delete(keys.follow(follower, followed))
    tell(
        invalidation.after_request(follower),
        *invalidation.after_unfollow(follower=follower, followed=followed),
    )
    return existed


def _delete(key: Key) -> bool:
    request = {"TableName": config.table_name, "Key": table.wire_key(key), "ReturnValues": "ALL_OLD"}
    return bool(dynamodb.call("DeleteItem", request).get("Attributes"))
