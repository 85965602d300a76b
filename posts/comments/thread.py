"""A comment and what stands below it, level by level, as far as one answer goes."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from echomate import cache
from echomate.errors import NotFound
from posts.comments.heads import Head, heads_of_comments
from posts.comments.hydration import Hydrated, Question, hydrate, shown
from posts.comments.rendering import RenderedComment
from posts.comments.sort import Sort
from posts.hydration import Known

COMMENTS_AT_MOST = 200
LEVELS_AT_MOST = 8
PARENTS_AT_ONCE = 20
KNOWN_AT_MOST = 1000
FORESEEN_AT_MOST = 2 * COMMENTS_AT_MOST
"""Some of which the reader may not see."""


@dataclass(frozen=True, slots=True)
class Beyond:
    """That a comment has more answers than are shown: those beyond the last one that was looked at, if any was."""

    last: int | None


@dataclass(slots=True)
class Thread:
    """Comments as JSON by id, in their order, the first one's answers after it; and which of them have more answers."""

    bodies: dict[int, bytes] = field(default_factory=dict)
    more: dict[int, Beyond] = field(default_factory=dict)

    @property
    def room(self) -> int:
        return COMMENTS_AT_MOST - len(self.bodies)


@dataclass(frozen=True, slots=True)
class _Way:
    """What reading a thread has asked for: comments, and those whose answers were wanted."""

    comments: Sequence[int]
    parents: Sequence[int]


_ways: Known[tuple[int, Sort], _Way] = Known(at_most=KNOWN_AT_MOST)
"""By root and order. They only say what to ask for at once: what has changed since is asked for as it is met."""


class _Reading:
    """What a viewer's reading of a thread is made of: what the way before needed is here in one round trip."""

    def __init__(self, root: int, viewer: int | None, sort: Sort) -> None:
        self._root, self._viewer, self._sort = root, viewer, sort
        way = _ways.get((root, sort)) or _Way([root], [])
        question = Question(viewer, way.comments)
        heads = [heads_of_comments.command(way.parents, sort=sort)] if way.parents else []
        replies = cache.asked([*question.commands, *heads])
        self._foreseen: frozenset[int] = frozenset()
        self._heads = heads_of_comments.known(way.parents, sort=sort, reply=replies[-1]) if replies else {}
        if question.is_known(replies):  # nothing is read from the table that this reader may not need
            self._foreseen, self._found = frozenset(way.comments), question.answered(replies)
        self._comments: list[int] = []
        self._parents: list[int] = []
        self._is_new = False

    def found(self, comments: Sequence[int]) -> Hydrated:
        """Everything about some comments, and maybe others."""
        self._comments += comments
        if self._foreseen.issuperset(comments):
            return self._found
        self._is_new = True
        return hydrate(self._viewer, comments)

    def heads(self, parents: Sequence[int]) -> list[Head]:
        """The beginning of each one's answers."""
        self._parents += parents
        missing = [parent for parent in parents if parent not in self._heads]
        if missing:
            self._is_new = True
            self._heads |= heads_of_comments.get(missing, sort=self._sort)
        return [self._heads[parent] for parent in parents]

    def learn(self) -> None:
        """Foresee the same the next time."""
        if self._is_new:
            comments, parents = (
                array("q", asked[:FORESEEN_AT_MOST]) for asked in (self._comments, self._parents)
            )
            _ways.learn([((self._root, self._sort), _Way(comments, parents))])


def thread(root: int, *, viewer: int | None, sort: Sort) -> Thread:
    """Breadth first. Raises `NotFound`.

    Levels are read in parts of 20 parents; a comment whose mark says that it has no answers costs nothing.
    """
    reading = _Reading(root, viewer, sort)
    read = Thread()
    level = _add(read, reading, [root])
    if not level:
        raise NotFound
    for _ in range(LEVELS_AT_MOST - 1):
        level = [answer for part in _parts(level) for answer in _read_answers(read, part, reading)]
    read.more |= {comment.id: Beyond(None) for comment in level if comment.answered}
    reading.learn()
    return read


def _parts(level: Sequence[RenderedComment]) -> Iterator[list[int]]:
    left = (comment.id for comment in level if comment.answered)
    while part := list(islice(left, PARENTS_AT_ONCE)):
        yield part


def _read_answers(read: Thread, parents: Sequence[int], reading: _Reading) -> list[RenderedComment]:
    """Add the answers to some comments, as many as there is room for."""
    if not read.room:
        read.more |= {parent: Beyond(None) for parent in parents}
        return []
    wanted: list[int] = []
    for parent, head in zip(parents, reading.heads(parents), strict=True):
        taken = head.ids[: read.room - len(wanted)]
        if len(taken) < len(head.ids):
            read.more[parent] = Beyond(taken[-1] if taken else None)
        wanted += taken
    return _add(read, reading, wanted) if wanted else []


def _add(read: Thread, reading: _Reading, comments: Sequence[int]) -> list[RenderedComment]:
    """Add those that the viewer may see, and return them."""
    found = reading.found(comments)
    bodies = {comment: body for comment in comments if (body := shown(found, comment)) is not None}
    read.bodies |= bodies
    return [found.comments[comment] for comment in bodies]
