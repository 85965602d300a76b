"""What the graph removes of a user who is erased. Counters and caches follow from the stream, as of any removal."""

from collections.abc import Callable, Iterator

from echomate import cache, keys, privacy, table
from echomate.dynamodb import Wire
from echomate.keys import Key
from social.invalidation import recent_followers, recent_follows

KEYS = ("PK", "SK")

privacy.remembers(
    keys.following_set,
    keys.requested_set,
    keys.followed_by,
    keys.blocked_set,
    keys.parted,
    keys.muted_set,
    keys.recent_follows,
    keys.recent_followers,
    keys.fresh_followers,
)


@privacy.erases("blocks", "block", "blocked_by")
def erase_blocks(user: int) -> Iterator[int]:
    """Both ways. The other's half goes first, so that the own one leads to it as long as it is there."""
    partition = keys.user_partition(user)
    yield from _erase_pairs(table.query(partition, prefix=keys.BLOCK, attributes=KEYS), keys.blocked_by)
    yield from _erase_pairs(table.query(partition, prefix=keys.BLOCKED_BY, attributes=KEYS), keys.block)


def _erase_pairs(items: Iterator[Wire], half_of: Callable[[int, int], Key]) -> Iterator[int]:
    for step in privacy.in_steps(items):
        own = [table.key_of(item) for item in step]
        halves = [half_of(table.last_id(sort), table.last_id(partition)) for partition, sort in own]
        yield table.delete_all(halves) + table.delete_all(own)


@privacy.erases("mutes", "mute")
def erase_mutes(user: int) -> Iterator[int]:
    """Both ways: nobody keeps the id of one who is gone."""
    yield from _erase(table.query(keys.user_partition(user), prefix=keys.MUTE, attributes=KEYS))
    yield from _erase(table.query(keys.muters(user), index="GSI1", attributes=KEYS))


@privacy.erases("follows", "follow")
def erase_follows(user: int) -> Iterator[int]:
    edges = table.query(keys.user_partition(user), prefix=keys.FOLLOWING, attributes=(*KEYS, "Id"))
    for step in privacy.in_steps(edges):
        cache.ask(*(_unaccepted(edge, user) for edge in step))
        yield table.delete_all(map(table.key_of, step))


def _unaccepted(edge: Wire, user: int) -> cache.Command:
    """Out of what their account has accepted a moment ago."""
    followed = table.last_id(edge["SK"]["S"])
    return recent_followers.forget(followed, edge=int(edge["Id"]["N"]), subject=user)


@privacy.erases("followers", "follow")
def erase_followers(user: int) -> Iterator[int]:
    edges = table.query(keys.followers(user), index="GSI1", attributes=(*KEYS, "GSI1SK"))
    for step in privacy.in_steps(edges):
        cache.ask(*(_forgotten(edge, user) for edge in step))  # the edge leads to it as long as it is there
        yield table.delete_all(map(table.key_of, step))


def _forgotten(edge: Wire, user: int) -> cache.Command:
    """Out of what the follower has done a moment ago."""
    follower = table.last_id(edge["PK"]["S"])
    return recent_follows.forget(follower, edge=int(edge["GSI1SK"]["S"]), subject=user)


@privacy.erases("follow requests", "follow_request")
def erase_requests(user: int) -> Iterator[int]:
    """Both ways, and before the edges: one that is accepted meanwhile has become an edge that goes then."""
    yield from _erase(table.query(keys.user_partition(user), prefix=keys.REQUEST, attributes=KEYS))
    yield from _erase(table.query(keys.follow_requests(user), index="GSI1", attributes=KEYS))


def _erase(items: Iterator[Wire]) -> Iterator[int]:
    for step in privacy.in_steps(items):
        yield table.delete_all(map(table.key_of, step))
