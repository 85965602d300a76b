"""Follow, unfollow, block, unblock: the facts they leave, what they cost, and what they refuse."""

import itertools
import threading

import pytest

from echomate import cache, dynamodb, keys, metering, table
from echomate.errors import Forbidden, Invalid, NotFound
from echomate.testing.proxy import Proxy
from social import selectors, services
from social.models import Follow
from social.services import following

pytestmark = pytest.mark.store

_ids = itertools.count(10**18)


@pytest.fixture
def people() -> tuple[int, int]:
    """Two ids that nobody has used."""
    return next(_ids), next(_ids)


def edge(follower: int, followed: int) -> dynamodb.Wire | None:
    return table.get_item(keys.follow(follower, followed))


def test_a_follow_is_one_item_with_the_keys_of_both_sides(people: tuple[int, int]) -> None:
    ann, bob = people
    assert services.follow(follower=ann, followed=bob).is_new
    item = edge(ann, bob)
    assert item is not None
    assert (item["GSI1PK"]["S"], item["GSI2PK"]["S"]) == (keys.followers(bob), keys.follows(ann))
    assert item["GSI1SK"] == item["GSI2SK"]
    assert int(item["GSI1SK"]["S"]) == int(item["Id"]["N"])


def test_a_follow_costs_three_write_units_and_one_read_of_what_may_forbid_it(people: tuple[int, int]) -> None:
    ann, bob = people
    with metering.metering() as meter:
        services.follow(follower=ann, followed=bob)
    assert [operation for operation, _ in meter.dynamodb] == ["BatchGetItem", "PutItem"]
    assert meter.dynamodb[1] == ("PutItem", 3.0)
    assert len(meter.redis) == 1


def test_following_again_changes_nothing(people: tuple[int, int]) -> None:
    ann, bob = people
    services.follow(follower=ann, followed=bob)
    before = edge(ann, bob)
    assert not services.follow(follower=ann, followed=bob).is_new
    assert edge(ann, bob) == before


def test_an_unfollow_deletes_the_edge_once(people: tuple[int, int]) -> None:
    ann, bob = people
    services.follow(follower=ann, followed=bob)
    assert services.unfollow(follower=ann, followed=bob)
    assert not services.unfollow(follower=ann, followed=bob)
    assert edge(ann, bob) is None


@pytest.mark.parametrize("verb", ["follow", "unfollow"])
def test_nobody_follows_themselves(verb: str, people: tuple[int, int]) -> None:
    with pytest.raises(Invalid):
        getattr(services, verb)(follower=people[0], followed=people[0])


@pytest.mark.parametrize("verb", ["block", "unblock"])
def test_nobody_blocks_themselves(verb: str, people: tuple[int, int]) -> None:
    with pytest.raises(Invalid):
        getattr(services, verb)(blocker=people[0], blocked=people[0])


def test_a_block_ends_the_follows_both_ways(people: tuple[int, int]) -> None:
    ann, bob = people
    services.follow(follower=ann, followed=bob)
    services.follow(follower=bob, followed=ann)
    assert services.block(blocker=ann, blocked=bob)
    assert edge(ann, bob) is None
    assert edge(bob, ann) is None
    assert selectors.parted(ann, [bob])
    assert selectors.parted(bob, [ann])


def test_blocking_again_changes_nothing(people: tuple[int, int]) -> None:
    ann, bob = people
    services.block(blocker=ann, blocked=bob)
    before = table.get_item(keys.block(ann, bob))
    assert not services.block(blocker=ann, blocked=bob)
    assert table.get_item(keys.block(ann, bob)) == before


def test_the_blocked_one_does_not_find_whom_to_follow(people: tuple[int, int]) -> None:
    ann, bob = people
    services.block(blocker=ann, blocked=bob)
    with pytest.raises(NotFound):
        services.follow(follower=bob, followed=ann)
    assert edge(bob, ann) is None


def test_the_blocker_is_told_to_unblock_first(people: tuple[int, int]) -> None:
    ann, bob = people
    services.block(blocker=ann, blocked=bob)
    with pytest.raises(Forbidden):
        services.follow(follower=ann, followed=bob)
    assert edge(ann, bob) is None


def test_those_who_block_each_other_do_not_find_each_other(people: tuple[int, int]) -> None:
    ann, bob = people
    services.block(blocker=ann, blocked=bob)
    services.block(blocker=bob, blocked=ann)
    for one, other in (people, people[::-1]):
        with pytest.raises(NotFound):
            services.follow(follower=one, followed=other)


def test_after_an_unblock_one_may_follow_again_but_no_follow_comes_back(people: tuple[int, int]) -> None:
    ann, bob = people
    services.follow(follower=bob, followed=ann)
    services.block(blocker=ann, blocked=bob)
    services.unblock(blocker=ann, blocked=bob)
    assert not selectors.parted(ann, [bob])
    assert edge(bob, ann) is None
    assert services.follow(follower=bob, followed=ann).is_new


def test_an_unblock_leaves_the_others_block(people: tuple[int, int]) -> None:
    ann, bob = people
    services.block(blocker=ann, blocked=bob)
    services.block(blocker=bob, blocked=ann)
    services.unblock(blocker=ann, blocked=bob)
    assert selectors.parted(ann, [bob])


def test_without_redis_one_follows_and_blocks_all_the_same(
    people: tuple[int, int], redis_proxy: Proxy
) -> None:
    ann, bob = people
    redis_proxy.refuse()
    assert services.follow(follower=ann, followed=bob).is_new
    assert selectors.relations(ann, [bob])[bob].following
    assert selectors.relations(bob, [ann])[ann].followed_by
    assert services.block(blocker=bob, blocked=ann)
    assert not selectors.relations(ann, [bob])[bob].following
    assert selectors.relations(ann, [bob])[bob].blocked_by
    assert selectors.fresh_followers(bob) == []


def test_a_put_whose_answer_is_lost_still_counts_as_a_new_follow(
    people: tuple[int, int], dynamodb_proxy: Proxy
) -> None:
    """The put arrives, its answer doesn't: the transport tries again, and its own edge is no conflict."""
    ann, bob = people
    assert edge(ann, bob) is None
    dynamodb_proxy.cut_after(0)
    healing = threading.Timer(0.3, dynamodb_proxy.heal)
    healing.start()
    assert following._put(Follow.between(follower=ann, followed=bob))
    healing.join()
    assert edge(ann, bob) is not None


def test_a_follow_makes_the_follower_fresh_and_drops_the_feed(people: tuple[int, int]) -> None:
    ann, bob = people
    cache.ask(("RPUSH", keys.feed(ann), 1))
    services.follow(follower=ann, followed=bob)
    assert selectors.fresh_followers(bob) == [ann]
    assert cache.ask(("EXISTS", keys.feed(ann))) == [0]
