"""What only an author may do to a comment."""

from echomate import keys
from echomate.errors import Forbidden, NotFound, PreconditionFailed
from posts.comments import reading
from posts.comments.models import Comment
from posts.services.telling import tell


def own_comment(author: int, comment: int) -> Comment:
    """Raises `Forbidden` and `NotFound` where it isn't one's own."""
    item = Comment.read(keys.comment(comment))
    if item is None:
        raise NotFound
    if not item.author:
        tell(("DEL", keys.cached_comment(comment)))  # who deleted it may have died before it did
        raise NotFound
    if item.author != author:
        reading.must_see(author, comment)
        raise Forbidden("It is somebody else's comment.")
    return item


def edited_meanwhile() -> PreconditionFailed:
    """What a change answers that was meant for another version."""
    return PreconditionFailed("The comment has been edited in the meantime. Read it again.")
