"""What a viewer is told of others is right at once after each write, whatever Redis and the indexes hold."""

import itertools

import pytest

from echomate import cache, keys, metering
from echomate.testing.configuration import configured
from social import selectors, services
from social.selectors import Relation

pytestmark = pytest.mark.store

_ids = itertools.count(2 * 10**18)


@pytest.fixture
def people() -> tuple[int, int]:
    return next(_ids), next(_ids)


def between(viewer: int, other: int) -> Relation:
    return selectors.relations(viewer, [other])[other]


def warm(ann: int, bob: int) -> None:
    for one, other in ((ann, bob), (bob, ann)):
        between(one, other)
        between(one, other)


def test_strangers_have_no_relation(people: tuple[int, int]) -> None:
    assert between(*people) == Relation()


@pytest.mark.usefixtures("lagging_index")
def test_a_follow_shows_at_once_on_both_sides(people: tuple[int, int]) -> None:
    ann, bob = people
    warm(ann, bob)
    services.follow(follower=ann, followed=bob)
    assert between(ann, bob) == Relation(following=True)
    assert between(bob, ann) == Relation(followed_by=True)


@pytest.mark.usefixtures("lagging_index")
def test_an_unfollow_shows_at_once_on_both_sides(people: tuple[int, int]) -> None:
    ann, bob = people
    services.follow(follower=ann, followed=bob)
    warm(ann, bob)
    services.unfollow(follower=ann, followed=bob)
    assert between(ann, bob) == between(bob, ann) == Relation()


def test_a_block_and_its_end_show_at_once_on_both_sides(people: tuple[int, int]) -> None:
    ann, bob = people
    services.follow(follower=bob, followed=ann)
    warm(ann, bob)
    services.block(blocker=ann, blocked=bob)
    assert between(ann, bob) == Relation(blocking=True)
    assert between(bob, ann) == Relation(blocked_by=True)
    services.unblock(blocker=ann, blocked=bob)
    assert between(ann, bob) == between(bob, ann) == Relation()


def test_warm_relations_take_one_round_trip_and_no_read_of_the_table(people: tuple[int, int]) -> None:
    ann, bob = people
    others = [bob, *itertools.islice(_ids, 19)]
    services.follow(follower=ann, followed=bob)
    selectors.relations(ann, others)
    with metering.metering() as meter:
        found = selectors.relations(ann, others)
    assert found[bob].following
    assert not any(found[other].following for other in others[1:])
    assert (len(meter.redis), meter.dynamodb) == (1, [])


def test_a_flush_of_redis_changes_no_relation(people: tuple[int, int]) -> None:
    ann, bob = people
    services.follow(follower=ann, followed=bob)
    warm(ann, bob)
    cache.ask(("FLUSHALL",))
    assert between(ann, bob) == Relation(following=True)
    assert between(bob, ann) == Relation(followed_by=True)


def test_a_reader_that_read_before_a_follow_leaves_no_old_value(people: tuple[int, int]) -> None:
    """The lease of a slow reader is gone with the follow's deletion, so what it read fills nothing."""
    ann, bob = people

    def read_then_follow() -> list[int]:
        before = selectors.followed_ids(ann)
        services.follow(follower=ann, followed=bob)
        return before

    cache.fill_set(keys.following_set(ann), read_then_follow, seconds=60)
    assert between(ann, bob).following


def test_followers_come_newest_first_below_a_bound(people: tuple[int, int]) -> None:
    ann, _ = people
    followers = list(itertools.islice(_ids, 5))
    for follower in followers:
        services.follow(follower=follower, followed=ann)
    edges = selectors.followers_after(ann, None, 10)
    assert sorted(edges, reverse=True) == edges
    assert {follower for _, follower in edges} == set(followers)
    assert selectors.followers_after(ann, edges[1][0], 2) == edges[2:4]


def test_the_index_lags_and_the_fresh_followers_make_up_for_it(people: tuple[int, int]) -> None:
    ann, bob = people
    services.follow(follower=bob, followed=ann)
    with configured(test_index_delay_seconds=600):
        assert selectors.followers_after(ann, None, 10) == []
        assert selectors.fresh_followers(ann) == [bob]
        assert selectors.followed_ids(bob) == [ann]
