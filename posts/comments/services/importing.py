"""Many comments at once, for what fills a table: nothing is checked, and nothing told but by the stream."""

from collections.abc import Iterable
from dataclasses import dataclass

from echomate import table
from posts.comments.services.creating import Draft, new_comment


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
    """Put the comments that are missing; how many those were."""
    return table.put_missing([_item(comment) for comment in comments])


def _item(old: OldComment) -> dict[str, object]:
    draft = Draft(old.content, old.parent)
    comment = new_comment(old.id, author=old.author, post=old.post, draft=draft, depth=old.depth)
    comment.answered = True if old.is_answered else None
    return comment.wire()
