"""Timelines under any interleaving: what is pushed, put in late, appended by readers and made by builders stays in."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
    run_state_machine_as_test,
)

from echomate import cache, keys, timelines
from echomate.config import config
from echomate.testing.examples import examples
from echomate.timelines import END, Extension, Source, Timeline

AUTHOR = "author:1"
HOME = "feed:1"
STEP = 1 << 22
DEPTH = config.feed_cap // 2
LATE_STEPS = 3
"""How many newer posts there may be before one counts as late."""
FIRST = 2 * 10**18
"""Ids have all the digits that real ones have, and more than a double can tell apart."""


def read(key: str) -> Timeline:
    return timelines.timeline(cache.ask(timelines.head(key))[0])


def read_source() -> Source:
    return timelines.source(cache.ask(timelines.head(AUTHOR))[0])


def lose_nothing_lately() -> None:
    cache.ask(*(("SET", keys.epoch(number), 1) for number in range(timelines.EPOCHS)))


ids = st.one_of(
    st.integers(FIRST, FIRST + 12),  # numbers that are one and the same to a double
    st.integers(90, 110),
    st.integers(1, 2**63 - 1),
)


@examples(60)
@given(
    there=st.lists(ids, min_size=1, max_size=config.feed_cap - 1, unique=True),
    late=st.lists(ids, max_size=5),
    ended=st.booleans(),
)
def test_what_is_late_goes_to_its_sorted_place_once(
    *, there: list[int], late: list[int], ended: bool
) -> None:
    cache.ask(("DEL", AUTHOR), ("RPUSH", AUTHOR, *sorted(there, reverse=True), *[END] * ended))
    expected = set(there)
    for post in late:
        cache.ask(timelines.insert_into_source(AUTHOR, post))
        if ended or post > min(expected):
            expected = set(sorted({*expected, post}, reverse=True)[: config.feed_cap])
            ended = ended and len(expected) < config.feed_cap
    (reply,) = cache.ask(timelines.head(AUTHOR))
    assert [int(element) for element in reply] == sorted(expected, reverse=True) + [END] * ended


def test_nothing_is_put_into_a_list_that_does_not_exist() -> None:
    assert cache.ask(
        timelines.insert(HOME, 1), timelines.deliver(HOME, 2), timelines.deliver_once(HOME, 3)
    ) == [0, 0, 0]
    assert cache.ask(timelines.finish(HOME, -5, [4], seconds=60)) == [0]
    timelines.extend([Extension(HOME, b"7", None, [6, 5]), Extension(HOME, None, b"-7", [6])], seconds=60)
    assert read(HOME).ids == []


def test_what_was_appended_after_a_loss_is_read_again_when_the_index_has_caught_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cache.ask(timelines.announce(AUTHOR, 90, seconds=60))
    assert timelines.extend([Extension(AUTHOR, b"90", None, [70, END])], seconds=60)
    cache.ask(timelines.announce(AUTHOR, 95, seconds=60), timelines.insert_into_source(AUTHOR, 75))
    doubtful = read_source()
    assert (doubtful.ids, doubtful.ended, doubtful.doubtful) == ([95, 90, 75, 70], True, True)
    monkeypatch.setattr(timelines, "YOUNG_SECONDS", 0)
    firm = read_source()
    assert (firm.ids, firm.ended, firm.doubtful) == ([95, 90], False, False)
    lose_nothing_lately()
    assert not timelines.extend([Extension(AUTHOR, firm.last, firm.stale, [80, 75, 70, END])], seconds=60)
    assert read_source() == Source([95, 90, 80, 75, 70], ended=True, last=b"0")


def test_a_source_that_is_all_in_doubt_is_read_again_from_its_top(monkeypatch: pytest.MonkeyPatch) -> None:
    timelines.extend([Extension(AUTHOR, None, None, [70, END])], seconds=60)
    monkeypatch.setattr(timelines, "YOUNG_SECONDS", 0)
    again = read_source()
    assert (again.ids, again.last) == ([], None)
    lose_nothing_lately()
    timelines.extend([Extension(AUTHOR, None, again.stale, [80, 70, END])], seconds=60)
    assert read_source() == Source([80, 70], ended=True, last=b"0")


def test_what_was_announced_out_of_order_is_trimmed_in_order() -> None:
    posts = list(range(90, 90 + config.feed_cap))
    for post in [posts[1], posts[0], *posts[2:], 200]:
        cache.ask(timelines.announce(AUTHOR, post, seconds=60))
    assert read_source().ids == [200, *reversed(posts[1:])]


def test_nothing_is_appended_below_what_was_trimmed_meanwhile() -> None:
    posts = list(range(90, 90 + config.feed_cap))
    for post in [posts[1], posts[0], *posts[2:]]:
        cache.ask(timelines.announce(AUTHOR, post, seconds=60))
    known = read_source()
    cache.ask(timelines.announce(AUTHOR, 200, seconds=60), timelines.withdraw(AUTHOR, posts[5]))
    timelines.extend([Extension(AUTHOR, known.last, known.stale, [80, END], known.ids[-1])], seconds=60)
    assert read_source().ids == [200, *reversed([post for post in posts[1:] if post != posts[5]])]


@dataclass
class Reader:
    """One who completes an author's list from the index: they read the list, then the index, then append."""

    known: list[int]
    last: bytes | None
    stale: bytes | None
    older: list[int] = field(default_factory=list)
    ended: bool = False


class AuthorsList(RuleBasedStateMachine):
    """An author's list: whatever happens, it has all that was announced, from its newest post down to its last."""

    written: list[int]
    pending = Bundle("pending")
    announced = Bundle("announced")
    begun = Bundle("begun")
    read_index = Bundle("read_index")

    def __init__(self) -> None:
        super().__init__()
        cache.ask(("DEL", AUTHOR))
        lose_nothing_lately()
        self.posts: set[int] = set()
        self.announced_posts: set[int] = set()
        self.next = FIRST

    @rule(target=pending)
    def write(self) -> int:
        """A post is in the table, and its record in the stream."""
        self.next += STEP
        self.posts.add(self.next)
        return self.next

    @rule(target=announced, post=consumes(pending))
    def announce(self, post: int) -> int:
        cache.ask(timelines.announce(AUTHOR, post, seconds=60))
        self.announced_posts.add(post)
        return post

    @rule(post=announced)
    def announce_again(self, post: int) -> None:
        """The projector after the web process, or after a takeover."""
        if post in self.posts and post >= max(self.announced_posts) - 3 * STEP:
            cache.ask(timelines.announce(AUTHOR, post, seconds=60))

    @rule(post=announced)
    def put_in_late(self, post: int) -> None:
        if post in self.posts:
            cache.ask(timelines.insert_into_source(AUTHOR, post))

    @rule(post=consumes(announced))
    def delete(self, post: int) -> None:
        self.posts.discard(post)
        self.announced_posts.discard(post)
        cache.ask(timelines.withdraw(AUTHOR, post))

    @rule(target=begun)
    def read_the_list(self) -> Reader:
        line = read_source()
        return Reader(line.ids, line.last, line.stale, ended=line.ended)

    @rule(target=read_index, reader=consumes(begun), limit=st.integers(1, 6))
    def read_the_index(self, reader: Reader, limit: int) -> Reader:
        if not reader.ended:
            bound = min(reader.known, default=2**63)
            below = sorted((post for post in self.posts if post < bound), reverse=True)
            reader.older = below[:limit]
            reader.ended = len(below) < limit
        else:
            reader.ended = False
        return reader

    @rule(reader=consumes(read_index))
    def append(self, reader: Reader) -> None:
        if elements := reader.older + [END] * reader.ended:
            oldest = min(reader.known, default=None)
            timelines.extend([Extension(AUTHOR, reader.last, reader.stale, elements, oldest)], seconds=60)

    @invariant()
    def it_has_all_that_was_announced_down_to_its_last(self) -> None:
        line = read_source()
        wanted = sorted(self.announced_posts, reverse=True)
        if not line.ended and line.ids:
            wanted = [post for post in wanted if post >= line.ids[-1]]
        if line.ids or line.ended:
            assert set(wanted) - set(line.ids) == set()


@dataclass
class Builder:
    mark: int
    merged: list[int] | None = None
    ended: bool = False


class Home(RuleBasedStateMachine):
    """A reader's home, made by builders while posts arrive and follows change: once made, it is what they follow."""

    undelivered = Bundle("undelivered")
    begun = Bundle("begun")
    merged = Bundle("merged")

    def __init__(self) -> None:
        super().__init__()
        cache.ask(("DEL", HOME))
        self.known: set[int] = set()
        self.delivered: set[int] = set()
        self.next = FIRST
        self.mark = 0

    @rule(target=undelivered)
    def announce(self) -> int:
        """From here on builders find the post; the fan-out reaches this home later, and in any order."""
        self.next += STEP
        self.known.add(self.next)
        return self.next

    @rule(post=consumes(undelivered), own=st.booleans())
    def deliver(self, *, post: int, own: bool) -> None:
        if post < self.next - LATE_STEPS * STEP:
            cache.ask(timelines.insert(HOME, post))
        else:
            (length,) = cache.ask(
                timelines.deliver_once(HOME, post) if own else timelines.deliver(HOME, post)
            )
            if length > config.feed_cap:
                cache.ask(timelines.trim(HOME))
        self.delivered.add(post)

    @rule(post=undelivered)
    def deliver_before_a_takeover(self, post: int) -> None:
        """The process died after the push: the record comes again, and `deliver` or `deliver_again` follows."""
        cache.ask(timelines.insert(HOME, post))

    @rule(post=consumes(undelivered))
    def deliver_again(self, post: int) -> None:
        cache.ask(timelines.insert(HOME, post), timelines.insert(HOME, post))
        self.delivered.add(post)

    @rule()
    def follow(self) -> None:
        """A post of somebody who wasn't followed until now is the reader's too; their list is to be made anew."""
        self.next += STEP
        self.known.add(self.next)
        self.delivered.add(self.next)
        cache.ask(("DEL", HOME))

    @rule(target=begun)
    def begin(self) -> Builder:
        self.mark -= 1
        cache.ask(timelines.begin(HOME, self.mark))
        return Builder(self.mark)

    @rule(target=merged, builder=consumes(begun))
    def merge(self, builder: Builder) -> Builder:
        newest = sorted(self.known, reverse=True)
        builder.merged, builder.ended = newest[:DEPTH], len(newest) <= DEPTH
        return builder

    @rule(builder=consumes(merged))
    def finish(self, builder: Builder) -> None:
        elements = [*(builder.merged or []), *[END] * builder.ended]
        cache.ask(timelines.finish(HOME, builder.mark, elements, seconds=60))

    @invariant()
    def it_has_the_newest_that_have_arrived(self) -> None:
        """One with fewer than a feed's depth, since some are in it twice, is built again by its reader."""
        (reply,) = cache.ask(timelines.head(HOME))
        line = timelines.timeline(reply)
        assert set(line.ids) <= self.known
        if reply and not line.making and len(line.ids) >= DEPTH:
            newest = sorted({*self.delivered, *line.ids}, reverse=True)[:DEPTH]
            assert set(newest) <= set(line.ids)
        if reply and not line.making and line.ended:
            assert self.delivered <= set(line.ids)


@pytest.mark.parametrize("machine", [AuthorsList, Home])
def test_no_interleaving_loses_or_misplaces_an_id(machine: type[RuleBasedStateMachine]) -> None:
    run_state_machine_as_test(machine, settings=examples(60, steps=40))
