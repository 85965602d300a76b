"""A day after a post's deletion, what hung on it goes too: likes, former versions, comments."""

from collections.abc import Iterator
from datetime import timedelta

from echomate import jobs, keys, privacy, table
from echomate.dynamodb import Wire
from posts.comments import services as comments
from posts.models import Post

SWEEP = "sweep"
PAUSE = timedelta(days=1)
LEASE_SECONDS = 600
"""To look through a thread of 10⁵ comments before anything of it is removed takes a minute."""
STEPS = 100
"""For how far a sweep has come; most have fewer."""
KEYS = ("PK", "SK")


def expect(post: int, *, deleted_at: int) -> None:
    """`deleted_at` is in Unix milliseconds. The job is nobody's: an erasure of the author leaves it."""
    id_ = jobs.id_before(deleted_at, of=f"{SWEEP} {post}")
    jobs.add(jobs.job(SWEEP, {"post": str(post)}, id=id_, delay=PAUSE))


def sweep(post: int) -> Iterator[int]:
    """Remove what is left of a deleted post, and say how many items each step took; begun again, it goes on."""
    item = table.get_item(keys.post(post))
    if item is None or Post.from_raw_data(item).deleted_at is not None:
        yield from comments.sweep(post)
        yield from sweep_partition(post)


def sweep_partition(post: int) -> Iterator[int]:
    """Likes and former versions; the post and its counters stay."""
    for step in privacy.in_steps(_hanging_on(post)):
        yield table.delete_all(map(table.key_of, step))


def _hanging_on(post: int) -> Iterator[Wire]:
    kept = (keys.post(post), keys.post_stats(post))
    items = table.query(keys.post_partition(post), attributes=KEYS)
    return (item for item in items if table.key_of(item) not in kept)
