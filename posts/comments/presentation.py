"""The JSON of a comment as its viewer sees it, joined from bytes that are cached."""

from collections.abc import Mapping

from accounts.selectors import Card
from posts.comments.rendering import RenderedComment
from posts.comments.selectors import CommentCounts
from posts.presentation import present_mentions, present_text

_BOOLEAN = (b"false", b"true")


def present(
    comment: RenderedComment, people: Mapping[int, Card], counts: CommentCounts, *, liked: bool | None
) -> bytes:
    """`people` holds the author, and of those mentioned whoever is still there. `liked` is None for the anonymous."""
    return b'%s,"author":%s,"mentions":%s,"counts":%s,"viewer":%s}' % (
        present_text(comment.body, comment.mentioned, people)[:-1],
        b"null" if comment.author is None else people[comment.author].short,
        present_mentions(comment.mentioned, people),
        _counts(counts),
        b"null" if liked is None else b'{"liked":%s}' % _BOOLEAN[liked],
    )


def present_reaction(*, liked: bool, counts: CommentCounts | None) -> bytes:
    """What a like answers; no counts are those of a comment that is out of sight."""
    shown = b"null" if counts is None else _counts(counts)
    return b'{"viewer":{"liked":%s},"counts":%s}' % (_BOOLEAN[liked], shown)


def present_hiding(*, hidden: bool, liked: bool, counts: CommentCounts) -> bytes:
    return b'%s,"hidden":%s}' % (present_reaction(liked=liked, counts=counts)[:-1], _BOOLEAN[hidden])


def _counts(counts: CommentCounts) -> bytes:
    return b'{"likes":%d,"replies":%d}' % (counts.likes, counts.replies)
