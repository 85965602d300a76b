"""Bookmarks, over HTTP: what their owner sees of them, and that nobody else sees anything."""

from collections.abc import Callable

import pytest

from echomate import cache, keys, table
from echomate.metering import metering
from echomate.testing.projecting import Projecting
from posts.tests.actor import Actor, Person
from posts.tests.test_lists import walk
from posts.tests.test_visibility import suspend
from social import services as social

pytestmark = pytest.mark.store

BOOKMARKED = {"liked": False, "bookmarked": True}
NOT_BOOKMARKED = {"liked": False, "bookmarked": False}
NO_COUNTS = {"likes": 0, "comments": 0}


def test_a_bookmark_shows_at_once_and_doing_it_twice_is_doing_it_once(ann: Person, bob: Person) -> None:
    post = ann.publish()
    path = f"posts/{post}"
    assert bob.get(path).json["viewer"] == NOT_BOOKMARKED
    for _ in range(2):
        answer = bob.post(f"{path}/bookmark")
        assert (answer.status, answer.json) == (200, {"viewer": BOOKMARKED, "counts": NO_COUNTS})
        assert bob.get(path).json["viewer"] == BOOKMARKED
        assert bob.ids("bookmarks") == [post]
    for _ in range(2):
        answer = bob.delete(f"{path}/bookmark")
        assert (answer.status, answer.json) == (200, {"viewer": NOT_BOOKMARKED, "counts": NO_COUNTS})
        assert bob.get(path).json["viewer"] == NOT_BOOKMARKED
        assert bob.ids("bookmarks") == []


def test_every_place_that_shows_a_post_tells_its_reader_and_nobody_else(ann: Person, bob: Person) -> None:
    post = ann.publish()
    for person in (ann, bob):
        person.post(f"posts/{post}/like")
    social.follow(follower=bob.id, followed=ann.id)
    places = (f"posts?ids={post}", f"users/{ann.id}/posts", f"users/{bob.id}/likes", "feed", "timeline")

    def marks(reader: Person) -> list[bool]:
        lists = [reader.get(place).json["results"] for place in places]
        found = [[item for item in items if item["id"] == str(post)] for items in lists]
        return [item["viewer"]["bookmarked"] for (item,) in found]

    assert marks(bob) == [False] * 5
    bob.post(f"posts/{post}/bookmark")
    assert marks(bob) == [True] * 5
    assert marks(ann) == [False] * 5
    assert bob.get("bookmarks").json["results"] == [bob.get(f"posts/{post}").json]


def test_nobody_else_learns_of_a_bookmark(
    ann: Person, bob: Person, nobody: Actor, projector: Projecting
) -> None:
    post = ann.publish()
    paths = (f"posts/{post}", f"users/{bob.id}", f"posts/{post}/likes", f"users/{bob.id}/likes", "bookmarks")
    before = [ann.get(path).json for path in paths]
    bob.post(f"posts/{post}/bookmark")
    projector.catch_up()
    assert [ann.get(path).json for path in paths] == before
    assert ann.ids("bookmarks") == []
    assert nobody.get("bookmarks").status == 401
    assert nobody.post(f"posts/{post}/bookmark").status == 401
    assert nobody.delete(f"posts/{post}/bookmark").status == 401
    assert ann.get(f"users/{bob.id}/bookmarks").status == 404
    assert table.get_item(keys.post_stats(post)) is None


def test_a_cursor_is_good_for_its_own_list_only(ann: Person, bob: Person) -> None:
    for _ in range(2):
        bob.post(f"posts/{ann.publish()}/bookmark")
    url = bob.get("bookmarks?limit=1").json["next"]
    assert bob.get(url).status == 200
    assert ann.get(url).status == 400


def test_a_like_and_a_bookmark_of_a_post_leave_each_other_alone(ann: Person, bob: Person) -> None:
    path = f"posts/{ann.publish()}"
    both = {"liked": True, "bookmarked": True}
    bob.post(f"{path}/like")
    assert bob.post(f"{path}/bookmark").json["viewer"] == both
    assert bob.get(path).json["viewer"] == both
    assert bob.delete(f"{path}/like").json["viewer"] == BOOKMARKED
    assert bob.post(f"{path}/like").json["viewer"] == both
    assert bob.delete(f"{path}/bookmark").json["viewer"] == {"liked": True, "bookmarked": False}


def test_a_bookmark_costs_two_units_and_two_round_trips(ann: Person, bob: Person) -> None:
    warm, post = ann.publish(), ann.publish()
    bob.post(f"posts/{warm}/bookmark")
    bob.get(f"posts/{post}")
    with metering() as meter:
        bob.post(f"posts/{post}/bookmark")
    assert meter.dynamodb == [("PutItem", 2)]
    assert len(meter.redis) == 2
    bob.get(f"posts/{post}")
    with metering() as meter:
        bob.delete(f"posts/{post}/bookmark")
    assert meter.dynamodb == [("DeleteItem", 2)]
    assert len(meter.redis) == 2


def test_a_page_costs_one_query_warm_and_one_read_of_marks_cold(ann: Person, bob: Person) -> None:
    for n in range(20):
        bob.post(f"posts/{ann.publish(str(n))}/bookmark")
    bob.ids("bookmarks")
    with metering() as warm:
        assert len(bob.ids("bookmarks")) == 20
    assert [operation for operation, _ in warm.dynamodb] == ["Query"]
    cache.forget(keys.viewer_hash(bob.id))
    with metering() as cold:
        bob.ids("bookmarks")
    assert [operation for operation, _ in cold.dynamodb] == ["Query", "BatchGetItem"]


def lose_sight(loss: str, *, author: Person, reader: Person, post: int) -> None:
    match loss:
        case "unfollowed":
            social.unfollow(follower=reader.id, followed=author.id)
        case "blocked":
            social.block(blocker=author.id, blocked=reader.id)
        case "blocking":
            social.block(blocker=reader.id, blocked=author.id)
        case "deleted":
            author.delete(f"posts/{post}")
        case "suspended":
            suspend(author)


@pytest.mark.parametrize("loss", ["unfollowed", "blocked", "blocking", "deleted", "suspended"])
def test_a_post_out_of_sight_is_left_out_and_its_bookmark_can_be_taken_back(
    ann: Person, bob: Person, loss: str
) -> None:
    social.follow(follower=bob.id, followed=ann.id)
    post, other = ann.publish(visibility="followers"), Person().publish()
    for one in (post, other):
        bob.post(f"posts/{one}/bookmark")
    bob.post(f"posts/{post}/like")
    assert bob.ids("bookmarks") == [other, post]
    lose_sight(loss, author=ann, reader=bob, post=post)
    assert bob.ids("bookmarks") == [other]
    assert bob.post(f"posts/{post}/bookmark").status == 404
    answer = bob.delete(f"posts/{post}/bookmark")
    assert (answer.status, answer.json) == (
        200,
        {"viewer": {"liked": True, "bookmarked": False}, "counts": None},
    )
    assert table.get_item(keys.bookmark(bob.id, post)) is None
    assert bob.delete(f"posts/{post}/bookmark").status == 404


def test_what_one_sees_again_is_in_the_list_again(ann: Person, bob: Person) -> None:
    post = ann.publish()
    bob.post(f"posts/{post}/bookmark")
    social.block(blocker=ann.id, blocked=bob.id)
    assert bob.ids("bookmarks") == []
    social.unblock(blocker=ann.id, blocked=bob.id)
    assert bob.ids("bookmarks") == [post]


def test_bookmarks_are_listed_by_the_time_of_bookmarking(ann: Person, bob: Person) -> None:
    first, second, third = ann.publish("1"), ann.publish("2"), ann.publish("3")
    for post in (second, third, first, second):
        bob.post(f"posts/{post}/bookmark")
    assert bob.ids("bookmarks") == [first, third, second]
    bob.delete(f"posts/{third}/bookmark")
    bob.post(f"posts/{third}/bookmark")
    assert bob.ids("bookmarks") == [third, first, second]
    assert walk(bob, "bookmarks?limit=2") == [[third, first], [second]]


def test_a_page_is_filled_up_where_posts_are_hidden_or_gone(ann: Person, bob: Person) -> None:
    social.follow(follower=bob.id, followed=ann.id)
    posts = [ann.publish(visibility="followers" if n % 3 else "public") for n in range(12)]
    for post in posts:
        bob.post(f"posts/{post}/bookmark")
    social.unfollow(follower=bob.id, followed=ann.id)
    ann.delete(f"posts/{posts[6]}")
    assert walk(bob, "bookmarks?limit=2") == [[posts[9], posts[3]], [posts[0]]]


def test_previous_leads_to_what_was_bookmarked_since(ann: Person, bob: Person) -> None:
    posts = [ann.publish(str(n)) for n in range(4)]
    bob.post(f"posts/{posts[3]}/bookmark")
    url = bob.get("bookmarks?limit=2").json["previous"]
    for post in posts[:3]:
        bob.post(f"posts/{post}/bookmark")
    first = bob.get(url).json
    assert [int(item["id"]) for item in first["results"]] == [posts[1], posts[0]]
    assert [int(item["id"]) for item in bob.get(first["previous"]).json["results"]] == [posts[2]]


@pytest.mark.usefixtures("lagging_index")
def test_a_bookmark_is_in_the_list_at_once_and_leaves_it_at_once(ann: Person, bob: Person) -> None:
    first, second = ann.publish("1"), ann.publish("2")
    bob.post(f"posts/{second}/bookmark")
    bob.post(f"posts/{first}/bookmark")
    assert walk(bob, "bookmarks?limit=1") == [[first], [second]]
    bob.delete(f"posts/{first}/bookmark")
    assert bob.ids("bookmarks") == [second]
    bob.post(f"posts/{first}/bookmark")
    assert bob.ids("bookmarks") == [first, second]


def test_bookmarks_that_moved_or_ended_are_listed_as_they_are_although_the_index_tells_the_old(
    ann: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, ended, second = ann.publish("1"), ann.publish("2"), ann.publish("3")
    for post in (first, ended, second):
        bob.post(f"posts/{post}/bookmark")
    stale = list(table.query(keys.bookmarks_of(bob.id), index="GSI1", limit=9))
    bob.delete(f"posts/{ended}/bookmark")
    bob.delete(f"posts/{first}/bookmark")
    bob.post(f"posts/{first}/bookmark")
    monkeypatch.setattr(table, "query", lambda *_, **__: stale)
    assert bob.ids("bookmarks") == [first, second]


@pytest.mark.parametrize("act", [Person.post, Person.delete])
@pytest.mark.parametrize("post", ["0", "5", "x", "9" * 19, "9" * 40, "%00"])
def test_what_is_no_post_is_not_there(ann: Person, act: Callable[..., object], post: str) -> None:
    answer = act(ann, f"posts/{post}/bookmark")
    assert getattr(answer, "status", None) == 404
