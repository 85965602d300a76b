"""Comments of a moment ago, which lists show at once, whatever their index shows yet.

The heads of the lists in their place are forgotten with every change here, after it: a head that is read from then on
knows of it.
"""

from echomate import keys
from echomate.cache import Command
from echomate.recent import Recent
from posts.comments.sort import Sort

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
    """The same for the list of its place alone; done twice, it is the same."""
    of_place, place = _place(post, parent)
    return [
        of_place.forget(place, edge=comment, subject=comment),
        *of_place.remember(place, edge=comment, subject=comment),
        *forget_heads(post, parent),
    ]


def forget_of_author(comment: int, *, author: int) -> list[Command]:
    return [recent_comments_of.forget(author, edge=comment, subject=comment)]


def forget_in_place(comment: int, *, post: int, parent: int | None) -> list[Command]:
    """Where it lost its place: a tombstone that keeps it is in the list, which its index may not show yet."""
    of_place, place = _place(post, parent)
    return [of_place.forget(place, edge=comment, subject=comment), *forget_heads(post, parent)]


def forget_heads(post: int, parent: int | None) -> list[Command]:
    """Of the lists in a place."""
    if parent is None:
        return [("DEL", keys.first_comments(post, sort.value)) for sort in Sort]
    return [("DEL", keys.first_replies(parent, sort.value)) for sort in Sort]


def _place(post: int, parent: int | None) -> tuple[Recent, int]:
    return (recent_comments, post) if parent is None else (recent_replies, parent)
