"""The JSON of a post as its viewer sees it, joined from bytes that are cached."""

from accounts.selectors import Card
from posts.selectors import PostCounts, RenderedPost

LIKED = 1
BOOKMARKED = 2
_VIEWER = [
    b'{"liked":%s,"bookmarked":%s}' % (liked, bookmarked)
    for bookmarked in (b"false", b"true")
    for liked in (b"false", b"true")
]


def present(post: RenderedPost, author: Card, counts: PostCounts, bits: int | None) -> bytes:
    """`bits` are what the viewer did with the post (`LIKED`, `BOOKMARKED`); None is somebody anonymous."""
    return b'%s,"author":%s,"counts":{"likes":%d,"comments":%d},"viewer":%s}' % (
        post.body[:-1],
        author.short,
        counts.likes,
        counts.comments,
        b"null" if bits is None else _VIEWER[bits],
    )
