"""Requests to follow: accepted, rejected, and those that an account's unlocking accepts."""

from echomate import keys, table, transactions
from echomate.dynamodb import DynamoDBError, Wire
from echomate.errors import NotFound
from social import invalidation
from social.invalidation import recent_followers, recent_follows
from social.models import Follow, FollowRequest
from social.services.telling import tell

PAGE = 100


def accept(*, owner: int, follower: int) -> None:
    """Let one follow who asks to. Raises `NotFound` where no request waits any more."""
    request = FollowRequest.read(keys.follow_request(follower, owner))
    if request is None or not _accept(request):
        raise NotFound


def reject(*, owner: int, follower: int) -> None:
    transactions.commit([transactions.delete(keys.follow_request(follower, owner))])
    tell(invalidation.after_request(follower))


def _accept(request: FollowRequest, *conditions: Wire) -> bool:
    """The edge in place of the request, in one transaction; whether the one follows who asked.

    A request that can't become an edge, because there is one or a block, is deleted.
    """
    one, other = request.follower, request.followed
    edge = Follow.between(follower=one, followed=other)
    unblocked = [
        transactions.check(key, condition=transactions.ABSENT)
        for key in (keys.block(one, other), keys.block(other, one))
    ]
    try:
        transactions.commit([_deletion(request), transactions.put(edge), *unblocked, *conditions])
    except DynamoDBError as error:
        return _refused(request, error)
    tell(
        invalidation.after_request(one),
        *invalidation.after_follow(follower=one, followed=other),
        *recent_follows.remember(one, edge=int(edge.id), subject=other),
        *recent_followers.remember(other, edge=int(edge.id), subject=one),
    )
    return True


def _deletion(request: FollowRequest) -> Wire:
    return transactions.delete((request.pk, request.sk), condition="#Id = :id", id=request.id)


def _refused(request: FollowRequest, error: DynamoDBError) -> bool:
    """Whether the one who asked follows all the same."""
    if transactions.CONDITION_FAILED not in error.reasons:
        raise error
    if any(transactions.failed(error, part) for part in (1, 2, 3)):
        drop(request)
    follows = transactions.failed(error, 1) and not transactions.failed(error, 0)
    if follows:  # who put the edge may have died before Redis had forgotten
        tell(*invalidation.after_unfollow(follower=request.follower, followed=request.followed))
    return follows


def drop(request: FollowRequest) -> None:
    """Delete this very request: another may have come in its place."""
    try:
        transactions.commit([_deletion(request)])
    except DynamoDBError as error:
        if not transactions.failed(error, 0):
            raise
    tell(invalidation.after_request(request.follower))


def look_again(*, follower: int, followed: int) -> None:
    """A request that has nothing to wait for: the account was unlocked, or is followed, as the request came."""
    request, edge, account = table.batch_get(
        [keys.follow_request(follower, followed), keys.follow(follower, followed), keys.user(followed)]
    )
    if request is None:
        return
    if edge:
        drop(FollowRequest.from_raw_data(request))
    elif account and not account["Locked"]["BOOL"]:
        _accept_unlocked(FollowRequest.from_raw_data(request))


def accept_page(owner: int) -> int | None:
    """Accept those who have waited longest at an account, while it isn't locked; how many were waiting.

    None: the index shows nobody any more, or the account is locked.
    """
    account = table.get_item(keys.user(owner))
    if account is None or account["Locked"]["BOOL"]:
        return None
    entries = table.query(keys.follow_requests(owner), index="GSI1", limit=PAGE, newest_first=False)
    shown = [table.key_of(entry) for entry in entries]
    waiting = [FollowRequest.from_raw_data(item) for item in table.batch_get(shown) if item]
    for request in waiting:
        _accept_unlocked(request)
    return len(waiting) if shown else None


def _accept_unlocked(request: FollowRequest) -> None:
    unlocked = transactions.check(keys.user(request.followed), condition="#Locked = :no", no=False)
    _accept(request, unlocked)
