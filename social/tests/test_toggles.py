"""Follow, unfollow, block and unblock over HTTP."""

import pytest

from echomate import metering
from echomate.testing.configuration import configured
from echomate.testing.projecting import Projecting
from echomate.testing.proxy import Proxy
from social.tests.callers import NOBODY, Caller, new_caller

pytestmark = pytest.mark.store


@pytest.fixture
def ann() -> Caller:
    return new_caller("ann")


@pytest.fixture
def bob() -> Caller:
    return new_caller("bob")


@pytest.fixture
def eve() -> Caller:
    return new_caller("eve")


def test_following_answers_with_the_new_standing_and_is_idempotent(ann: Caller, bob: Caller) -> None:
    first = ann.follow(bob)
    assert first["viewer"]["following"]
    assert first["counts"]["followers"] == 1
    again = ann.follow(bob)
    assert again["viewer"]["following"]


def test_unfollowing_is_idempotent_and_counts_below_zero_do_not_show(ann: Caller, bob: Caller) -> None:
    ann.follow(bob)
    for _ in range(2):
        answer = ann.do("DELETE", f"/users/{bob.name}/follow")
        assert not answer["viewer"]["following"]
        assert answer["counts"]["followers"] == 0


def test_counts_follow_and_the_answer_holds_ones_own_write(
    ann: Caller, bob: Caller, projector: Projecting
) -> None:
    ann.follow(bob)
    projector.catch_up()
    assert NOBODY.read(f"/users/{bob.id}")["counts"]["followers"] == 1
    assert NOBODY.read(f"/users/{ann.id}")["counts"]["following"] == 1
    answer = new_caller().follow(bob)
    assert answer["counts"]["followers"] == 2
    answer = ann.do("DELETE", f"/users/{bob.id}/follow")
    assert answer["counts"]["followers"] <= 1


@pytest.mark.parametrize("verb", ["follow", "block"])
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_nobody_follows_or_blocks_themselves(ann: Caller, verb: str, method: str) -> None:
    response = ann.call(method, f"/users/{ann.name}/{verb}")
    assert response.status_code == 400
    assert "user" in response.json()["errors"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("verb", ["follow", "block"])
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_one_must_be_logged_in_and_the_other_must_be_there(
    ann: Caller, bob: Caller, verb: str, method: str
) -> None:
    assert NOBODY.call(method, f"/users/{bob.id}/{verb}").status_code == 401
    assert ann.call(method, f"/users/12345/{verb}").status_code == 404
    assert ann.call(method, f"/users/nobody_here/{verb}").status_code == 404


def test_the_blocked_one_can_not_follow_and_does_not_learn_of_the_block(ann: Caller, bob: Caller) -> None:
    ann.block(bob)
    refused = bob.call("POST", f"/users/{ann.id}/follow")
    assert refused.status_code == 404
    assert refused.json()["type"] == "/problems/not-found"  # type: ignore[attr-defined]


def test_the_blocker_has_to_unblock_before_they_follow(ann: Caller, bob: Caller) -> None:
    ann.block(bob)
    assert ann.call("POST", f"/users/{bob.id}/follow").status_code == 403
    ann.do("DELETE", f"/users/{bob.id}/block")
    assert ann.follow(bob)["viewer"]["following"]


def test_a_block_answers_with_the_new_standing_and_ends_the_follows(
    ann: Caller, bob: Caller, projector: Projecting
) -> None:
    ann.follow(bob)
    bob.follow(ann)
    projector.catch_up()
    answer = ann.block(bob)
    assert answer["viewer"] == {
        "following": False,
        "requested": False,
        "followed_by": False,
        "blocking": True,
        "muting": False,
    }
    assert (answer["counts"]["followers"], answer["counts"]["following"]) == (0, 0)
    assert ann.block(bob)["viewer"] == answer["viewer"]
    assert not ann.do("DELETE", f"/users/{bob.id}/block")["viewer"]["blocking"]
    assert not bob.read(f"/users/{ann.id}")["viewer"]["following"]


def test_one_may_block_who_blocks_one(ann: Caller, bob: Caller) -> None:
    ann.block(bob)
    assert bob.block(ann)["viewer"]["blocking"]
    ann.do("DELETE", f"/users/{bob.id}/block")
    assert ann.get(f"/users/{bob.id}").status_code == 404


@pytest.mark.usefixtures("lagging_index")
def test_ones_own_toggle_shows_at_once_in_every_read(ann: Caller, bob: Caller) -> None:
    def standing() -> list[dict[str, bool]]:
        found = ann.read(f"/users/{bob.id}")["viewer"], ann.read(f"/users/{bob.name}")["viewer"]
        return [*found, ann.read(f"/relations?ids={bob.id}")["results"][0]["viewer"]]

    standing()
    for _ in range(3):
        ann.follow(bob)
        assert all(one["following"] for one in standing())
        ann.do("DELETE", f"/users/{bob.id}/follow")
        assert not any(one["following"] for one in standing())
        ann.block(bob)
        assert all(one["blocking"] for one in standing())
        ann.do("DELETE", f"/users/{bob.id}/block")
        assert not any(one["blocking"] for one in standing())


def test_without_redis_toggles_and_reads_go_on(ann: Caller, bob: Caller, redis_proxy: Proxy) -> None:
    redis_proxy.refuse()
    assert ann.follow(bob)["counts"]["followers"] == 1
    assert ann.read(f"/users/{bob.name}")["viewer"]["following"]
    assert bob.read(f"/users/{ann.id}")["viewer"]["followed_by"]
    assert [one["id"] for one in bob.read(f"/users/{bob.id}/followers")["results"]] == [str(ann.id)]
    ann.block(bob)
    assert bob.get(f"/users/{ann.id}").status_code == 404


def test_a_redis_that_comes_back_holds_nothing_old(
    ann: Caller, bob: Caller, redis_proxy: Proxy, projector: Projecting
) -> None:
    ann.read(f"/users/{bob.id}")
    redis_proxy.refuse()
    ann.follow(bob)
    redis_proxy.heal()
    projector.catch_up()
    assert ann.read(f"/users/{bob.id}")["viewer"]["following"]


def test_without_the_table_a_toggle_says_so_and_when_to_come_back(
    ann: Caller, bob: Caller, dynamodb_proxy: Proxy
) -> None:
    ann.read(f"/users/{bob.id}")
    dynamodb_proxy.refuse()
    response = ann.call("POST", f"/users/{bob.id}/follow")
    assert response.status_code == 503
    assert response.headers["Retry-After"]
    assert ann.get(f"/users/{bob.id}").status_code == 200


def test_follows_are_limited_by_the_day(ann: Caller, bob: Caller) -> None:
    with configured(rate_limits={"follows": "2/86400"}):
        ann.follow(bob)
        response = ann.call("POST", f"/users/{bob.id}/follow")
        assert response.headers["RateLimit-Policy"] == '"follows";q=2;w=86400'
        refused = ann.call("POST", f"/users/{bob.id}/follow")
        assert refused.status_code == 429
        assert refused.headers["Retry-After"]
        assert ann.call("DELETE", f"/users/{bob.id}/follow").status_code == 200


def test_what_a_warm_toggle_asks_of_the_stores(ann: Caller, bob: Caller, eve: Caller) -> None:
    ann.read(f"/users/{bob.id}")
    ann.read(f"/users/{eve.id}")
    ann.follow(eve)  # by which the set of those whom ann follows is no longer known
    with metering.metering() as follow:
        ann.follow(bob)
    assert [operation for operation, _ in follow.dynamodb] == ["BatchGetItem", "PutItem"]
    assert follow.dynamodb[1][1] == 3
    assert len(follow.redis) == 2
    ann.read(f"/users/{bob.id}")
    with metering.metering() as unfollow:
        ann.do("DELETE", f"/users/{bob.id}/follow")
    assert unfollow.dynamodb == [("DeleteItem", 1.0), ("DeleteItem", 3.0)]
    assert len(unfollow.redis) == 2
