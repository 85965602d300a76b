"""What only an author may do to a post."""

import random
import time

from echomate import keys
from echomate.errors import Forbidden, NotFound, PreconditionFailed
from posts import reading
from posts.models import Post
from posts.services.telling import tell

TRIES = 8
"""Of an edit that others came before."""


def rest(attempt: int) -> None:
    """After such a try."""
    time.sleep(random.uniform(0.5, 1.5) * 0.005 * 2**attempt)  # noqa: S311 - jitter, not a secret


def own_post(editor: int, post: int) -> Post:
    """Raises `Forbidden` and `NotFound` where it isn't one's own."""
    item = Post.read(keys.post(post))
    if item is None or item.author != editor:
        raise refusal(editor, post, item)
    return item


def edited_meanwhile() -> PreconditionFailed:
    """What a change answers that was meant for another version."""
    return PreconditionFailed("The post has been edited in the meantime. Read it again.")


def refusal(viewer: int, post: int, item: Post | None) -> Forbidden | NotFound:
    """What a post that isn't the viewer's own answers to a change. The item knows of a deletion before caches do."""
    if item is None:
        return NotFound()
    if item.deleted_at:
        tell(("DEL", keys.cached_post(post)))  # who deleted it may have died before it did
        return NotFound()
    return Forbidden("It is somebody else's post.") if reading.look(viewer, post) else NotFound()
