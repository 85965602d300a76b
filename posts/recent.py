"""What somebody has liked a moment ago: their own list shows it at once, whatever the index shows yet.

A list in Redis for a minute, of `like id:post`. Lost: a like shows in the list when the index has it.
"""

from echomate import cache, keys
from echomate.cache import Command
from echomate.errors import DependencyAway

SECONDS = 60
AT_MOST = 100


def remember(*, user: int, like: int, post: int) -> list[Command]:
    key = keys.recent_likes(user)
    return [("LPUSH", key, _entry(like, post)), ("LTRIM", key, 0, AT_MOST - 1), ("EXPIRE", key, SECONDS)]


def forget(*, user: int, like: int, post: int) -> Command:
    return ("LREM", keys.recent_likes(user), 0, _entry(like, post))


def recent_likes(user: int) -> dict[int, int]:
    """Post → like id."""
    try:
        (entries,) = cache.ask(("LRANGE", keys.recent_likes(user), 0, -1))
    except DependencyAway:
        return {}
    pairs = (entry.split(b":") for entry in reversed(entries))
    return {int(post): int(like) for like, post in pairs}


def _entry(like: int, post: int) -> str:
    return f"{like}:{post}"
