"""A home timeline merged from the timelines of those whom its reader follows."""

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from accounts.selectors import cards
from echomate import cache, keys, timelines
from echomate.config import config
from feeds import sources
from posts.hydration import known_as_hidden
from social.selectors import followed_ids, muted, recently_followed_ids

LEAST_IDS = 20
WITHOUT_REDIS_AUTHORS = 100


@dataclass(frozen=True, slots=True)
class Merged:
    """Ids newest first, and whether nothing older exists."""

    ids: list[int]
    ended: bool
    doubtful: bool = False
    """There may be a gap, since Redis lost its content just now and an index lags."""


@dataclass(slots=True)
class _Author:
    """What is known of an author's timeline: everything from the newest post down to `lowest`."""

    id: int
    ids: set[int] = field(default_factory=set)
    ended: bool = False
    last: bytes | None = None
    """The last element of the list in Redis, below which older ids may be appended."""
    stale: bytes | None = None
    doubtful: bool = False

    @property
    def lowest(self) -> int | None:
        return min(self.ids, default=None)

    def reaches(self, cutoff: int) -> bool:
        """Whether all posts of the author above the cutoff are known."""
        return self.ended or (self.lowest is not None and self.lowest <= cutoff)


def merge(reader: int) -> Merged:
    """The newest `FEED_DEPTH` posts of a reader's home, read after the reader's list was begun.

    First whom they follow, consistently; then the authors' lists in one round trip; then, side by side, the index for
    those whose list doesn't reach far enough. What Redis knows to be hidden from the reader doesn't count.
    """
    authors = _read_lists(_authors_of(reader, followed_ids(reader)))
    gone: set[int] = set()
    looked_at: set[int] = set()
    limit = min(config.feed_depth, max(LEAST_IDS, 2 * config.feed_depth // max(1, len(authors))))
    while True:
        newest = _newest(authors, gone)
        cutoff = newest[-1] if len(newest) == config.feed_depth else 0
        if short := [author for author in authors if not author.reaches(cutoff)]:
            _deepen(short, limit)
            limit *= 4
            continue
        unseen = [post for post in newest if post not in looked_at]
        looked_at.update(unseen)
        hidden = known_as_hidden(reader, unseen)
        if not hidden:
            total = sum(len(author.ids - gone) for author in authors)
            ended = total <= len(newest) and all(author.ended for author in authors)
            return Merged(newest, ended, doubtful=any(author.doubtful for author in authors))
        gone |= hidden


def merge_without_redis(reader: int) -> Merged:
    """A shorter home, from the index alone and the authors most recently followed."""
    people = _authors_of(reader, recently_followed_ids(reader, limit=WITHOUT_REDIS_AUTHORS))
    found = sources.many_author_ids([(author, None) for author in people], limit=LEAST_IDS)
    return Merged(heapq.nlargest(config.feed_depth, {post for ids in found for post in ids}), ended=True)


def _authors_of(reader: int, followed: Iterable[int]) -> list[int]:
    """The reader, and those they follow who are neither muted nor gone."""
    people = [reader, *followed]
    silent = muted.among(reader, people)
    alive = cards.get(people)
    return [author for author in people if author in alive and author not in silent]


def _read_lists(people: Sequence[int]) -> list[_Author]:
    replies = cache.ask(*(timelines.head(keys.author_list(author)) for author in people))
    return [_author(author, reply) for author, reply in zip(people, replies, strict=True)]


def _author(author: int, reply: Sequence[bytes]) -> _Author:
    line = timelines.source(reply)
    return _Author(author, set(line.ids), line.ended, line.last, line.stale, line.doubtful)


def _newest(authors: Sequence[_Author], gone: set[int]) -> list[int]:
    return heapq.nlargest(config.feed_depth, {post for author in authors for post in author.ids} - gone)


def _deepen(authors: Sequence[_Author], limit: int) -> None:
    """Read more of some authors from the index, and append it to their lists."""
    bounds = [(author.id, author.lowest) for author in authors]
    found = sources.many_author_ids(bounds, limit=limit)
    extensions = []
    for author, (_, lowest), older in zip(authors, bounds, found, strict=True):
        author.ended = len(older) < limit
        author.ids.update(older)
        if elements := older + [timelines.END] * author.ended:
            key = keys.author_list(author.id)
            extensions.append(timelines.Extension(key, author.last, author.stale, elements, lowest))
            author.last, author.stale = b"%d" % elements[-1], None
    if timelines.extend(extensions, seconds=timelines.AUTHOR_SECONDS):
        for author in authors:
            author.doubtful = True
