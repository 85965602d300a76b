"""Pages while the list changes between them: nothing is repeated, and what stays is not missed."""

from collections.abc import Callable
from contextlib import nullcontext

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from echomate import ids
from echomate.paging import Page, PageRequest
from echomate.testing.configuration import configured
from echomate.testing.examples import examples
from posts import lists, services
from posts.services import Draft
from posts.tests.actor import Person

ReadPage = Callable[[PageRequest], Page[bytes]]


changes = st.lists(
    st.tuples(st.sampled_from(["add", "add hidden", "remove", "older", "newer"]), st.integers(0, 50)),
    max_size=24,
)


class Walk:
    """Somebody who pages through a list in both directions, from the first page on."""

    def __init__(self, read: ReadPage, limit: int) -> None:
        self._read = read
        self._limit = limit
        self.seen: list[int] = []
        first = self._show(PageRequest("list", limit))
        self._next, self._previous = first.next, first.previous

    def _show(self, request: PageRequest) -> Page[bytes]:
        page = self._read(request)
        shown = [int(orjson.loads(item)["id"]) for item in page.items]
        assert len(shown) <= self._limit
        self.seen += shown
        return page

    def older(self) -> bool:
        """Whether there may be more."""
        if self._next is not None:
            self._next = self._show(PageRequest("list", self._limit, self._next)).next
        return self._next is not None

    def newer(self) -> bool:
        page = self._show(PageRequest("list", self._limit, self._previous, newer=True))
        moved = page.previous != self._previous
        self._previous = page.previous
        return moved

    def to_both_ends(self) -> None:
        while self.older():
            pass
        while self.newer():
            pass


class Posts:
    """An author's posts with ids that rise, as those of a single author's do."""

    def __init__(self) -> None:
        self.author = Person().id
        self.visible: list[int] = []
        self._last = ids.new_id()

    def add(self, *, visible: bool) -> None:
        self._last += 1 << ids.RANDOM_BITS
        draft = Draft(content="x", visibility="public" if visible else "followers")
        services.create(author=self.author, draft=draft, post=self._last)
        if visible:
            self.visible.append(self._last)

    def remove(self, number: int) -> None:
        if self.visible:
            services.delete(author=self.author, post=self.visible.pop(number % len(self.visible)))


def change(posts: Posts, walk: Walk, what: str, number: int) -> None:
    match what:
        case "add" | "add hidden":
            posts.add(visible=what == "add")
        case "remove":
            posts.remove(number)
        case "older":
            walk.older()
        case "newer":
            walk.newer()


@pytest.mark.parametrize("lag", [0, 2])
@examples(10)
@given(before=st.lists(st.booleans(), max_size=12), limit=st.integers(1, 5), between=changes)
def test_an_authors_posts(lag: int, before: list[bool], limit: int, between: list[tuple[str, int]]) -> None:
    if lag and len(before) + len(between) > 14:
        between = between[: max(0, 14 - len(before))]  # the list in Redis holds 16 in tests
    posts = Posts()
    with configured(test_index_delay_seconds=lag) if lag else nullcontext():
        for visible in before:
            posts.add(visible=visible)
        walk = Walk(lambda request: lists.posts_of(posts.author, viewer=None, request=request), limit)
        for what, number in between:
            change(posts, walk, what, number)
        walk.to_both_ends()
    assert len(walk.seen) == len(set(walk.seen))
    assert set(posts.visible) <= set(walk.seen)


class Marks:
    """What a user likes or has bookmarked, of some posts of somebody else."""

    def __init__(self, author: int, kind: str) -> None:
        self.user = Person().id
        self.others = [services.create(author=author, draft=Draft(content="x")).id for _ in range(8)]
        self.marked: list[int] = []
        self.ever: set[int] = set()
        bookmarks = kind == "bookmarks"
        self._add = services.bookmark if bookmarks else services.like
        self._remove = services.unbookmark if bookmarks else services.unlike
        self._bookmarks = bookmarks

    def change(self, number: int) -> None:
        post = self.others[number % len(self.others)]
        if post in self.marked:
            self._remove(user=self.user, post=post)
            self.marked.remove(post)
        elif post not in self.ever:
            self._add(user=self.user, post=post)
            self.marked.append(post)
            self.ever.add(post)

    def read(self, request: PageRequest) -> Page[bytes]:
        if self._bookmarks:
            return lists.bookmarks(self.user, request=request)
        return lists.posts_liked_by(self.user, viewer=None, request=request)


@pytest.fixture(scope="module")
def author() -> int:
    return Person().id


@pytest.mark.parametrize("kind", ["likes", "bookmarks"])
@pytest.mark.parametrize("lag", [0, 2])
@examples(8)
@given(
    before=st.lists(st.integers(0, 7), max_size=8),
    limit=st.integers(1, 4),
    between=st.lists(st.tuples(st.sampled_from(["toggle", "older"]), st.integers(0, 7)), max_size=12),
)
def test_what_a_user_likes_or_has_bookmarked(
    author: int, kind: str, lag: int, before: list[int], limit: int, between: list[tuple[str, int]]
) -> None:
    marks = Marks(author, kind)
    with configured(test_index_delay_seconds=lag) if lag else nullcontext():
        for number in before:
            marks.change(number)
        at_first = set(marks.marked)
        walk = Walk(marks.read, limit)
        for what, number in between:
            walk.older() if what == "older" else marks.change(number)
        while walk.older():
            pass
    assert len(walk.seen) == len(set(walk.seen))
    assert at_first & set(marks.marked) <= set(walk.seen)


@examples(8)
@given(
    before=st.sets(st.integers(0, 9)),
    limit=st.integers(1, 4),
    between=st.lists(st.tuples(st.sampled_from(["toggle", "older"]), st.integers(0, 9)), max_size=12),
)
def test_who_likes_a_post(
    author: int, people: list[int], before: set[int], limit: int, between: list[tuple[str, int]]
) -> None:
    post = services.create(author=author, draft=Draft(content="x")).id
    stayed = set(before)
    for number in before:
        services.like(user=people[number], post=post)
    walk = Walk(lambda request: lists.likers(post, viewer=author, request=request), limit)
    for what, number in between:
        if what == "older":
            walk.older()
        elif number in stayed:
            services.unlike(user=people[number], post=post)
            stayed.remove(number)
        else:
            services.like(user=people[number], post=post)
    while walk.older():
        pass
    assert walk.seen == sorted(set(walk.seen), reverse=True)
    assert {people[number] for number in stayed} <= set(walk.seen)


@pytest.fixture(scope="module")
def people() -> list[int]:
    return [Person().id for _ in range(10)]
