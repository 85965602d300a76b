"""Locked accounts: one asks to follow, the owner accepts or rejects; unlocking accepts those who wait."""

import time
from typing import Any

import pytest

from accounts.services import suspend
from echomate import jobs, keys, metering, table
from echomate.stream.handling import effects_of
from echomate.testing.client import Caller, Person, problem, sign_up
from echomate.testing.projecting import Projecting
from echomate.testing.proxy import Proxy
from echomate.testing.working import run_jobs
from social import recounts, unlocking
from social.models import Block, BlockedBy, Follow, FollowRequest
from social.services import requests

pytestmark = pytest.mark.store

PATIENCE_SECONDS = 30


@pytest.fixture
def ann() -> Person:
    """Her account is locked."""
    ann = sign_up("ann")
    lock(ann)
    return ann


def lock(person: Person, *, locked: bool = True) -> None:
    assert person.patch("/users/me", {"locked": locked}).status_code == 200


def done(response: Any) -> Any:
    assert response.status_code == 200, response.content
    return response.json()


def follow(one: Person, other: Person) -> dict[str, bool]:
    viewer: dict[str, bool] = done(one.post(f"/users/{other.id}/follow"))["viewer"]
    return viewer


def standing(one: Person, other: Person) -> tuple[bool, bool]:
    """(following, requested), the same in every read."""
    found = [done(one.get(f"/users/{name}"))["viewer"] for name in (other.id, other.username)]
    found += [done(one.get(f"/relations?ids={other.id}"))["results"][0]["viewer"]]
    ((following, requested),) = {(viewer["following"], viewer["requested"]) for viewer in found}
    return following, requested


def waiting(owner: Person) -> list[int]:
    return [int(user["id"]) for user in done(owner.get("/follow-requests"))["results"]]


def request_of(follower: Person, followed: Person) -> Any:
    return table.get_item(keys.follow_request(follower.id, followed.id))


def edge_of(follower: Person, followed: Person) -> Any:
    return table.get_item(keys.follow(follower.id, followed.id))


def record(item: FollowRequest) -> dict[str, Any]:
    body = {"SequenceNumber": "1", "ApproximateCreationDateTime": 0, "NewImage": item.wire()}
    return {"eventName": "INSERT", "dynamodb": body}


def planted(follower: Person, followed: Person) -> FollowRequest:
    """A request that looked at the account before something else happened."""
    request = FollowRequest.between(follower=follower.id, followed=followed.id)
    request.save()
    return request


def test_a_locked_account_is_asked_and_the_answer_says_so(ann: Person, bob: Person) -> None:
    for _ in range(2):
        viewer = follow(bob, ann)
        assert (viewer["following"], viewer["requested"]) == (False, True)
        assert standing(bob, ann) == (False, True)
    assert edge_of(bob, ann) is None
    assert waiting(ann) == [bob.id]


def test_a_request_costs_one_read_and_a_put_with_one_index(ann: Person, bob: Person) -> None:
    bob.get(f"/users/{ann.id}")
    with metering.metering() as meter:
        follow(bob, ann)
    assert [operation for operation, _ in meter.dynamodb] == ["BatchGetItem", "PutItem"]
    assert meter.dynamodb[1][1] == 2
    assert len(meter.redis) == 2


def test_one_who_asks_does_not_see_what_is_for_followers(ann: Person, bob: Person) -> None:
    post = ann.post("/posts", {"content": "hush", "visibility": "followers"}).json()["id"]
    follow(bob, ann)
    assert bob.get(f"/posts/{post}").status_code == 404
    assert done(bob.get(f"/users/{ann.id}/posts"))["results"] == []
    assert done(bob.get("/feed"))["results"] == []
    done(ann.post(f"/follow-requests/{bob.id}/accept"))
    assert bob.get(f"/posts/{post}").status_code == 200
    assert [one["id"] for one in done(bob.get("/feed"))["results"]] == [post]


def test_a_request_is_withdrawn_as_a_follow_is_ended(ann: Person, bob: Person) -> None:
    follow(bob, ann)
    for _ in range(2):
        answer = done(bob.delete(f"/users/{ann.username}/follow"))
        assert not answer["viewer"]["requested"]
        assert standing(bob, ann) == (False, False)
    assert waiting(ann) == []
    assert ann.post(f"/follow-requests/{bob.id}/accept").status_code == 404


def test_one_who_is_accepted_follows(ann: Person, bob: Person, projector: Projecting) -> None:
    follow(bob, ann)
    answer = done(ann.post(f"/follow-requests/{bob.username}/accept"))
    assert answer["viewer"]["followed_by"]
    assert answer["counts"]["following"] == 1
    assert standing(bob, ann) == (True, False)
    assert waiting(ann) == []
    again = ann.post(f"/follow-requests/{bob.id}/accept")
    assert (again.status_code, problem(again)) == (404, "not-found")
    projector.catch_up()
    assert done(ann.get("/users/me"))["counts"]["followers"] == 1
    assert done(bob.get("/users/me"))["counts"]["following"] == 1
    assert standing(bob, ann) == (True, False)
    assert follow(bob, ann)["following"], "one who follows isn't asked again"
    assert request_of(bob, ann) is None


def test_one_who_is_rejected_may_ask_again(ann: Person, bob: Person) -> None:
    follow(bob, ann)
    for _ in range(2):
        assert ann.delete(f"/follow-requests/{bob.id}").status_code == 204
    assert standing(bob, ann) == (False, False)
    assert ann.post(f"/follow-requests/{bob.id}/accept").status_code == 404
    assert follow(bob, ann)["requested"]


def test_nobody_decides_on_what_is_anothers(ann: Person, bob: Person) -> None:
    eve = sign_up("eve")
    follow(bob, ann)
    assert eve.post(f"/follow-requests/{bob.id}/accept").status_code == 404
    assert bob.post(f"/follow-requests/{ann.id}/accept").status_code == 404
    assert bob.post(f"/follow-requests/{bob.id}/accept").status_code == 404
    assert eve.delete(f"/follow-requests/{bob.id}").status_code == 204
    assert standing(bob, ann) == (False, True)
    assert waiting(eve) == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/follow-requests"),
        ("POST", "/follow-requests/{}/accept"),
        ("DELETE", "/follow-requests/{}"),
        ("DELETE", "/followers/{}"),
    ],
)
def test_one_must_be_logged_in_and_the_other_must_be_there(ann: Person, method: str, path: str) -> None:
    assert Caller().call(method, path.format(ann.id)).status_code == 401
    if "{}" in path:
        assert ann.call(method, path.format("12345")).status_code == 404
        assert ann.call(method, path.format("nobody_here")).status_code == 404


def test_a_removed_follower_of_a_locked_account_asks_again(ann: Person, bob: Person) -> None:
    follow(bob, ann)
    done(ann.post(f"/follow-requests/{bob.id}/accept"))
    post = ann.post("/posts", {"content": "hush", "visibility": "followers"}).json()["id"]
    assert [one["id"] for one in done(bob.get("/feed"))["results"]] == [post]
    for _ in range(2):
        assert ann.delete(f"/followers/{bob.id}").status_code == 204
    assert standing(bob, ann) == (False, False)
    assert done(bob.get("/feed"))["results"] == []
    assert bob.get(f"/posts/{post}").status_code == 404
    assert follow(bob, ann)["requested"]


def test_locking_keeps_the_followers(bob: Person) -> None:
    open_one = sign_up("open")
    follow(bob, open_one)
    lock(open_one)
    assert follow(bob, open_one)["following"]
    assert standing(bob, open_one) == (True, False)


def test_a_block_ends_requests_both_ways(ann: Person, bob: Person, projector: Projecting) -> None:
    lock(bob)
    follow(bob, ann)
    follow(ann, bob)
    answer = done(ann.post(f"/users/{bob.id}/block"))
    assert not answer["viewer"]["requested"]
    assert (request_of(ann, bob), request_of(bob, ann)) == (None, None)
    assert ann.post(f"/follow-requests/{bob.id}/accept").status_code == 404
    assert bob.post(f"/follow-requests/{ann.id}/accept").status_code == 404
    assert bob.post(f"/users/{ann.id}/follow").status_code == 404
    assert ann.post(f"/users/{bob.id}/follow").status_code == 403
    done(ann.delete(f"/users/{bob.id}/block"))
    projector.catch_up()
    assert standing(ann, bob) == standing(bob, ann) == (False, False)


def test_requests_are_listed_newest_first_as_full_cards(ann: Person) -> None:
    people = [sign_up("wisher") for _ in range(5)]
    for one in people:
        follow(one, ann)
    expected = [one.id for one in reversed(people)]
    assert waiting(ann) == expected
    card = done(ann.get("/follow-requests"))["results"][0]
    assert card["viewer"]["followed_by"] is False
    assert card["counts"]["followers"] == 0
    found, link = [], "/follow-requests?limit=2"
    while link:
        page = done(ann.get(link))
        found += [int(user["id"]) for user in page["results"]]
        link = page["next"]
    assert found == expected
    assert done(ann.get(done(ann.get("/follow-requests?limit=2"))["previous"]))["results"] == []


@pytest.mark.usefixtures("lagging_index")
def test_ones_own_decision_shows_at_once(ann: Person, bob: Person) -> None:
    eve, request = sign_up("eve"), planted(bob, ann)
    follow(eve, ann)
    ann.delete(f"/follow-requests/{eve.id}")
    request.delete()
    assert waiting(ann) == []


@pytest.mark.usefixtures("lagging_index")
def test_whom_one_has_accepted_is_among_ones_followers_at_once(ann: Person, bob: Person) -> None:
    def followers(owner: Person, reader: Person) -> list[int]:
        return [int(user["id"]) for user in done(reader.get(f"/users/{owner.id}/followers"))["results"]]

    follow(bob, ann)
    done(ann.post(f"/follow-requests/{bob.id}/accept"))
    assert followers(ann, ann) == followers(ann, bob) == [bob.id]
    assert ann.delete(f"/followers/{bob.id}").status_code == 204
    assert followers(ann, ann) == followers(ann, bob) == []


def test_who_is_suspended_is_not_listed(ann: Person, bob: Person) -> None:
    follow(bob, ann)
    suspend(bob.id, reason="spam")
    assert waiting(ann) == []


def test_unlocking_accepts_those_who_wait(
    ann: Person, bob: Person, projector: Projecting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unlocking, "SETTLED_MILLISECONDS", 0)
    eve = sign_up("eve")
    follow(bob, ann)
    follow(eve, ann)
    lock(ann, locked=False)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while waiting(ann) and time.monotonic() < deadline:
        projector.catch_up()
        run_jobs()
    assert standing(bob, ann) == standing(eve, ann) == (True, False)
    assert waiting(ann) == []
    projector.catch_up()
    assert done(ann.get("/users/me"))["counts"]["followers"] == 2


def test_the_job_of_an_unlocking_goes_on_where_it_stopped_and_stops_when_locked_again(
    ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "PAGE", 2)
    people = [sign_up("wisher") for _ in range(5)]
    for one in people:
        follow(one, ann)
    lock(ann, locked=False)
    with pytest.raises(jobs.Again):
        unlocking.go_on(ann.id, moment=0)
    assert [standing(one, ann)[0] for one in people] == [True, True, False, False, False]
    lock(ann)
    unlocking.go_on(ann.id, moment=0)
    assert waiting(ann) == [one.id for one in reversed(people[2:])]
    lock(ann, locked=False)
    for _ in range(2):
        with pytest.raises(jobs.Again):
            unlocking.go_on(ann.id, moment=0)
    unlocking.go_on(ann.id, moment=0)
    assert all(standing(one, ann)[0] for one in people)


@pytest.mark.usefixtures("lagging_index")
def test_the_job_looks_again_until_the_index_shows_who_asked_last(ann: Person, bob: Person) -> None:
    follow(bob, ann)
    lock(ann, locked=False)
    with pytest.raises(jobs.Again) as again:
        unlocking.go_on(ann.id, moment=table.clock())
    assert again.value.seconds


def test_a_request_that_came_as_the_account_was_unlocked_is_accepted(bob: Person) -> None:
    open_one = sign_up("open")
    request = planted(bob, open_one)
    for again in (False, True):
        effects_of(record(request), at_risk=again)
        assert standing(bob, open_one) == (True, False)
        assert request_of(bob, open_one) is None


def test_a_request_that_came_after_the_edge_is_dropped(ann: Person, bob: Person) -> None:
    edge = Follow.between(follower=bob.id, followed=ann.id)
    edge.save()
    request = planted(bob, ann)
    assert waiting(ann) == []
    for again in (False, True):
        effects_of(record(request), at_risk=again)
        assert request_of(bob, ann) is None
        assert edge_of(bob, ann) is not None


def test_accepting_one_who_follows_already_only_ends_the_request(ann: Person, bob: Person) -> None:
    edge = Follow.between(follower=bob.id, followed=ann.id)
    edge.save()
    planted(bob, ann)
    done(ann.post(f"/follow-requests/{bob.id}/accept"))
    assert request_of(bob, ann) is None
    assert int(edge_of(bob, ann)["Id"]["N"]) == edge.id


def test_a_request_that_crossed_a_block_is_deleted_and_never_accepted(ann: Person, bob: Person) -> None:
    block = Block.between(blocker=bob.id, blocked=ann.id)
    block.save()
    BlockedBy.mirror(block, blocker=bob.id, blocked=ann.id).save()
    request = planted(bob, ann)
    assert ann.post(f"/follow-requests/{bob.id}/accept").status_code == 404
    request = planted(bob, ann)
    effects_of(record(request), at_risk=False)
    assert request_of(bob, ann) is None
    assert edge_of(bob, ann) is None


def test_a_rebuild_settles_requests_whose_records_were_lost(ann: Person, bob: Person) -> None:
    open_one = sign_up("open")
    planted(bob, open_one)
    planted(bob, ann)
    recounts.settle_all_requests()
    assert standing(bob, open_one) == (True, False)
    assert standing(bob, ann) == (False, True)


def test_without_redis_one_asks_and_is_accepted(
    ann: Person, bob: Person, redis_proxy: Proxy, projector: Projecting
) -> None:
    standing(bob, ann)
    redis_proxy.refuse()
    assert follow(bob, ann)["requested"]
    assert standing(bob, ann) == (False, True)
    assert waiting(ann) == [bob.id]
    done(ann.post(f"/follow-requests/{bob.id}/accept"))
    assert standing(bob, ann) == (True, False)
    redis_proxy.heal()
    projector.catch_up()
    assert standing(bob, ann) == (True, False)
