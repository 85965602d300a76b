"""Followers, following, friends, blocks, relations, search: who is in them, who may read them, their pages."""

import base64
import time
from collections.abc import Iterator
from typing import Any

import pytest

from accounts import services as account_services
from accounts.models import SUSPENDED
from echomate import cache, keys, metering, paging, table
from echomate.testing.configuration import configured
from echomate.testing.projecting import Projecting
from social.invalidation import recent_follows
from social.models import Follow
from social.tests.callers import NOBODY, Caller, new_caller

pytestmark = pytest.mark.store


@pytest.fixture
def ann() -> Caller:
    return new_caller("ann")


@pytest.fixture
def bob() -> Caller:
    return new_caller("bob")


def ids(path: str, reader: Caller) -> list[int]:
    return [int(user["id"]) for user in reader.read(path)["results"]]


def pages(path: str, reader: Caller) -> Iterator[dict[str, Any]]:
    """All pages from the newest on."""
    page = reader.read(path)
    yield page
    while page["next"]:
        page = reader.read(page["next"])
        yield page


def suspend(caller: Caller) -> None:
    assert caller.user is not None
    caller.user.state = SUSPENDED
    caller.user.save()
    cache.forget(keys.cached_user(caller.id), keys.cached_username(caller.name))


def test_followers_and_following_are_full_users_newest_first(ann: Caller, bob: Caller) -> None:
    cat = new_caller("cat")
    for follower in (bob, cat):
        follower.follow(ann)
        ann.follow(follower)
    assert ids(f"/users/{ann.name}/followers", bob) == [cat.id, bob.id]
    assert ids(f"/users/{ann.id}/following", bob) == [cat.id, bob.id]
    user = ann.read(f"/users/{ann.id}/followers")["results"][0]
    assert user == ann.read(f"/users/{cat.id}")
    assert user["viewer"]["followed_by"]


def test_a_list_pages_both_ways_without_repeating_or_missing_anybody(ann: Caller, bob: Caller) -> None:
    followers = [new_caller() for _ in range(7)]
    for follower in followers:
        follower.follow(ann)
    newest_first = [one.id for one in reversed(followers)]
    found = list(pages(f"/users/{ann.id}/followers?limit=3", bob))
    assert [int(user["id"]) for page in found for user in page["results"]] == newest_first
    assert [len(page["results"]) for page in found] == [3, 3, 1]
    back = bob.read(found[-1]["previous"])
    assert [int(user["id"]) for user in back["results"]] == newest_first[3:6]
    top = bob.read(found[0]["previous"])
    assert top["results"] == []
    bob.follow(ann)
    assert ids(top["previous"], ann) == [bob.id]


def test_who_is_followed_anew_stands_where_they_belong_though_redis_heard_last_of_the_former_follow(
    ann: Caller, bob: Caller
) -> None:
    """The call that made the former one was slow to say so."""
    other = new_caller()
    ann.follow(bob)
    former = table.get_item(keys.follow(ann.id, bob.id))
    assert former is not None
    ann.do("DELETE", f"/users/{bob.id}/follow")
    ann.follow(other)
    ann.follow(bob)
    cache.ask(*recent_follows.remember(ann.id, edge=int(former["Id"]["N"]), subject=bob.id))
    assert ids(f"/users/{ann.id}/following", ann) == [bob.id, other.id]


def test_a_cursor_is_good_for_its_own_list_only(ann: Caller, bob: Caller) -> None:
    new_caller().follow(ann)
    previous = bob.read(f"/users/{ann.id}/followers")["previous"]
    assert bob.get(previous.replace("/followers", "/following")).status_code == 400
    assert bob.get(previous.replace(str(ann.id), str(bob.id))).status_code == 400
    assert bob.get(previous.replace(str(ann.id), ann.name)).status_code == 200


def test_a_search_for_what_looks_like_a_cursor_gives_none_that_breaks_another_search(ann: Caller) -> None:
    cursor = ann.read("/users?q=ab%0Ao5.0")["previous"].partition("cursor=")[2]
    raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    tag, payload = raw[: paging.MAC_BYTES], raw[paging.MAC_BYTES :]
    forged = base64.urlsafe_b64encode(tag + b"o5.0\n" + payload).decode().rstrip("=")
    assert ann.get(f"/users?q=ab&cursor={forged}").status_code == 400


@pytest.mark.parametrize("which", ["followers", "following"])
def test_the_owner_decides_whether_others_see_the_list(ann: Caller, bob: Caller, which: str) -> None:
    bob.follow(ann)
    ann.follow(bob)
    assert ann.user is not None
    account_services.edit_profile(ann.user, {"Settings.ShowFollowers": False})
    assert bob.get(f"/users/{ann.id}/{which}").status_code == 403
    assert ids(f"/users/{ann.id}/{which}", ann) == [bob.id]


@pytest.mark.parametrize("which", ["followers", "following"])
def test_lists_of_the_graph_need_a_token_and_a_user_one_may_know_of(
    ann: Caller, bob: Caller, which: str
) -> None:
    assert NOBODY.get(f"/users/{ann.id}/{which}").status_code == 401
    assert bob.get(f"/users/123/{which}").status_code == 404
    ann.block(bob)
    assert bob.get(f"/users/{ann.id}/{which}").status_code == 404


@pytest.mark.parametrize("path", ["/friends", "/blocks", "/relations?ids=1"])
def test_ones_own_lists_need_a_token(path: str) -> None:
    assert NOBODY.get(path).status_code == 401


def test_lists_hide_who_is_blocked_either_way_and_who_is_inactive(ann: Caller, bob: Caller) -> None:
    blocked, blocker, gone, shown = (new_caller() for _ in range(4))
    for follower in (blocked, blocker, gone, shown):
        follower.follow(ann)
    bob.block(blocked)
    blocker.block(bob)
    suspend(gone)
    assert ids(f"/users/{ann.id}/followers", bob) == [shown.id]


def test_a_page_that_the_rules_empty_is_filled_up(ann: Caller, bob: Caller) -> None:
    shown = [new_caller() for _ in range(2)]
    hidden = [new_caller() for _ in range(5)]
    for follower in (*shown, *hidden):
        follower.follow(ann)
    for follower in hidden:
        bob.block(follower)
    page = bob.read(f"/users/{ann.id}/followers?limit=2")
    assert [int(user["id"]) for user in page["results"]] == [shown[1].id, shown[0].id]
    assert page["next"] is None


def test_ones_own_lists_lose_at_once_whom_the_index_still_shows(ann: Caller, bob: Caller) -> None:
    """An index that lags is played by an edge of which the rest of the graph knows nothing."""
    ann.follow(bob)
    ann.do("DELETE", f"/users/{bob.id}/follow")
    assert ids(f"/users/{ann.id}/following", ann) == []
    for one, other in ((ann, bob), (bob, ann)):
        one.read(f"/users/{other.id}")
    Follow.between(follower=ann.id, followed=bob.id).save()
    assert ids(f"/users/{ann.id}/following", ann) == []
    assert ids(f"/users/{bob.id}/followers", bob) == []


def test_ones_own_follow_is_in_the_lists_at_once_and_others_when_the_index_shows_it(
    ann: Caller, bob: Caller
) -> None:
    cat = new_caller("cat")
    with configured(test_index_delay_seconds=600):
        ann.follow(bob)
        assert ids(f"/users/{ann.id}/following", ann) == [bob.id]
        assert ids(f"/users/{bob.id}/followers", ann) == [ann.id]
        assert ids(f"/users/{bob.id}/followers", cat) == []
    for reader in (ann, bob, cat):
        assert ids(f"/users/{bob.id}/followers", reader) == [ann.id]
        assert ids(f"/users/{ann.id}/following", reader) == [bob.id]


@pytest.mark.usefixtures("lagging_index")
def test_whom_one_follows_again_is_in_the_list_once_at_the_new_place(ann: Caller, bob: Caller) -> None:
    others = [new_caller() for _ in range(3)]
    for other in (bob, *others):
        ann.follow(other)
    time.sleep(2.1)
    ann.do("DELETE", f"/users/{bob.id}/follow")
    assert bob.id not in ids(f"/users/{ann.id}/following", ann)
    ann.follow(bob)
    expected = [bob.id, *(other.id for other in reversed(others))]
    walked = pages(f"/users/{ann.id}/following?limit=2", ann)
    assert [int(user["id"]) for page in walked for user in page["results"]] == expected


def test_a_warm_page_costs_one_query_and_two_round_trips(ann: Caller, bob: Caller) -> None:
    for _ in range(5):
        new_caller().follow(ann)
    path = f"/users/{ann.id}/followers"
    bob.read(path)
    with metering.metering() as meter:
        bob.read(path)
    assert [operation for operation, _ in meter.dynamodb] == ["Query"]
    assert len(meter.redis) == 2


def test_friends_are_those_who_follow_each_other(ann: Caller, bob: Caller) -> None:
    others = [new_caller() for _ in range(4)]
    for other in (bob, *others):
        ann.follow(other)
    for friend in (bob, others[0]):
        friend.follow(ann)
    new_caller().follow(ann)
    assert ids("/friends", ann) == sorted([bob.id, others[0].id], reverse=True)
    assert len(list(pages("/friends?limit=1", ann))) == 2
    bob.do("DELETE", f"/users/{ann.id}/follow")
    assert ids("/friends", ann) == [others[0].id]


def test_one_who_blocks_back_learns_no_more_than_whom_they_block(ann: Caller, bob: Caller) -> None:
    """Neither from their blocks nor from the answers to blocking and to lifting it."""
    assert ann.user is not None
    account_services.edit_profile(ann.user, {"FullName": "Ann Example", "Bio": "Writes", "Location": "Here"})
    new_caller().follow(ann)
    ann.block(bob)
    answers = [bob.block(ann)]
    assert bob.get(f"/users/{ann.id}").status_code == 404
    (listed,) = bob.read("/blocks")["results"]
    answers.append(bob.do("DELETE", f"/users/{ann.id}/block"))
    assert (listed["id"], listed["username"], listed["viewer"]["blocking"]) == (str(ann.id), ann.name, True)
    assert not any(
        listed[name] for name in ("full_name", "bio", "location", "website", "cover_url", "verified")
    )
    assert listed["avatar_url"].endswith(f"/avatars/{ann.id}")
    for counts in (listed["counts"], *(answer["counts"] for answer in answers)):
        assert set(counts.values()) == {0}


def test_who_shows_no_followers_is_named_in_no_list_of_others(ann: Caller, bob: Caller) -> None:
    cat = new_caller("cat")
    bob.follow(ann)
    ann.follow(bob)
    assert bob.user is not None
    account_services.edit_profile(bob.user, {"Settings.ShowFollowers": False})
    for which in ("followers", "following"):
        path = f"/users/{ann.id}/{which}"
        assert (ids(path, cat), ids(path, ann), ids(path, bob)) == ([], [bob.id], [bob.id])


def test_blocks_are_listed_for_their_owner_also_those_of_each_other(ann: Caller, bob: Caller) -> None:
    cat = new_caller("cat")
    ann.block(bob)
    ann.block(cat)
    cat.block(ann)
    new_caller().block(ann)
    assert ids("/blocks", ann) == sorted([bob.id, cat.id], reverse=True)
    assert len(list(pages("/blocks?limit=1", ann))) == 2
    assert ids("/blocks", bob) == []
    ann.do("DELETE", f"/users/{cat.id}/block")
    assert ids("/blocks", ann) == [bob.id]


def test_relations_are_answered_in_the_order_asked_without_those_one_may_not_know_of(
    ann: Caller, bob: Caller
) -> None:
    cat, blocker = new_caller(), new_caller()
    ann.follow(bob)
    cat.follow(ann)
    blocker.block(ann)
    path = f"/relations?ids={cat.id},{blocker.id},12345,{bob.id},{cat.id}"
    found = ann.read(path)["results"]
    assert [int(one["id"]) for one in found] == [cat.id, bob.id]
    assert found[0]["viewer"]["followed_by"]
    assert found[1]["viewer"]["following"]


@pytest.mark.parametrize("query", ["", "?ids=", "?ids=a", "?ids=1,,x", "?ids=-1", f"?ids={'1,' * 50}1"])
def test_relations_want_up_to_50_ids(ann: Caller, query: str) -> None:
    response = ann.get(f"/relations{query}")
    assert response.status_code == 400
    assert "ids" in response.json()["errors"]  # type: ignore[attr-defined]


def test_search_finds_by_the_beginning_of_the_name_in_the_order_of_names(bob: Caller) -> None:
    found = [new_caller(f"zed{letter}") for letter in ("b", "_", "a", "1")]
    new_caller("zzz")
    in_order = sorted(found, key=lambda one: one.name)
    for query in ("zed", "ZED", "@zed"):
        assert ids(f"/users?q={query}", bob) == [one.id for one in in_order]
    assert ids("/users?q=zeda", NOBODY) == [found[2].id]
    walked = list(pages("/users?q=zed&limit=3", bob))
    assert [int(user["id"]) for page in walked for user in page["results"]] == [one.id for one in in_order]
    back = bob.read(walked[-1]["previous"])
    assert [int(user["id"]) for user in back["results"]] == [one.id for one in in_order[:3]]


def test_search_hides_who_is_blocked_and_who_does_not_wish_to_be_found(bob: Caller) -> None:
    blocked, hidden, shown = (new_caller("seek") for _ in range(3))
    bob.block(blocked)
    assert hidden.user is not None
    account_services.edit_profile(hidden.user, {"Settings.Discoverable": False})
    assert ids("/users?q=seek", bob) == [shown.id]
    assert ids("/users?q=seek", blocked) == [
        one.id for one in sorted((blocked, shown), key=lambda one: one.name)
    ]


@pytest.mark.parametrize("query", ["", "?q=", "?q=a", "?q=%20a%20", "?q=@a", "?q=" + "a" * 101])
def test_search_wants_two_to_a_hundred_characters(query: str) -> None:
    assert NOBODY.get(f"/users{query}").status_code == 400


@pytest.mark.parametrize(
    "text", ["é" * 3, "a b", "%00%00", "a" * 100, "%25%25", "100%", "a%zz", "'\"", "🙂🙂", "a.b"]
)
def test_search_for_what_no_name_holds_finds_nobody(text: str) -> None:
    assert NOBODY.read(f"/users?q={text}")["results"] == []


def test_lists_after_the_projector_are_the_same(ann: Caller, bob: Caller, projector: Projecting) -> None:
    ann.follow(bob)
    bob.follow(ann)
    before = ids(f"/users/{ann.id}/followers", bob), ids("/friends", bob)
    projector.catch_up()
    assert (ids(f"/users/{ann.id}/followers", bob), ids("/friends", bob)) == before == ([bob.id], [ann.id])
