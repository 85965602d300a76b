"""The home feed, read as its reader does."""

import pytest

from echomate import cache, keys, timelines
from echomate.testing.projecting import Projecting
from feeds.tests.network import person, post, read_home
from social.services import follow, unfollow

pytestmark = pytest.mark.store


def test_a_home_holds_own_posts_and_those_of_whom_one_follows_newest_first() -> None:
    ann, bob, eve = person(), person(), person()
    follow(follower=ann, followed=bob)
    first, second = post(bob), post(ann)
    post(eve)
    assert read_home(ann) == ([second, first], "complete")


def test_a_post_is_pushed_to_the_homes_that_exist(projector: Projecting) -> None:
    ann, bob = person(), person()
    follow(follower=ann, followed=bob)
    assert read_home(ann) == ([], "complete")
    projector.catch_up()
    assert read_home(ann) == ([], "complete")
    new = post(bob)
    projector.catch_up()
    (line,) = cache.ask(timelines.head(keys.feed(ann)))
    assert [int(element) for element in line] == [new, timelines.END]
    assert read_home(ann)[0] == [new]


def test_own_posts_are_in_the_own_home_at_once() -> None:
    ann = person()
    assert read_home(ann)[0] == []
    new = post(ann)
    assert read_home(ann)[0] == [new]


def test_one_who_is_no_longer_followed_leaves_the_home_at_the_next_read() -> None:
    ann, bob = person(), person()
    follow(follower=ann, followed=bob)
    new = post(bob)
    assert read_home(ann)[0] == [new]
    unfollow(follower=ann, followed=bob)
    assert read_home(ann)[0] == []


def test_an_emptied_redis_is_filled_again() -> None:
    ann, bob = person(), person()
    follow(follower=ann, followed=bob)
    ids = [post(bob), post(ann), post(bob)][::-1]
    assert read_home(ann)[0] == ids
    cache.ask(("FLUSHALL",))
    assert read_home(ann) == (ids, "complete")
