"""The heads of lists of comments: the first ones in each place and order, as Redis keeps them.

They come from an index, which lags, and what was put a moment ago is put in its place; so a head holds what any reader
may find, whoever they are: the rules are asked when it is shown. Who adds a comment there, or takes it away, deletes
it. Lost: read again from the index.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial

from echomate import cache, keys, table, timelines
from echomate.cache import Command
from echomate.errors import DependencyAway
from echomate.recent import AT_MOST as RECENT_AT_MOST
from echomate.recent import Recent
from posts.comments.recent import recent_comments, recent_replies
from posts.comments.sort import Sort
from posts.hydration import by_id

LENGTH = 200
"""As many as a thread shows."""
SECONDS = 1800
READERS = 8
PARSED_AT_MOST = 512

WHOLE, BEGUN = b"whole", b"begun"


@dataclass(frozen=True, slots=True)
class Head:
    """The first comments of a list in its order, and whether there are no others."""

    ids: tuple[int, ...]
    is_whole: bool


@cache.kept_while_small(PARSED_AT_MOST)
def _parse(value: bytes) -> Head:
    mark, *ids = value.split(b" ")
    return Head(tuple(map(int, ids)), mark == WHOLE)


@dataclass(frozen=True, slots=True)
class Heads:
    """Those of a kind of place, by the post or the comment that is answered there."""

    partition: Callable[[int], str]
    """Of GSI1."""
    recent: Recent
    key: Callable[[int, str], str]

    def command(self, places: Sequence[int], *, sort: Sort) -> Command:
        """The command whose reply `get` takes."""
        return ("MGET", *self._keys(places, sort).values())

    def get(
        self, places: Sequence[int], *, sort: Sort, reply: Sequence[bytes | None] | None = None
    ) -> dict[int, Head]:
        """The head of each place; those that Redis lacks are looked up side by side."""
        if not places:
            return {}
        wanted = self._keys(places, sort)
        brief: set[str] = set()

        def load(missing: list[int]) -> Mapping[int, bytes]:
            indexed = self._indexed(missing, sort)
            latest, unsure = self._latest(missing)
            brief.update(wanted[place] for place in unsure)
            return {
                place: _value(nearest([*shown, *edges], beyond=None, newest_first=sort is Sort.NEWEST))
                for place, shown, edges in zip(missing, indexed, latest, strict=True)
            }

        found = cache.read_through(wanted, load, seconds=SECONDS, found=by_id(places, reply), brief=brief)
        return {place: _parse(value) for place, value in found.items() if value is not None}

    def known(self, places: Sequence[int], *, sort: Sort, reply: Sequence[bytes | None]) -> dict[int, Head]:
        """Those that Redis has."""
        values = dict(zip(self._keys(places, sort), reply, strict=True)) if places else {}
        return {place: _parse(value) for place, value in values.items() if cache.known(value)}

    def _keys(self, places: Iterable[int], sort: Sort) -> dict[int, str]:
        return {place: self.key(place, sort.value) for place in places}

    def _latest(self, places: Sequence[int]) -> tuple[Sequence[Iterable[int]], Sequence[int]]:
        """What was put in each place a moment ago, asked for when the index was read.

        And the places of which Redis may not know all that the index doesn't show yet: it has lost something, or so
        much was put there that it keeps no more.
        """
        try:
            latest = self.recent.edges_of_many(places)
            is_lost = timelines.lately_lost()
        except DependencyAway:
            return [()] * len(places), places
        edges_by_place = zip(places, latest, strict=True)
        return latest, [place for place, edges in edges_by_place if is_lost or len(edges) >= RECENT_AT_MOST]

    def _indexed(self, places: list[int], sort: Sort) -> Iterable[list[int]]:
        look_up = partial(ids_in, index="GSI1", newest_first=sort is Sort.NEWEST, limit=LENGTH + 1)
        partitions = map(self.partition, places)
        if len(places) == 1:
            return [look_up(partition) for partition in partitions]
        return list(_readers().map(look_up, partitions))


def _value(comments: Sequence[int]) -> bytes:
    mark = WHOLE if len(comments) <= LENGTH else BEGUN
    return b" ".join([mark, *(b"%d" % comment for comment in comments[:LENGTH])])


heads_of_posts = Heads(keys.replies_to_post, recent_comments, keys.first_comments)
"""The comments right under a post."""
heads_of_comments = Heads(keys.replies_to_comment, recent_replies, keys.first_replies)
"""The answers to a comment."""


def ids_in(
    partition: str, index: str, *, beyond: int | None = None, newest_first: bool = False, limit: int
) -> list[int]:
    """Comments of a partition beyond one of them, from the index."""
    edge = None if beyond is None else keys.comment_sort(beyond)
    items = table.query(
        partition,
        index=index,
        prefix=keys.COMMENT,
        below=edge if newest_first else None,
        above=None if newest_first else edge,
        limit=limit,
        newest_first=newest_first,
        attributes=(f"{index}SK",),
    )
    return [table.last_id(item[f"{index}SK"]["S"]) for item in items]


def nearest(comments: Iterable[int], *, beyond: int | None, newest_first: bool) -> list[int]:
    """Comments beyond one of them in a direction, each once, in order."""
    if newest_first:
        return sorted({one for one in comments if beyond is None or one < beyond}, reverse=True)
    return sorted({one for one in comments if beyond is None or one > beyond})


@lru_cache(maxsize=1)
def _readers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(READERS, thread_name_prefix="heads-reader")
