"""Like comments, and take it back."""

from dataclasses import dataclass, replace

from echomate import ids, keys
from echomate.errors import NotFound
from posts.comments import reading
from posts.comments.models import CommentLike
from posts.comments.selectors import CommentCounts
from posts.services import marking
from posts.services.telling import tell


@dataclass(frozen=True, slots=True)
class Reaction:
    """A comment after a toggle; no counters where it is out of sight."""

    liked: bool
    counts: CommentCounts | None


def like(*, user: int, comment: int) -> Reaction:
    """Like a comment that one sees; a second time changes nothing. Raises `NotFound`."""
    seen = reading.must_react(user, comment)
    added = marking.put(new_like(user=user, comment=comment, like_id=ids.new_id()))
    tell(("HDEL", keys.comment_viewer_hash(user), comment))
    return Reaction(liked=True, counts=_moved(seen.counts, int(added)))


def new_like(*, user: int, comment: int, like_id: int) -> CommentLike:
    """A like that isn't written yet."""
    partition, sort = keys.comment_like(comment, user)
    return CommentLike(pk=partition, sk=sort, gsi1pk=keys.comment_likes_of(user), gsi1sk=ids.pad(like_id))


def unlike(*, user: int, comment: int) -> Reaction:
    """Take a like back, also where the comment is out of sight. Raises `NotFound` where there is neither."""
    seen = reading.look(user, comment)
    like_id = marking.delete(keys.comment_like(comment, user))
    if like_id is None and seen is None:
        raise NotFound
    tell(("HDEL", keys.comment_viewer_hash(user), comment))
    removed = -int(like_id is not None)
    return Reaction(liked=False, counts=_moved(seen.counts, removed) if seen else None)


def _moved(counts: CommentCounts, by: int) -> CommentCounts:
    """Counters as they will be when the projector has counted this: they were read before the write."""
    return replace(counts, likes=max(0, counts.likes + by))
