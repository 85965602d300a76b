"""Bookmark a post, and take it back. Nobody else learns of either."""

from echomate import ids, keys
from echomate.errors import NotFound
from posts import reading
from posts.hydration import Hydrated
from posts.models import Bookmark
from posts.recent import recent_bookmarks
from posts.selectors import BOOKMARKED
from posts.services import marking
from posts.services.marking import Reaction
from posts.services.telling import tell


def bookmark(*, user: int, post: int, found: Hydrated | None = None) -> Reaction:
    """Bookmark a post that one sees; a second time changes nothing, not even the time. Raises `NotFound`.

    `found` is what was read of the post already.
    """
    seen = reading.must_see(user, post, found=found)
    bookmark_id = ids.new_id()
    added = _put_bookmark(user=user, post=post, bookmark_id=bookmark_id)
    remembered = recent_bookmarks.remember(user, edge=bookmark_id, subject=post) if added else ()
    tell(("HDEL", keys.viewer_hash(user), post), *remembered)
    return Reaction(seen.bits | BOOKMARKED, seen.counts)


def _put_bookmark(*, user: int, post: int, bookmark_id: int) -> bool:
    """Whether the bookmark is new."""
    partition, sort = keys.bookmark(user, post)
    in_list = keys.bookmarks_of(user)
    return marking.put(Bookmark(pk=partition, sk=sort, gsi1pk=in_list, gsi1sk=ids.pad(bookmark_id)))


def unbookmark(*, user: int, post: int, found: Hydrated | None = None) -> Reaction:
    """Take a bookmark back, also where the post is out of sight. Raises `NotFound` where there is neither."""
    seen = reading.look(user, post, found=found)
    bookmark_id = marking.delete(keys.bookmark(user, post))
    if bookmark_id is None and seen is None:
        raise NotFound
    forgotten = [recent_bookmarks.forget(user, edge=bookmark_id, subject=post)] if bookmark_id else ()
    tell(("HDEL", keys.viewer_hash(user), post), *forgotten)
    bits = marking.left(user, post, seen=seen) & ~BOOKMARKED
    return Reaction(bits, seen.counts if seen else None)
