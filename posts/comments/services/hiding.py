"""Hide comments on one's own post, also tombstones: then only oneself and their authors see them."""

from echomate import dynamodb, keys
from echomate.errors import Forbidden, NotFound
from posts.comments import reading
from posts.comments.models import Comment
from posts.comments.reading import Seen
from posts.services.telling import tell


def hide(*, user: int, comment: int) -> Seen:
    """The comment as it was; a second time changes nothing. Raises `Forbidden` where the post isn't one's own."""
    return _set_hidden(user, comment, hidden=True)


def unhide(*, user: int, comment: int) -> Seen:
    """The same the other way."""
    return _set_hidden(user, comment, hidden=False)


def _set_hidden(user: int, comment: int, *, hidden: bool) -> Seen:
    seen = reading.must_see(user, comment)
    if seen.post_author != user:
        raise Forbidden("Only the author of the post may do this.")
    action = Comment.hidden.set(True) if hidden else Comment.hidden.remove()
    request = Comment(*keys.comment(comment)).get_update_kwargs_from_instance(
        [action], condition=Comment.author.exists() | Comment.answered.exists()
    )
    if dynamodb.attempt("UpdateItem", request) is None:
        raise NotFound
    tell(("DEL", keys.cached_comment(comment)))
    return seen
