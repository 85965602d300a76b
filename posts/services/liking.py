"""Like, and take it back."""

from echomate import ids, keys
from echomate.errors import NotFound
from posts import reading
from posts.hydration import Hydrated
from posts.models import Like
from posts.recent import recent_likes
from posts.selectors import LIKED, PostCounts
from posts.services import marking
from posts.services.marking import Reaction
from posts.services.telling import tell


def like(*, user: int, post: int, found: Hydrated | None = None) -> Reaction:
    """Like a post that one sees; a second time changes nothing. `found` is what was read of it. Raises `NotFound`."""
    seen = reading.must_see(user, post, found=found)
    like_id = ids.new_id()
    added = _put_like(user=user, post=post, like_id=like_id)
    forgotten = ("HDEL", keys.viewer_hash(user), post)
    tell(forgotten, *(recent_likes.remember(user, edge=like_id, subject=post) if added else ()))
    return Reaction(seen.bits | LIKED, _moved(seen.counts, int(added)))


def _put_like(*, user: int, post: int, like_id: int) -> bool:
    """Whether the like is new."""
    return marking.put(new_like(user=user, post=post, like_id=like_id))


def new_like(*, user: int, post: int, like_id: int) -> Like:
    """A like that isn't written yet."""
    partition, sort = keys.like(post, user)
    return Like(pk=partition, sk=sort, gsi1pk=keys.likes_of(user), gsi1sk=ids.pad(like_id))


def unlike(*, user: int, post: int, found: Hydrated | None = None) -> Reaction:
    """Take a like back, also where the post is out of sight. Raises `NotFound` where there is neither."""
    seen = reading.look(user, post, found=found)
    like_id = marking.delete(keys.like(post, user))
    if like_id is None and seen is None:
        raise NotFound
    forgotten = ("HDEL", keys.viewer_hash(user), post)
    tell(forgotten, *([recent_likes.forget(user, edge=like_id, subject=post)] if like_id else ()))
    bits = marking.left(user, post, seen=seen) & ~LIKED
    return Reaction(bits, _moved(seen.counts, -int(like_id is not None)) if seen else None)


def _moved(counts: PostCounts, by: int) -> PostCounts:
    """Counters as they will be when the projector has counted this: they were read before the write."""
    return counts._replace(likes=max(0, counts.likes + by))
