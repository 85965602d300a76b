"""Many comments at once."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from echomate import ids, keys, privacy, table
from echomate.cache import Command
from echomate.dynamodb import Wire
from echomate.errors import Invalid
from posts.comments import recent
from posts.comments.models import Comment
from posts.comments.services.creating import Draft, mark_answered, new_comment
from posts.services.importing import SIDE_BY_SIDE, imported, imported_ids, imported_nonce
from posts.services.putting import put_or_stored
from posts.services.telling import tell

DEPTH_AT_MOST = 1000
"""Of what is imported: the end of a deleted post goes through its comments level by level."""
FORGOTTEN_AT_ONCE = 60
"""What can't be deleted is owed key by key: a longer debt would be a flush."""
NO_POST = "post_id: its post was not taken, as those of others are not"
NO_PARENT = "parent_id: what it answers was not taken, as comments of others are not"
TOO_EARLY = "id: earlier than what it stands under"
TOO_DEEP = "parent_id: too deep"
NOT_FREE = "id: belongs to another comment"
NAMED_TWICE = "id: named twice"


@dataclass(frozen=True, slots=True)
class ExportedComment:
    """A comment of an export: the ids that it, its post and what it answers had, which tell their times."""

    id: int
    post: int
    draft: Draft
    hidden: bool
    edited_at: int | None
    """Unix milliseconds."""


def take_in(author: int, comments: Sequence[ExportedComment]) -> list[str | None]:
    """Put comments of an export, announced to nobody; of each, why it was not taken. None: it was, now or earlier.

    They are taken on posts of the same export alone, which are the author's own, and below comments that were taken
    before: so no file puts words under what others have written, at a time when they weren't there. Their ids are
    made as those of posts are, with the same promise for a second run; the tombstone of one that was answered stays.
    """
    posts = imported(author, {comment.post for comment in comments}, keys.post)
    taken = list[Comment | str | None]()
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        for part in _parts(comments):
            answered = {comment.draft.parent for comment in part if comment.draft.parent is not None}
            parents = imported(author, answered, keys.comment)
            taken += pool.map(partial(_take, author, posts, parents), part)
    for deletions in privacy.in_steps(_stale(taken), size=FORGOTTEN_AT_ONCE):
        tell(*deletions)
    return [reason if isinstance(reason, str) else None for reason in taken]


def _parts(comments: Sequence[ExportedComment]) -> Iterator[list[ExportedComment]]:
    """The same in their order, in parts of which none has a comment twice, or along with an answer to it."""
    part, there = list[ExportedComment](), set[int]()
    for comment in comments:
        if comment.id in there or comment.draft.parent in there:
            yield part
            part, there = [], set()
        part.append(comment)
        there.add(comment.id)
    yield part


def _take(
    author: int, posts: Mapping[int, Wire], parents: Mapping[int, Wire], old: ExportedComment
) -> Comment | str | None:
    """The comment as it was put, or why it was not taken. None: it was deleted along with its post since."""
    post, answered = posts.get(old.post), old.draft.parent
    if post is None:
        return NO_POST
    if "Author" not in post:
        return None
    place = int(post["Id"]["N"])
    if answered is None:
        is_early = ids.milliseconds(old.id) < ids.milliseconds(place)
        return TOO_EARLY if is_early else _put(author, place, None, old) or NOT_FREE
    parent = Comment.of(parents.get(answered))
    if parent is None or parent.post != place or answered == old.id:
        return NO_PARENT
    return _no_answer(parent, old) or _put(author, place, parent, old) or NOT_FREE


def _no_answer(parent: Comment, old: ExportedComment) -> str | None:
    """Why it can't stand below a comment; if it can, that is marked as answered."""
    if ids.milliseconds(old.id) < ids.milliseconds(int(parent.id)):
        return TOO_EARLY
    if parent.depth >= DEPTH_AT_MOST:
        return TOO_DEEP
    with suppress(Invalid):
        mark_answered(parent)
        return None
    return NO_PARENT


def _put(author: int, post: int, parent: Comment | None, old: ExportedComment) -> Comment | str | None:
    """The comment, which is there now, or why it isn't; None where all ids that it might have are other comments'."""
    above, depth = (None, 0) if parent is None else (int(parent.id), int(parent.depth) + 1)
    draft, nonce = Draft(old.draft.content, above), imported_nonce(author, old.id)
    for id_ in imported_ids(author, old.id):
        comment = new_comment(id_, author=author, post=post, draft=draft, depth=depth, nonce=nonce)
        comment.imported = True
        comment.hidden = old.hidden or None
        if old.edited_at is not None:
            comment.edited_at, comment.version = old.edited_at, 2
        stored = put_or_stored(comment)
        if stored is not None:
            return comment if _place(stored) == (post, above) else NAMED_TWICE
    return None


def _place(comment: Wire) -> tuple[int, int | None]:
    """The post, and the comment that it answers."""
    return int(comment["Post"]["N"]), int(comment["Parent"]["N"]) if "Parent" in comment else None


def _stale(taken: Iterable[Comment | str | None]) -> Iterator[Command]:
    """What deletes them, what they answer and the heads of their places from the cache, each once."""
    comments = [comment for comment in taken if isinstance(comment, Comment)]
    places = {(int(comment.post), int(comment.parent) if comment.parent else None) for comment in comments}
    changed = {int(comment.id) for comment in comments} | {parent for _, parent in places if parent}
    yield from (("DEL", keys.cached_comment(id_)) for id_ in changed)
    for post, parent in places:
        yield from recent.forget_in_place(post=post, parent=parent)


@dataclass(frozen=True, slots=True)
class OldComment:
    id: int
    author: int
    post: int
    content: str
    parent: int | None = None
    depth: int = 0
    """Of its parent, and one more."""
    is_answered: bool = False
    """Whether another of them has it for a parent."""


def import_comments(comments: Iterable[OldComment]) -> int:
    """Put the comments that are missing; how many those were.

    For what fills a table: nothing is checked, and nothing told but by the stream.
    """
    return table.put_missing([_item(comment) for comment in comments])


def _item(old: OldComment) -> dict[str, object]:
    draft = Draft(old.content, old.parent)
    comment = new_comment(old.id, author=old.author, post=old.post, draft=draft, depth=old.depth)
    comment.answered = True if old.is_answered else None
    return comment.wire()
