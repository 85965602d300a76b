"""A comment and what stands below it, level by level, as far as one answer goes."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache, partial
from itertools import islice

from echomate import keys
from echomate.errors import NotFound
from posts.comments.hydration import Hydrated, hydrate, is_shown, shown
from posts.comments.lists import Sort, ids_in, nearest
from posts.comments.recent import recent_replies
from posts.comments.rendering import RenderedComment

COMMENTS_AT_MOST = 200
LEVELS_AT_MOST = 8
PARENTS_AT_ONCE = 20
READERS = 8


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


def thread(root: int, *, viewer: int | None, sort: Sort) -> Thread:
    """Breadth first. Raises `NotFound`.

    Levels are read in parts of 20 parents, whose answers are looked up side by side; a comment whose mark says that
    it has none costs nothing.
    """
    found = hydrate(viewer, [root])
    read = Thread()
    level = _add(read, found, [root])
    if not level:
        raise NotFound
    for _ in range(LEVELS_AT_MOST - 1):
        level = [answer for part in _parts(level) for answer in _read_answers(read, part, viewer, sort)]
    read.more |= {comment.id: Beyond(None) for comment in level if comment.answered}
    return read


def _parts(level: Sequence[RenderedComment]) -> Iterator[list[RenderedComment]]:
    left = (comment for comment in level if comment.answered)
    while part := list(islice(left, PARENTS_AT_ONCE)):
        yield part


def _read_answers(
    read: Thread, parents: Sequence[RenderedComment], viewer: int | None, sort: Sort
) -> list[RenderedComment]:
    """Add the answers to some comments, as many as there is room for."""
    if not read.room:
        read.more |= {parent.id: Beyond(None) for parent in parents}
        return []
    wanted: list[int] = []
    for parent, answers in zip(parents, _answers(parents, sort, read.room), strict=True):
        taken = answers[: read.room - len(wanted)]
        if len(taken) < len(answers):
            read.more[parent.id] = Beyond(taken[-1] if taken else None)
        wanted += taken
    return _add(read, hydrate(viewer, wanted), wanted) if wanted else []


def _add(read: Thread, found: Hydrated, comments: Sequence[int]) -> list[RenderedComment]:
    """Add those that the viewer may see, and return them."""
    there = [comment for comment in comments if is_shown(found, comment)]
    read.bodies |= {comment: body for comment in there if (body := shown(found, comment))}
    return [found.comments[comment] for comment in there]


def _answers(parents: Sequence[RenderedComment], sort: Sort, room: int) -> list[list[int]]:
    """The first answers to each, one more than there is room for: those of the index, and the latest ones."""
    newest_first = sort is Sort.NEWEST
    look_up = partial(ids_in, index="GSI1", newest_first=newest_first, limit=room + 1)
    indexed = _readers().map(look_up, [keys.replies_to_comment(parent.id) for parent in parents])
    recent = recent_replies.edges_of_many([parent.id for parent in parents])
    return [
        nearest([*one, *other], beyond=None, newest_first=newest_first)[: room + 1]
        for one, other in zip(indexed, recent, strict=True)
    ]


@lru_cache(maxsize=1)
def _readers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(READERS, thread_name_prefix="thread-reader")
