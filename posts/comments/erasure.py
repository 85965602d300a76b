"""What comments remove of a user who is erased. Counters and caches follow from the stream, as of any removal."""

from collections.abc import Iterator

from echomate import keys, privacy, table
from posts.comments.models import Comment
from posts.comments.services.deleting import bury
from posts.comments.services.sweeping import sweep_likes

KEYS = ("PK", "SK")

privacy.remembers(keys.comment_viewer_hash, keys.recent_comments_of)
privacy.not_erased(
    "comment_stats", because="They say nothing of anybody, and go with their comment's tombstone."
)


@privacy.erases("comments and the likes of them", "comment", "comment_like")
def erase_comments(user: int) -> Iterator[int]:
    """Each becomes a tombstone, which leads to nobody. Its likes go first."""
    written = table.query(keys.comments_of(user), index="GSI2", attributes=KEYS)
    for step in privacy.in_steps(map(table.key_of, written), size=25):
        for comment in map(Comment.of, table.batch_get(step)):
            if comment is not None and comment.author == user:
                yield from sweep_likes(int(comment.id))
                bury(comment)
                yield 1


@privacy.erases("likes of comments", "comment_like")
def erase_comment_likes(user: int) -> Iterator[int]:
    likes = table.query(keys.comment_likes_of(user), index="GSI1", attributes=KEYS)
    for step in privacy.in_steps(likes):
        yield table.delete_all(map(table.key_of, step))
