"""Comments of a moment ago, which lists show at once, whatever their index shows yet."""

from echomate import keys
from echomate.cache import Command
from echomate.recent import Recent

recent_comments = Recent(keys.recent_comments)
"""By post: those right under it."""
recent_replies = Recent(keys.recent_replies)
"""By comment: the answers to it."""
recent_comments_of = Recent(keys.recent_comments_of)
"""By author."""


def remember(comment: int, *, author: int, post: int, parent: int | None) -> list[Command]:
    of_place, place = _place(post, parent)
    return [
        *of_place.remember(place, edge=comment, subject=comment),
        *recent_comments_of.remember(author, edge=comment, subject=comment),
    ]


def forget(comment: int, *, author: int, post: int, parent: int | None) -> list[Command]:
    of_place, place = _place(post, parent)
    return [
        of_place.forget(place, edge=comment, subject=comment),
        recent_comments_of.forget(author, edge=comment, subject=comment),
    ]


def _place(post: int, parent: int | None) -> tuple[Recent, int]:
    return (recent_comments, post) if parent is None else (recent_replies, parent)
