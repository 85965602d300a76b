"""Like, and take it back."""

from dataclasses import dataclass, replace

from echomate import dynamodb, ids, keys, table
from echomate.config import config
from echomate.errors import NotFound
from posts import reading
from posts.models import Like
from posts.recent import recent_likes
from posts.selectors import LIKED, PostCounts
from posts.services.telling import tell


@dataclass(frozen=True, slots=True)
class Reaction:
    """A post after a toggle: the viewer's bits, and the counters, None where it is out of sight."""

    bits: int
    counts: PostCounts | None


def like(*, user: int, post: int) -> Reaction:
    """Like a post that one sees; a second time changes nothing. Raises `NotFound`."""
    seen = reading.must_see(user, post)
    like_id = ids.new_id()
    added = _put_like(user=user, post=post, like_id=like_id)
    forgotten = ("HDEL", keys.viewer_hash(user), post)
    tell(forgotten, *(recent_likes.remember(user, edge=like_id, subject=post) if added else ()))
    return Reaction(seen.bits | LIKED, _moved(seen.counts, int(added)))


def _put_like(*, user: int, post: int, like_id: int) -> bool:
    """Whether the like is new."""
    item = new_like(user=user, post=post, like_id=like_id)
    request = item.get_save_kwargs_from_instance(table.absent_or(Like.gsi1sk == ids.pad(like_id)))
    return dynamodb.attempt("PutItem", request) is not None


def new_like(*, user: int, post: int, like_id: int) -> Like:
    """A like that isn't written yet."""
    partition, sort = keys.like(post, user)
    return Like(pk=partition, sk=sort, gsi1pk=keys.likes_of(user), gsi1sk=ids.pad(like_id))


def unlike(*, user: int, post: int) -> Reaction:
    """Take a like back, also where the post is out of sight. Raises `NotFound` where there is neither."""
    seen = reading.look(user, post)
    like_id = _delete_like(user=user, post=post)
    if like_id is None and seen is None:
        raise NotFound
    forgotten = ("HDEL", keys.viewer_hash(user), post)
    tell(forgotten, *([recent_likes.forget(user, edge=like_id, subject=post)] if like_id else ()))
    if seen is None:
        return Reaction(0, None)
    return Reaction(seen.bits & ~LIKED, _moved(seen.counts, -int(like_id is not None)))


def _delete_like(*, user: int, post: int) -> int | None:
    """The id of the like that was there."""
    key = table.wire_key(keys.like(post, user))
    request = {"TableName": config.table_name, "Key": key, "ReturnValues": "ALL_OLD"}
    old = dynamodb.call("DeleteItem", request).get("Attributes")
    return int(old["GSI1SK"]["S"]) if old else None


def _moved(counts: PostCounts, by: int) -> PostCounts:
    """Counters as they will be when the projector has counted this: they were read before the write."""
    return replace(counts, likes=max(0, counts.likes + by))
