"""Comments of a moment ago, which lists show at once, whatever their index shows yet.

The heads of the lists in their place are forgotten with every change here, after it: a head that is read from then on
knows of it.
"""

import time

from echomate import ids, keys
from echomate.cache import Command, Script
from echomate.recent import AT_MOST, SECONDS, Recent
from posts.comments.sort import Sort

_REMEMBER = Script(
    "redis.call('LREM', KEYS[1], 0, ARGV[1]) redis.call(ARGV[4], KEYS[1], ARGV[1]) "
    "redis.call('LTRIM', KEYS[1], 0, ARGV[2] - 1) redis.call('EXPIRE', KEYS[1], ARGV[3]) "
    "redis.call('DEL', KEYS[2], KEYS[3]) return 1"
)

recent_comments = Recent(keys.recent_comments)
"""By post: those right under it."""
recent_replies = Recent(keys.recent_replies)
"""By comment: the answers to it."""
recent_comments_of = Recent(keys.recent_comments_of)
"""By author."""


def remember(comment: int, *, author: int, post: int, parent: int | None) -> list[Command]:
    return [
        *remember_in_place(comment, post=post, parent=parent),
        *recent_comments_of.remember(author, edge=comment, subject=comment),
    ]


def remember_in_place(comment: int, *, post: int, parent: int | None) -> list[Command]:
    """The same for the list of its place alone, in one step; done twice, it is the same."""
    of_place, place = _place(post, parent)
    is_late = time.time() - ids.milliseconds(comment) / 1000 > SECONDS  # it pushes out nothing that is newer
    args = [f"{comment}:{comment}", AT_MOST, SECONDS, "RPUSH" if is_late else "LPUSH"]
    return [_REMEMBER.command(keys=[of_place.key(place), *_heads(post, parent)], args=args)]


def forget_of_author(comment: int, *, author: int) -> list[Command]:
    return [recent_comments_of.forget(author, edge=comment, subject=comment)]


def forget_in_place(*, post: int, parent: int | None) -> list[Command]:
    """The heads of a place. What has lost it stays among the latest, whose number says whether some were left out."""
    return [("DEL", head) for head in _heads(post, parent)]


def _heads(post: int, parent: int | None) -> list[str]:
    """The keys of those in a place, which are in the slot of its latest."""
    if parent is None:
        return [keys.first_comments(post, sort.value) for sort in Sort]
    return [keys.first_replies(parent, sort.value) for sort in Sort]


def _place(post: int, parent: int | None) -> tuple[Recent, int]:
    return (recent_comments, post) if parent is None else (recent_replies, parent)
