"""What a change of the graph makes stale in Redis: deleted by the service at once, by the projector again.

Redis away means that the web's deletion is lost; the projector then makes it when Redis is back.
"""

import time

from echomate import keys
from echomate.cache import Command
from echomate.recent import Recent

FRESH_SECONDS = 300
"""How long a follower stands in `fresh:{user}`: longer than any index lags."""


recent_follows = Recent(keys.recent_follows, item=keys.follow)
"""One's own lists show a follow at once. Nothing is taken out of it: lists ask whether the edge still stands."""
recent_followers = Recent(keys.recent_followers, item=lambda user, follower: keys.follow(follower, user))
"""The same of whom one has accepted."""


def after_follow(*, follower: int, followed: int) -> list[Command]:
    """In this order, so that a post is found by who fans it out, or by who builds the feed anew."""
    fresh, now = keys.fresh_followers(followed), int(time.time())
    return [
        *after_unfollow(follower=follower, followed=followed),
        ("ZADD", fresh, now, follower),
        ("ZREMRANGEBYSCORE", fresh, "-inf", now - FRESH_SECONDS),
        ("EXPIRE", fresh, FRESH_SECONDS),
        ("DEL", keys.feed(follower)),
    ]


def after_unfollow(*, follower: int, followed: int) -> list[Command]:
    """The feed stays: its rules hide at read whom one no longer follows."""
    return [("DEL", keys.following_set(follower)), ("HDEL", keys.followed_by(followed), follower)]


def after_the_end(*, follower: int, followed: int) -> list[Command]:
    """The projector alone stops pushing: a follow that began since comes behind in its shard, and is fresh again."""
    return [
        *after_unfollow(follower=follower, followed=followed),
        ("ZREM", keys.fresh_followers(followed), follower),
    ]


def after_request(follower: int) -> Command:
    """Also after a request is gone, whatever has become of it."""
    return ("DEL", keys.requested_set(follower))


def after_mute(muter: int) -> list[Command]:
    """The feed stays: its rules hide at read whom one mutes."""
    return [("DEL", keys.muted_set(muter))]


def after_unmute(muter: int) -> list[Command]:
    """In this order: the feed lacks what was posted by the one who was muted, and is built anew."""
    return [*after_mute(muter), ("DEL", keys.feed(muter))]


def after_block(one: int, other: int) -> list[Command]:
    """The same both ways, and after an unblock."""
    return [
        ("DEL", keys.blocked_set(one)),
        ("DEL", keys.blocked_set(other)),
        ("HDEL", keys.parted(one), other),
        ("HDEL", keys.parted(other), one),
        after_request(one),
        after_request(other),
        *after_unfollow(follower=one, followed=other),
        *after_unfollow(follower=other, followed=one),
    ]
