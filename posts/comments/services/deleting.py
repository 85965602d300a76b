"""Delete comments. One that was answered keeps its place in the thread, empty; another goes after a week."""

from typing import TYPE_CHECKING

from echomate import dynamodb, keys, table
from echomate.cache import Command
from posts.comments import recent
from posts.comments.models import Comment
from posts.comments.services.owning import edited_meanwhile, own_comment
from posts.models import TOMBSTONE_SECONDS
from posts.services.publishing import new_nonce
from posts.services.telling import tell

if TYPE_CHECKING:
    from pynamodb.expressions.condition import Condition
    from pynamodb.expressions.update import Action


def delete(*, author: int, comment: int, expected: frozenset[int] | None = None) -> None:
    """Make one's own comment a tombstone, also where one doesn't see its post any more.

    Raises `Forbidden` and `NotFound` where it isn't one's own, `PreconditionFailed` where its version isn't an
    expected one.
    """
    item = own_comment(author, comment)
    if expected is None:
        bury(item)
    elif item.version not in expected or not bury(item, only_this_version=True):
        raise edited_meanwhile()


def bury(comment: Comment, *, only_this_version: bool = False, is_erased: bool = False) -> bool:
    """Make a comment that was read a tombstone, of the kind that it should be by now; False: it had changed.

    That of one who is erased leads to nobody.
    """
    nonce = new_nonce()
    for is_answered in (bool(comment.answered), True):
        if _empty(
            comment,
            nonce,
            is_answered=is_answered,
            only_this_version=only_this_version,
            is_erased=is_erased,
        ):
            tell(*_forgotten(comment, keeps_its_place=is_answered))
            return True
    return False


def forget_author(tombstone: Comment) -> None:
    """Let a tombstone lead to nobody."""
    gone: list[Action] = [
        attribute.remove() for attribute in (Comment.former_author, Comment.gsi2pk, Comment.gsi2sk)
    ]
    condition = Comment.former_author == tombstone.former_author
    dynamodb.attempt("UpdateItem", tombstone.get_update_kwargs_from_instance(gone, condition=condition))
    tell(("DEL", keys.cached_comment(int(tombstone.id))))


def _empty(
    comment: Comment, nonce: str, *, is_answered: bool, only_this_version: bool, is_erased: bool
) -> bool:
    """False where it was deleted meanwhile, or answered: that can't be taken back; or edited, if that matters.

    What was hidden stays so with the answers to it, or who deletes it would show them again.
    """
    now = table.clock()
    keeps_author = is_answered and not is_erased
    emptied = [
        *(Comment.author, Comment.content, Comment.content_html, Comment.mentions, Comment.edited_at),
        *(() if keeps_author else (Comment.gsi2pk, Comment.gsi2sk)),
        *(() if is_answered else (Comment.hidden, Comment.gsi1pk, Comment.gsi1sk)),
    ]
    actions: list[Action] = [
        Comment.deleted_at.set(now),
        Comment.last_write.set(nonce),
        *(attribute.remove() for attribute in emptied),
    ]
    condition: Condition = Comment.author == comment.author
    if only_this_version:
        condition &= Comment.version == comment.version
    if keeps_author:
        author = int(comment.author)
        actions += [Comment.former_author.set(author), Comment.gsi2pk.set(keys.deleted_comments_of(author))]
    if not is_answered:
        actions.append(Comment.expires_at.set(now // 1000 + TOMBSTONE_SECONDS))
        condition &= Comment.answered.does_not_exist()
    request = comment.get_update_kwargs_from_instance(
        actions, condition=condition | (Comment.last_write == nonce)
    )
    return dynamodb.attempt("UpdateItem", request) is not None


def _forgotten(comment: Comment, *, keeps_its_place: bool) -> list[Command]:
    id_, parent = int(comment.id), int(comment.parent) if comment.parent else None
    return [
        ("DEL", keys.cached_comment(id_)),
        ("DEL", keys.cached_comment_stats(id_)),
        *recent.forget_of_author(id_, author=int(comment.author)),
        *([] if keeps_its_place else recent.forget_in_place(post=int(comment.post), parent=parent)),
    ]
