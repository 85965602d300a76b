"""The end of the comments on a deleted post, and of the likes of a deleted comment."""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator

from echomate import keys, privacy, table
from echomate.ids import now_seconds
from echomate.keys import Key
from posts.comments.walking import items_of
from posts.models import TOMBSTONE_SECONDS
from posts.tombstones import bury_stats


def sweep(post: int) -> Iterator[int]:
    """Remove all comments of a post with their likes; how many items each step took. Counters get an end.

    Answers go before what they answer, and likes before what they are of, so what a sweep that was cut short has
    left is found again.
    """
    levels: dict[int, array[int]] = defaultdict(lambda: array("q"))
    for item in items_of(post):
        levels[int(item["Depth"]["N"])].append(int(item["Id"]["N"]))
    for depth in sorted(levels, reverse=True):
        yield from _remove(_likes_of_all(levels[depth]))
        yield from _remove(map(keys.comment, levels[depth]))


def _likes_of_all(comments: Iterable[int]) -> Iterator[Key]:
    """The keys of likes; a comment without counters has none.

    Their removal will be counted, so the counters stay for a while.
    """
    for part in privacy.in_steps(comments):
        stats = map(keys.comment_stats, part)
        for comment, counters in zip(part, table.batch_get(stats), strict=True):
            if counters is not None:
                yield from _likes(comment)
                bury_stats(keys.comment_stats(comment), expires_at=now_seconds() + TOMBSTONE_SECONDS)


def sweep_likes(comment: int) -> Iterator[int]:
    """Remove the likes of a comment."""
    yield from _remove(_likes(comment))


def _likes(comment: int) -> Iterator[Key]:
    partition = keys.comment_partition(comment)
    return map(table.key_of, table.query(partition, prefix=keys.LIKE, attributes=("PK", "SK")))


def _remove(found: Iterable[Key]) -> Iterator[int]:
    for step in privacy.in_steps(found):
        yield table.delete_all(step)
