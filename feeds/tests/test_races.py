"""Races of those who write, those who deliver and those who read, while the indexes lag."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import ModuleType

import orjson
import pytest

from echomate import cache, dynamodb, ids, keys, timelines
from echomate.paging import PageRequest
from echomate.stream import wake
from echomate.testing.client import Person
from echomate.testing.configuration import configured
from echomate.testing.projecting import Projecting
from echomate.testing.races import PATIENCE_SECONDS, busy, dawdle, halting, together
from feeds import building, fan_out, merge, selectors
from feeds.tests.network import person, post, read_home
from posts.services import publishing
from social import services as social
from social.services import following

pytestmark = pytest.mark.timed

SignUp = Callable[..., Person]

ROUNDS = 3
DEPTH = 8
YOUNG_SECONDS = 2
SHORT_LAG_SECONDS = 0.8


@pytest.fixture(autouse=True)
def _lag() -> Iterator[None]:
    with configured(
        test_index_delay_seconds=2, feed_depth=DEPTH, feed_cap=2 * DEPTH, rate_limit_factor=1000.0
    ):
        yield


@pytest.fixture
def close_races(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step of a delivery, of a builder and of a follow takes its time."""
    dawdle(monkeypatch, fan_out, "announce", "followers_after", "fresh_followers", "push")
    dawdle(monkeypatch, building, "merge")
    dawdle(monkeypatch, merge, "followed_ids", "_read_lists")
    dawdle(monkeypatch, following, "_put", "tell")


@pytest.fixture(params=["the web process announces", "the web process dies after its put"])
def _web(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The projector alone must be enough."""
    if "dies" in request.param:
        monkeypatch.setattr(publishing, "tell", lambda *_: wake.wake())


def home(reader: int) -> list[int]:
    return read_home(reader, limit=DEPTH)[0]


# --- follow, unfollow and block against a post ------------------------------------------------------------------------


@pytest.mark.usefixtures("close_races", "_web")
def test_a_post_reaches_one_who_begins_to_follow_at_the_same_time(projector: Projecting) -> None:
    author = person()
    for _ in range(ROUNDS):
        reader = person()
        home(reader)
        new, *_ = together(
            partial(post, author),
            partial(social.follow, follower=reader, followed=author),
            partial(home, reader),
        )
        projector.catch_up()
        assert new in home(reader)


def test_a_post_reaches_one_who_has_begun_to_follow_a_moment_ago(projector: Projecting) -> None:
    """The home was made again since, and the index doesn't show the edge yet."""
    author, reader = person(), person()
    social.follow(follower=reader, followed=author)
    projector.catch_up()
    assert home(reader) == []
    new = post(author)
    projector.catch_up()
    assert home(reader) == [new]


@pytest.mark.usefixtures("close_races")
def test_a_post_never_shows_to_one_who_has_unfollowed_at_the_same_time(projector: Projecting) -> None:
    author, reader = person(), person()
    for _ in range(ROUNDS):
        social.follow(follower=reader, followed=author)
        home(reader)
        new, _ = together(lambda: post(author), lambda: social.unfollow(follower=reader, followed=author))
        assert home(reader) == []
        projector.catch_up()
        assert home(reader) == []
        social.follow(follower=reader, followed=author)
        assert new in home(reader)


def test_a_post_never_shows_to_one_who_is_blocked_at_the_same_time(projector: Projecting) -> None:
    author = person()
    for n in range(ROUNDS):
        reader = person()
        social.follow(follower=reader, followed=author)
        home(reader)
        pair = (author, reader) if n % 2 else (reader, author)
        together(
            lambda: post(author),
            partial(social.block, blocker=pair[0], blocked=pair[1]),
        )
        assert home(reader) == []
        projector.catch_up()
        assert home(reader) == []


# --- builders ---------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("close_races", "_web")
def test_a_post_that_arrives_while_a_home_is_made_is_in_it(projector: Projecting) -> None:
    author, reader = person(), person()
    social.follow(follower=reader, followed=author)
    made: list[int] = []
    for _ in range(ROUNDS):
        cache.ask(("DEL", keys.feed(reader)))
        new, _ = together(lambda: post(author), lambda: home(reader))
        made.insert(0, new)
        projector.catch_up()
        assert home(reader) == made[:DEPTH]


@pytest.mark.usefixtures("close_races")
def test_whom_one_begins_to_follow_while_the_home_is_made_is_in_it_right_afterwards() -> None:
    reader = person()
    for _ in range(ROUNDS):
        author = person()
        new = post(author)
        cache.ask(("DEL", keys.feed(reader)))
        together(lambda: home(reader), partial(social.follow, follower=reader, followed=author))
        assert new in home(reader)


@pytest.mark.usefixtures("close_races")
def test_builders_in_several_processes_do_not_spoil_each_others_home(projector: Projecting) -> None:
    author, reader = person(), person()
    social.follow(follower=reader, followed=author)
    made = [post(author) for _ in range(DEPTH)][::-1]
    projector.catch_up()
    for _ in range(ROUNDS):
        cache.ask(("DEL", keys.feed(reader)))
        found = together(
            *[lambda: building._build(reader)] * 3,
            lambda: made.insert(0, post(author)),
        )
        assert all(set(one.ids[:DEPTH]) <= set(made) for one in found[:3])
        projector.catch_up()
        assert home(reader) == made[:DEPTH]


def test_many_readers_of_one_home_are_served_from_one_merge(monkeypatch: pytest.MonkeyPatch) -> None:
    author, reader = person(), person()
    social.follow(follower=reader, followed=author)
    made = [post(author) for _ in range(DEPTH)][::-1]
    merges = 0

    def counting(reader: int) -> merge.Merged:
        nonlocal merges
        merges += 1
        time.sleep(0.5)  # all have looked by then, and found nothing
        return merge.merge(reader)

    monkeypatch.setattr(building, "merge", counting)
    assert together(*[lambda: home(reader)] * 8) == [made] * 8
    assert merges == 1


# --- one who stands still at any step, while another does all they do -------------------------------------------------

DELIVERING = [(fan_out, name) for name in ("announce", "followers_after", "fresh_followers", "push")]
BUILDING = [(building, "merge"), (merge, "followed_ids"), (merge, "_read_lists"), (merge, "_deepen")]
FOLLOWING = [(following, "_put"), (following, "tell")]


def steps(of: list[tuple[ModuleType, str]]) -> pytest.MarkDecorator:
    cases = [(where, name, after) for where, name in of for after in (False, True)]
    names = [f"{'after' if after else 'before'} {name}" for _, name, after in cases]
    return pytest.mark.parametrize(("where", "name", "after"), cases, ids=names)


@steps(DELIVERING)
@pytest.mark.usefixtures("_web")
def test_a_home_that_is_made_while_a_delivery_stands_still_gets_the_post(
    where: ModuleType, name: str, *, after: bool, projector: Projecting
) -> None:
    author, reader = person(), person()
    social.follow(follower=reader, followed=author)
    projector.catch_up()
    with halting(where, name, after=after) as delivery:
        new = post(author)
        delivery.wait()
        home(reader)
    projector.catch_up()
    assert home(reader) == [new]


@steps(DELIVERING)
@pytest.mark.usefixtures("_web")
def test_one_who_begins_to_follow_while_a_delivery_stands_still_gets_the_post(
    where: ModuleType, name: str, *, after: bool, projector: Projecting
) -> None:
    author, reader = person(), person()
    with halting(where, name, after=after) as delivery:
        new = post(author)
        delivery.wait()
        home(reader)
        social.follow(follower=reader, followed=author)
        home(reader)
    projector.catch_up()
    assert home(reader) == [new]


@steps(BUILDING)
@pytest.mark.usefixtures("_web")
def test_a_post_that_is_delivered_while_a_builder_stands_still_is_in_the_home(
    where: ModuleType, name: str, *, after: bool, projector: Projecting
) -> None:
    author, other, reader = person(), person(), person()
    social.follow(follower=reader, followed=author)
    projector.catch_up()
    with ThreadPoolExecutor() as pool, halting(where, name, after=after) as builder:
        building = pool.submit(home, reader)
        builder.wait()
        new = post(author)
        theirs = post(other)
        projector.catch_up()
        social.follow(follower=reader, followed=other)
        builder.go_on()
        building.result()
        assert home(reader) == [theirs, new]
    projector.catch_up()
    assert home(reader) == [theirs, new]


@steps(FOLLOWING)
@pytest.mark.usefixtures("_web")
def test_a_post_that_is_delivered_while_a_follow_stands_still_is_in_the_home(
    where: ModuleType, name: str, *, after: bool, projector: Projecting
) -> None:
    author, reader = person(), person()
    home(reader)
    with ThreadPoolExecutor() as pool, halting(where, name, after=after) as follow:
        under_way = pool.submit(social.follow, follower=reader, followed=author)
        follow.wait()
        home(reader)
        new = post(author)
        projector.catch_up()
        home(reader)
        follow.go_on()
        under_way.result()
        assert home(reader) == [new]
    projector.catch_up()
    assert home(reader) == [new]


# --- losses -----------------------------------------------------------------------------------------------------------


def eventually_home(reader: int, expected: list[int]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while (found := home(reader)) != expected:
        assert time.monotonic() < end, f"{found} is not {expected}"
        time.sleep(0.1)


def test_a_redis_that_is_emptied_in_the_midst_loses_nothing(
    projector: Projecting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timelines, "YOUNG_SECONDS", YOUNG_SECONDS)
    authors, readers = [person() for _ in range(3)], [person() for _ in range(3)]
    for reader in readers:
        for author in authors:
            social.follow(follower=reader, followed=author)

    def flush() -> None:
        time.sleep(0.05)
        cache.ask(("FLUSHALL",))

    made: list[int] = []
    with configured(test_index_delay_seconds=SHORT_LAG_SECONDS):
        with busy(flush, *(partial(home, reader) for reader in readers)):
            for n in range(20):
                made.insert(0, post(authors[n % 3]))
        projector.catch_up()
        for reader in readers:
            eventually_home(reader, made[:DEPTH])


def test_what_is_built_from_a_list_with_a_gap_does_not_outlive_the_gap(
    projector: Projecting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The author's list is made anew right after a loss, from an index that lags; a home is built from it later."""
    young = 2 * YOUNG_SECONDS
    monkeypatch.setattr(timelines, "YOUNG_SECONDS", young)
    author, early, late = person(), person(), person()
    for reader in (early, late):
        social.follow(follower=reader, followed=author)
    old, new = post(author), post(author)
    projector.catch_up()
    cache.ask(("FLUSHALL",))
    home(person())
    time.sleep(young - 3)
    with monkeypatch.context() as patch:
        patch.setattr(dynamodb, "_shows", lambda _, item: ids.pad(new) not in str(item))
        assert home(early) == [old]
    with configured(test_index_delay_seconds=0):
        time.sleep(3.2)
        home(late)
        for reader in (early, late):
            eventually_home(reader, [new, old])


def test_a_list_that_was_made_after_a_loss_does_not_take_new_posts_with_it_when_it_goes(
    projector: Projecting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is pushed just before a list is made anew is not in the index yet."""
    monkeypatch.setattr(timelines, "YOUNG_SECONDS", YOUNG_SECONDS)
    author, reader = person(), person()
    social.follow(follower=reader, followed=author)
    made = [post(author)]
    cache.ask(("FLUSHALL",))
    end = time.monotonic() + 2 * YOUNG_SECONDS
    while time.monotonic() < end or len(made) < DEPTH:
        home(reader)
        public(reader)
        time.sleep(0.3)
        made.insert(0, post(author))
        projector.catch_up()
    assert home(reader) == made[:DEPTH]
    assert public(reader) == home(reader)


def test_a_page_that_is_read_after_a_loss_does_not_hide_what_is_newer() -> None:
    made = [post(person()) for _ in range(4)][::-1]
    with configured(test_index_delay_seconds=0):
        assert public(person(), bound=made[1])[:2] == made[2:]
        assert public(person())[:4] == made


def public(viewer: int, *, bound: int | None = None) -> list[int]:
    request = PageRequest("timeline", DEPTH, bound)
    page = selectors.public(viewer, request, opening=cache.ask(*selectors.public_reads(request)))
    return [int(orjson.loads(item)["id"]) for item in page.items]
