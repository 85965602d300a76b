"""The end of the comments on a deleted post, and of the likes of a deleted comment."""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator

from echomate import keys, privacy, table
from echomate.keys import Key
from posts.comments.walking import items_of


def sweep(post: int) -> Iterator[int]:
    """Remove all comments of a post, their likes and counters; how many items each step took.

    Answers go before what they answer, and likes before what they are of, so what a sweep that was cut short has
    left is found again.
    """
    levels: dict[int, array[int]] = defaultdict(lambda: array("q"))
    for item in items_of(post):
        levels[int(item["Depth"]["N"])].append(int(item["Id"]["N"]))
    for depth in sorted(levels, reverse=True):
        yield from _remove(key for comment in levels[depth] for key in _beside(comment))
        yield from _remove(map(keys.comment, levels[depth]))


def _beside(comment: int) -> Iterator[Key]:
    """The keys of likes and counters."""
    partition, sort = keys.comment(comment)
    return map(table.key_of, table.query(partition, above=sort, attributes=("PK", "SK")))


def sweep_likes(comment: int) -> Iterator[int]:
    """Remove the likes of a comment."""
    partition = keys.comment_partition(comment)
    likes = table.query(partition, prefix=keys.LIKE, attributes=("PK", "SK"))
    yield from _remove(map(table.key_of, likes))


def _remove(found: Iterable[Key]) -> Iterator[int]:
    for step in privacy.in_steps(found):
        yield table.delete_all(step)
