"""Pages of a list that changes while it is walked: either way nothing comes twice, and nothing that stays is missed."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from echomate import ids, paging
from echomate.errors import Invalid
from echomate.paging import Page, PageRequest
from echomate.testing.examples import examples

pytestmark = pytest.mark.pure

LIST = "things"
URL = "https://example.org/things"


@dataclass
class Things:
    """A list by id, of which some are hidden."""

    shown: set[int] = field(default_factory=set)
    hidden: set[int] = field(default_factory=set)

    def page(self, request: PageRequest) -> Page[int]:
        def fetch(bound: int | None, count: int) -> list[int]:
            everything = sorted(self.shown | self.hidden, reverse=not request.newer)
            beyond = [
                one for one in everything if bound is None or (one > bound if request.newer else one < bound)
            ]
            return beyond[:count]

        def hydrate(rows: Sequence[int]) -> list[int | None]:
            return [row if row in self.shown else None for row in rows]

        return paging.fill(request, fetch, hydrate, lambda row: row)


def follow(link: str | None) -> PageRequest:
    """The request that a link of an answer makes."""
    assert link is not None
    query = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
    return paging.page_request(query, LIST)


class Walk(RuleBasedStateMachine):
    """One who walks down a list from its top, and at any time up again, while it changes."""

    def __init__(self) -> None:
        super().__init__()
        self.things = Things()
        self.newest = 1000
        self.request: PageRequest | None = PageRequest(LIST, 3)
        self.down: list[int] = []
        self.up: list[int] = []
        self.up_link: str | None = None
        self.stays: set[int] = set()
        """What was there at the beginning and is still shown: a walk to the end has seen all of it."""
        self.new_since: set[int] = set()
        self.ended = False

    @precondition(lambda self: not self.down and not self.ended)
    @rule(shown=st.lists(st.booleans(), min_size=1, max_size=12))
    def begin(self, shown: list[bool]) -> None:
        for is_shown in shown:
            self.newest += 1
            (self.things.shown if is_shown else self.things.hidden).add(self.newest)
        self.stays = set(self.things.shown)

    @rule(is_shown=st.booleans())
    def arrive(self, *, is_shown: bool) -> None:
        self.newest += 1
        (self.things.shown if is_shown else self.things.hidden).add(self.newest)
        if is_shown:
            self.new_since.add(self.newest)

    @precondition(lambda self: self.things.shown)
    @rule(data=st.data(), hides=st.booleans())
    def go(self, *, data: st.DataObject, hides: bool) -> None:
        one = data.draw(st.sampled_from(sorted(self.things.shown)))
        self.things.shown.discard(one)
        self.stays.discard(one)
        self.new_since.discard(one)
        if hides:
            self.things.hidden.add(one)

    @precondition(lambda self: self.request is not None)
    @rule(limit=st.integers(1, 5))
    def next_page(self, limit: int) -> None:
        assert self.request is not None
        request = PageRequest(LIST, limit, self.request.bound)
        page = self.things.page(request)
        links = paging.links(page, request, url=URL)
        if not self.down:
            self.stays, self.new_since = set(self.things.shown), set()
            self.up_link = links["previous"]
        assert len(page.items) <= limit
        assert not page.items or page.next is None or len(page.items) == limit
        self.down += page.items
        self.request = follow(links["next"]) if links["next"] else None
        self.ended = self.request is None

    @precondition(lambda self: self.up_link is not None)
    @rule(limit=st.integers(1, 5))
    def previous_page(self, limit: int) -> None:
        asked = follow(self.up_link)
        request = PageRequest(LIST, limit, asked.bound, newer=asked.newer)
        page = self.things.page(request)
        links = paging.links(page, request, url=URL)
        if not page.items and page.previous == request.bound:
            assert page.next == request.bound
        self.up[:0] = page.items
        self.up_link = links["previous"]

    @invariant()
    def nothing_comes_twice_or_out_of_order(self) -> None:
        for walked in (self.down, self.up):
            assert walked == sorted(set(walked), reverse=True)
        assert not set(self.down) & set(self.up)

    @invariant()
    def nothing_that_stays_is_missed(self) -> None:
        lowest = 0 if self.ended else min(self.down, default=self.newest + 1)
        assert {one for one in self.stays if one >= lowest} <= set(self.down)

    def teardown(self) -> None:
        if self.up_link is None:
            return
        for _ in range(200):
            if not (page := self.things.page(request := follow(self.up_link))).items and (
                page.previous == request.bound
            ):
                break
            self.up[:0] = page.items
            self.up_link = paging.links(page, request, url=URL)["previous"]
        assert self.new_since <= set(self.up)
        self.nothing_comes_twice_or_out_of_order()


def test_a_walk_repeats_nothing_and_misses_nothing() -> None:
    run_state_machine_as_test(Walk, settings=examples(150, steps=25))


@examples(100)
@given(shown=st.sets(st.integers(1, 500)), hidden=st.sets(st.integers(1, 500)), limit=st.integers(1, 50))
def test_down_and_up_again_is_the_same_list(shown: set[int], hidden: set[int], limit: int) -> None:
    things = Things(shown - hidden, hidden)
    expected = sorted(things.shown, reverse=True)
    down, last = walk(things, PageRequest(LIST, limit), "next")
    assert down == expected
    if last is not None:
        up, _ = walk(things, PageRequest(LIST, limit, 0, newer=True), "previous")
        assert up == expected


def test_from_an_empty_page_one_comes_back_to_the_item_right_above_it() -> None:
    things = Things({1, 2, 3})
    first = PageRequest(LIST, 2)
    down = follow(paging.links(things.page(first), first, url=URL)["next"])
    things.shown.remove(1)
    empty = things.page(down)
    assert empty.items == []
    assert things.page(follow(paging.links(empty, down, url=URL)["previous"])).items == [3, 2]


def test_a_page_that_lacks_little_still_looks_far_beyond_what_is_hidden() -> None:
    things = Things({1, 199, 200}, set(range(2, 199)))
    page = things.page(PageRequest(LIST, 3))
    assert (page.items, page.next) == ([200, 199, 1], None)


def test_a_page_of_a_list_that_hides_nearly_everything_is_short_and_goes_on_where_it_stopped() -> None:
    things = Things({1, 1000}, set(range(2, 1000)))
    first = things.page(PageRequest(LIST, 3))
    assert first.items == [1000]
    assert first.next is not None
    assert 1 < first.next < 1000 - 2 ** (paging.REFILLS - 1)
    assert walk(things, PageRequest(LIST, 3), "next")[0] == [1000, 1]


def walk(things: Things, request: PageRequest, direction: str) -> tuple[list[int], Page[int] | None]:
    """All items that a walk meets, newest first, and its last page."""
    found: list[int] = []
    page = None
    while True:
        page = things.page(request)
        links: dict[str, Any] = paging.links(page, request, url=URL)
        found = [*found, *page.items] if direction == "next" else [*page.items, *found]
        is_end = links["next"] is None if direction == "next" else page.previous == request.bound
        if is_end:
            return found, page
        request = follow(links[direction])


@examples(100)
@given(bound=st.integers(0, ids.MAX_ID), newer=st.booleans(), seen=st.integers(0, 400))
def test_a_cursor_is_good_for_its_own_list_and_no_other(*, bound: int, newer: bool, seen: int) -> None:
    cursor = paging.encode_cursor(LIST, bound=bound, newer=newer, seen=seen)
    assert paging.decode_cursor(LIST, cursor) == (bound, newer, seen)
    with pytest.raises(Invalid):
        paging.decode_cursor("other things", cursor)


@examples(100)
@given(text=st.text(max_size=40) | st.binary(max_size=40).map(lambda raw: raw.hex()), cut=st.integers(0, 30))
def test_what_is_no_cursor_is_refused(text: str, cut: int) -> None:
    whole = paging.encode_cursor(LIST, bound=ids.MAX_ID, newer=False)
    for forged in (text, whole[:cut] + text, whole[:cut] + text + whole[cut + 1 :]):
        if forged != whole:
            with pytest.raises(Invalid):
                paging.decode_cursor(LIST, forged)


names = st.text(alphabet="a1o.:\n", max_size=12)
payloads = names | st.from_regex(r"[no][0-9]{0,60}\.[0-9]{0,9}", fullmatch=True)


@examples(300)
@given(
    of=names,
    payload=payloads,
    bound=st.integers(0, ids.MAX_ID),
    newer=st.booleans(),
    seen=st.integers(0, 400),
)
@example(of="ab\no5.0", payload="o5.0\nn7.0", bound=7, newer=True, seen=0)
def test_the_tag_of_one_list_is_good_for_no_other(
    *, of: str, payload: str, bound: int, newer: bool, seen: int
) -> None:
    """However the list's name and what follows it are cut anew."""
    cursor = paging.encode_cursor(of, bound=bound, newer=newer, seen=seen)
    raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    tag, own = raw[: paging.MAC_BYTES], raw[paging.MAC_BYTES :].decode()
    joined = f"{of}\n{own}"
    cuts = [(joined[:n], joined[n + 1 :]) for n, letter in enumerate(joined) if letter == "\n"]
    for name, rest in {(of, payload), *cuts, *((joined[:n], joined[n:]) for n in range(len(joined)))}:
        forged = base64.urlsafe_b64encode(tag + rest.encode()).decode().rstrip("=")
        if (name, rest) == (of, own):
            assert paging.decode_cursor(name, forged) == (bound, newer, seen)
        else:
            with pytest.raises(Invalid):
                paging.decode_cursor(name, forged)
