"""What posts remove of a user who is erased. Counters and caches follow from the stream, as of any removal."""

from collections.abc import Iterator

from echomate import keys, privacy, table
from echomate.dynamodb import Wire
from posts import mentions
from posts.services.deleting import bury
from posts.sweeping import sweep_partition

KEYS = ("PK", "SK")

privacy.remembers(keys.viewer_hash, keys.recent_likes, keys.recent_bookmarks)
privacy.not_erased("tag_entry", because="It names no author, and goes when its post becomes a tombstone.")
privacy.not_erased("post_stats", because="They say nothing of anybody, and go with their post's tombstone.")


@privacy.erases("posts, their former versions and the likes of them", "post", "post_version", "like")
def erase_posts(user: int) -> Iterator[int]:
    """Each becomes a tombstone, which says nothing of its author and goes after a week. What hangs on it goes first.

    A tombstone leads to nobody, so what is gone through once isn't gone through again, but for what was written
    until the post was one.
    """
    for step in privacy.in_steps(_posts(user), size=25):
        posts = [table.last_id(item["PK"]["S"]) for item in step]
        for post in posts:
            yield from sweep_partition(post)
        yield sum(bury(author=user, post=post) for post in posts)
        for post in posts:
            yield from sweep_partition(post)


@privacy.erases("mentions in what others have written", "mention_entry")
def erase_mentions(user: int) -> Iterator[int]:
    """The texts are theirs and keep the name as it was written. What is written meanwhile is found by the next look."""
    for step in privacy.in_steps(mentions.entries(user)):
        for item in step:
            mentions.forget(user, item)
            yield 1


@privacy.erases("likes", "like")
def erase_likes(user: int) -> Iterator[int]:
    yield from _erase(table.query(keys.likes_of(user), index="GSI1", attributes=KEYS))


@privacy.erases("bookmarks", "bookmark")
def erase_bookmarks(user: int) -> Iterator[int]:
    yield from _erase(table.query(keys.user_partition(user), prefix=keys.BOOKMARK, attributes=KEYS))


def _posts(user: int) -> Iterator[Wire]:
    return table.query(keys.author(user), index="GSI1", prefix=keys.POST, attributes=KEYS)


def _erase(items: Iterator[Wire]) -> Iterator[int]:
    for step in privacy.in_steps(items):
        yield table.delete_all(map(table.key_of, step))
