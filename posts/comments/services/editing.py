"""Edit comments."""

from echomate import dynamodb, keys, table
from echomate.dynamodb import Wire
from echomate.errors import DependencyAway
from posts.comments import reading
from posts.comments.models import Comment
from posts.comments.rendering import RenderedComment
from posts.comments.services.creating import rendered, text_fields
from posts.comments.services.owning import edited_meanwhile, own_comment
from posts.services.owning import TRIES, rest
from posts.services.publishing import new_nonce
from posts.services.telling import tell


def edit(
    *, editor: int, comment: int, content: str, expected: frozenset[int] | None = None
) -> RenderedComment:
    """Write one's own comment anew, where one still sees it.

    Raises `PreconditionFailed` where its version isn't an expected one, `Forbidden`, `NotFound`.
    """
    nonce = new_nonce()
    reading.must_see(editor, comment)
    for attempt in range(TRIES):
        before = own_comment(editor, comment)
        if expected is not None and before.version not in expected:
            raise edited_meanwhile()
        is_done = before.content == content  # also where an earlier try died before Redis had forgotten
        item = before.wire() if is_done else _update(before, content, nonce)
        if item is not None:
            tell(("DEL", keys.cached_comment(comment)))
            return rendered(item)
        rest(attempt)
    raise DependencyAway("dynamodb", "The comment is being edited by too many at once.")


def _update(before: Comment, content: str, nonce: str) -> Wire | None:
    """The item after the edit; None where another edit, or the deletion, came first."""
    attributes = Comment.get_attributes()
    texts = [
        attributes[name].remove() if value is None else attributes[name].set(value)
        for name, value in text_fields(content, author=int(before.author)).items()
    ]
    marks = [
        Comment.version.set(before.version + 1),
        Comment.edited_at.set(table.clock()),
        Comment.last_write.set(nonce),
    ]
    is_first = (Comment.author == before.author) & (Comment.version == before.version)
    request = before.get_update_kwargs_from_instance(
        [*texts, *marks], condition=is_first | (Comment.last_write == nonce)
    )
    answer = dynamodb.attempt("UpdateItem", {**request, "ReturnValues": "ALL_NEW"})
    return answer["Attributes"] if answer else None
