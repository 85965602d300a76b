"""Many posts and likes at once."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from echomate import ids, keys, table
from echomate.dynamodb import Wire
from echomate.keys import Key
from posts.models import Post
from posts.services.liking import new_like
from posts.services.publishing import Draft, new_post, put_post
from posts.services.telling import tell

SIDE_BY_SIDE = 8
TRIES = 4
LISTED_BEFORE_MILLISECONDS = 7 * 24 * 3600 * 1000
"""So much older than its account an imported post is, if the public timeline and those of hashtags hold it."""


@dataclass(frozen=True, slots=True)
class OldPost:
    """A post of an export: the id it had, which tells its time, and what it was."""

    id: int
    draft: Draft
    edited_at: int | None
    """Unix milliseconds."""


def take_in(author: int, posts: Sequence[OldPost]) -> list[bool]:
    """Put posts of an export, announced to nobody; which of them are there now, those of an earlier run too.

    Their ids are of the same milliseconds, and the author and the old id give the rest: so nobody chooses one, and
    a second run finds what the first has put. What was deleted since is not put again as long as its tombstone stays,
    which is a week; after that a second run brings it back. What says that it is hardly older than
    the account, or younger, is in no timeline of strangers: else a file would fill those at once.
    """
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        put = list(pool.map(partial(_put_old, author), posts))
    tell(*(("DEL", keys.cached_post(post)) for post in put if post is not None))
    return [post is not None for post in put]


def _put_old(author: int, old: OldPost) -> int | None:
    """The id that it has now; None where all it might have are other posts'."""
    for number in range(TRIES):
        post = _imported(author, old, number)
        if put_post(post) is not None:
            return int(post.id)
    return None


def imported_partitions(author: int, old: OldPost) -> set[str]:
    """Where it may be in the table, in one of its tries."""
    return {keys.post(id_)[0] for id_ in imported_ids(author, old.id)}


def imported_ids(author: int, old: int) -> list[int]:
    """What a post or comment of an old id may have for its id here, in the order of the tries."""
    return [_imported_id(author, old, number) for number in range(TRIES)]


def _imported_id(author: int, old: int, number: int) -> int:
    digest = hashlib.sha256(f"import {author} {old} {number}".encode()).digest()
    return ids.with_random_part(old, int.from_bytes(digest[:8], "big"))


def imported_nonce(author: int, old: int) -> str:
    """By this it is known which of its ids it has."""
    return hashlib.sha256(f"import {author} {old}".encode()).hexdigest()[:24]


def imported(author: int, old: Iterable[int], key: Callable[[int], Key]) -> dict[int, Wire]:
    """The items that an account has taken in, tombstones too, by the ids that they had; `key` makes one of an id."""
    places = [(one, key(id_)) for one in old for id_ in imported_ids(author, one)]
    items = table.batch_get(place for _, place in places)
    return {
        one: item
        for (one, _), item in zip(places, items, strict=True)
        if item is not None and item["Nonce"]["S"] == imported_nonce(author, one)
    }


def _imported(author: int, old: OldPost, number: int) -> Post:
    id_ = _imported_id(author, old.id, number)
    post = new_post(id_, author, old.draft, nonce=imported_nonce(author, old.id))
    post.imported = True
    if ids.milliseconds(old.id) > ids.milliseconds(author) - LISTED_BEFORE_MILLISECONDS:
        post.gsi2pk = post.gsi2sk = None
    if post.visibility == "mentioned":
        post.mentions = None  # those of that name here may be others than those it was for
    if old.edited_at is not None:
        post.edited_at, post.version = old.edited_at, 2
    return post


def import_posts(posts: Iterable[tuple[int, int, Draft]]) -> int:
    """Put the posts (id, author, draft) that are missing; how many those were.

    For what fills a table: nothing is checked, and nothing told but by the stream. So too below.
    """
    return table.put_missing([new_post(id_, author, draft).wire() for id_, author, draft in posts])


def import_likes(likes: Iterable[tuple[int, int, int]]) -> int:
    """Put the likes (id, user, post) that are missing; how many those were."""
    return table.put_missing(
        [new_like(user=user, post=post, like_id=id_).wire() for id_, user, post in likes]
    )
