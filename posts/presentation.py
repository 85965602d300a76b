"""The JSON of a post as its viewer sees it, joined from bytes that are cached."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import orjson

from accounts.selectors import Card
from posts import attachments
from posts.selectors import PostCounts, RenderedPost
from posts.text import without_mentions

_VIEWER = [
    b'{"liked":%s,"bookmarked":%s}' % (liked, bookmarked)
    for bookmarked in (b"false", b"true")
    for liked in (b"false", b"true")
]
_BY, _ALONE, _READ_BY = b',"author":', b',"mentions":[],"media":[],"counts":', b',"viewer":'


def present(
    post: RenderedPost,
    people: Mapping[int, Card],
    counts: PostCounts,
    bits: int | None,
) -> bytes:
    """`people` holds the author, and of those mentioned whoever the viewer may know of.

    `bits` are what the viewer did with the post: 1 liked, 2 bookmarked; None is somebody anonymous.
    """
    viewer = b"null" if bits is None else _VIEWER[bits]
    if not post.mentioned and post.attachments == attachments.NONE:  # most posts
        parts = (
            post.body[:-1],
            _BY,
            people[post.author].short,
            _ALONE,
            _counts(counts),
            _READ_BY,
            viewer,
            b"}",
        )
        return b"".join(parts)
    return b'%s,"author":%s,"mentions":%s,"media":%s,"counts":%s,"viewer":%s}' % (
        present_text(post.body, post.mentioned, people)[:-1],
        people[post.author].short,
        present_mentions(post.mentioned, people),
        attachments.signed(post.attachments),
        _counts(counts),
        viewer,
    )


def present_text(body: bytes, mentioned: Sequence[int], people: Mapping[int, Card]) -> bytes:
    """What was written as JSON, in which only those mentioned are links whose cards are at hand."""
    if not mentioned or all(user in people for user in mentioned):
        return body
    hidden = set(mentioned).difference(people)
    shape = orjson.loads(body)
    return orjson.dumps(shape | {"content_html": without_mentions(shape["content_html"], hidden)})


def present_mentions(mentioned: Sequence[int], people: Mapping[int, Card]) -> bytes:
    """The short cards of those mentioned that are at hand, as a JSON array."""
    if not mentioned:
        return b"[]"
    return b"[%s]" % b",".join(people[user].short for user in mentioned if user in people)


def present_reaction(bits: int, counts: PostCounts | None) -> bytes:
    """What a toggle answers; no counts are those of a post that is out of sight."""
    return b'{"viewer":%s,"counts":%s}' % (_VIEWER[bits], b"null" if counts is None else _counts(counts))


@lru_cache(maxsize=4096)
def _counts(counts: PostCounts) -> bytes:
    return b'{"likes":%d,"comments":%d}' % (counts.likes, counts.comments)
