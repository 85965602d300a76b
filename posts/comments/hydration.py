"""From ids of comments to what is shown.

Comments, counters and likes, posts, people and the blocks of the posts' authors come in one round trip. Where the
process hasn't seen a comment yet, its post and people come in a second, the blocks in a third.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, NamedTuple

from accounts.selectors import Card
from echomate import cache, keys
from posts import hydration, rules
from posts.comments import selectors
from posts.comments.presentation import present
from posts.comments.rendering import RenderedComment
from posts.comments.selectors import CommentCounts, rendered, stats
from posts.hydration import Known, by_id
from posts.rules import Standing
from posts.selectors import RenderedPost
from social.selectors import parted, parting_read

KNOWN_AT_MOST = 10_000


class _Around(NamedTuple):
    """What there is to ask for along with a comment."""

    post: int
    post_author: int
    writer: int | None
    people: tuple[int, ...]


_around: Known[int, _Around] = Known(at_most=KNOWN_AT_MOST)
"""By comment. Whom an edit mentions anew is asked for after it."""


@dataclass(frozen=True, slots=True)
class Hydrated:
    """All that showing some comments takes."""

    comments: dict[int, RenderedComment]
    counts: dict[int, CommentCounts]
    liked: set[int]
    posts: dict[int, RenderedPost]
    standing: Standing
    cards: dict[int, Card]
    parted: Set[tuple[int, int]] = frozenset()
    """Authors of posts and those who commented on them, with a block between them."""


def show(viewer: int | None, comments: Sequence[int]) -> list[bytes | None]:
    """The JSON of each comment as the viewer sees it, in order; None where they may not know of it."""
    if not comments:
        return []
    found = hydrate(viewer, comments)
    return [shown(found, comment) for comment in comments]


def shown(found: Hydrated, id_: int) -> bytes | None:
    """The JSON of one of the comments, or None."""
    if not is_shown(found, id_):
        return None
    liked = None if found.standing.viewer is None else id_ in found.liked
    return present(found.comments[id_], found.cards, found.counts[id_], liked=liked)


def is_shown(found: Hydrated, id_: int) -> bool:
    comment = found.comments.get(id_)
    post = found.posts.get(comment.post) if comment else None
    if comment is None or post is None or post.author not in found.cards:
        return False
    is_allowed = rules.may_see_comment(
        post,
        found.standing,
        author=comment.author,
        writer=comment.writer,
        hidden=comment.hidden,
        parted=(post.author, comment.writer) in found.parted,
    )
    return is_allowed and (comment.author is None or comment.author in found.cards)


class Question:
    """What Redis is asked about some comments, in one round trip."""

    def __init__(self, viewer: int | None, comments: Sequence[int]) -> None:
        self._viewer = viewer
        self._comments = comments
        known = [around for comment in comments if (around := _around.get(comment))]
        self._posts = {around.post for around in known}
        self._people = _everybody((around.people, around.writer) for around in known)
        self._pairs = _pairs((around.post_author, around.writer) for around in known)
        self._about = hydration.Question(viewer, list(self._posts), others=self._people)

    @property
    def commands(self) -> list[cache.Command]:
        names = [*map(keys.cached_comment, self._comments), *map(keys.cached_comment_stats, self._comments)]
        about = self._about.commands if self._posts else ()
        return [("MGET", *names), *self._marks, *_parting_reads(self._pairs), *about]

    @property
    def _marks(self) -> list[cache.Command]:
        if self._viewer is None:
            return []
        return [("HMGET", keys.comment_viewer_hash(self._viewer), *self._comments)]

    def is_known(self, replies: Sequence[Any] | None) -> bool:
        """Whether Redis has all of the comments, though maybe not all that is shown with them."""
        return replies is not None and all(map(cache.known, replies[0][: len(self._comments)]))

    def answered(self, replies: Sequence[Any] | None) -> Hydrated:
        """Everything about the comments, with what Redis lacks (None: it is away); rules not yet applied."""
        viewer, comments, n = self._viewer, self._comments, len(self._comments)
        values = replies and replies[0]
        found = rendered.listed(comments, values and values[:n])
        if not found:
            return Hydrated({}, {}, set(), {}, Standing(viewer), {})
        rest = replies and replies[1 + len(self._marks) :]
        about = self._posts_and_people(found.values(), rest and rest[len(self._pairs) :])
        return Hydrated(
            found,
            stats.get(found, found=by_id(comments, values and values[n:])),
            set()
            if viewer is None
            else selectors.liked(viewer, list(found), found=by_id(comments, replies and replies[1])),
            about.posts,
            about.standing,
            about.cards,
            self._parted(about.posts, found.values(), rest and rest[: len(self._pairs)]),
        )

    def _posts_and_people(
        self, comments: Iterable[RenderedComment], replies: Sequence[Any] | None
    ) -> hydration.Hydrated:
        """Asked for anew where the replies don't hold all of it."""
        posts = {comment.post for comment in comments}
        people = _everybody((comment.people, comment.writer) for comment in comments)
        if replies and posts <= self._posts and people <= self._people:
            return self._about.answered(replies)
        about = hydration.hydrate(self._viewer, list(posts), others=people)
        _learn(comments, about.posts)
        return about

    def _parted(
        self,
        posts: Mapping[int, RenderedPost],
        comments: Iterable[RenderedComment],
        replies: Sequence[Any] | None,
    ) -> set[tuple[int, int]]:
        """The same of the blocks."""
        pairs = _pairs(
            (post.author, comment.writer) for comment in comments if (post := posts.get(comment.post))
        )
        if replies is not None and all(pairs[author] <= self._pairs.get(author, set()) for author in pairs):
            pairs = self._pairs
        else:
            _learn(comments, posts)
            replies = cache.asked(_parting_reads(pairs))
        return {
            (author, other)
            for n, (author, others) in enumerate(pairs.items())
            for other in parted(author, sorted(others), reply=replies and replies[n])
        }


def hydrate(viewer: int | None, comments: Sequence[int]) -> Hydrated:
    """Everything about some comments, rules not yet applied."""
    question = Question(viewer, comments)
    return question.answered(cache.asked(question.commands))


def _learn(comments: Iterable[RenderedComment], posts: Mapping[int, RenderedPost]) -> None:
    _around.learn(
        (comment.id, _Around(comment.post, post.author, comment.writer, comment.people))
        for comment in comments
        if (post := posts.get(comment.post))
    )


def _everybody(people: Iterable[tuple[tuple[int, ...], int | None]]) -> set[int]:
    """Those who are shown with some comments, and who wrote them."""
    return {user for shown, writer in people for user in (*shown, writer) if user is not None}


def _pairs(people: Iterable[tuple[int, int | None]]) -> dict[int, set[int]]:
    """Authors of posts → others who commented on them."""
    pairs: dict[int, set[int]] = {}
    for author, writer in people:
        if writer is not None and writer != author:
            pairs.setdefault(author, set()).add(writer)
    return pairs


def _parting_reads(pairs: Mapping[int, Set[int]]) -> list[cache.Command]:
    return [parting_read(author, sorted(others)) for author, others in pairs.items()]
