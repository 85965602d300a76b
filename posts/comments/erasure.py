"""What comments remove of a user who is erased. Counters and caches follow from the stream, as of any removal."""

from collections.abc import Iterator

from echomate import keys, privacy, table
from posts.comments.models import Comment
from posts.comments.services.deleting import bury, forget_author
from posts.comments.services.sweeping import sweep_likes

KEYS = ("PK", "SK")

privacy.remembers(keys.comment_viewer_hash, keys.recent_comments_of)
privacy.not_erased(
    "comment_stats", because="They say nothing of anybody, and go with their comment's tombstone."
)


@privacy.erases("comments and the likes of them", "comment", "comment_like")
def erase_comments(user: int) -> Iterator[int]:
    """Each becomes a tombstone, which leads to nobody, as do those that are there. Its likes go first."""
    for comment in _comments(keys.comments_of(user)):
        if comment.author == user:
            yield from sweep_likes(int(comment.id))
            bury(comment, is_erased=True)
            yield 1
    for tombstone in _comments(keys.deleted_comments_of(user)):
        if tombstone.former_author == user:
            forget_author(tombstone)
            yield 1


def _comments(partition: str) -> Iterator[Comment]:
    found = table.query(partition, index="GSI2", attributes=KEYS)
    for step in privacy.in_steps(map(table.key_of, found), size=25):
        yield from (comment for item in table.batch_get(step) if (comment := Comment.of(item)) is not None)


@privacy.erases("likes of comments", "comment_like")
def erase_comment_likes(user: int) -> Iterator[int]:
    likes = table.query(keys.comment_likes_of(user), index="GSI1", attributes=KEYS)
    for step in privacy.in_steps(likes):
        yield table.delete_all(map(table.key_of, step))
