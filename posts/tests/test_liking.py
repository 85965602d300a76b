"""Like and unlike, over HTTP."""

import pytest

from echomate import keys, table
from echomate.metering import metering
from echomate.testing.projecting import Projecting
from posts.tests.actor import Person
from social import services as social

pytestmark = pytest.mark.store

LIKED = {"liked": True, "bookmarked": False}
NOT_LIKED = {"liked": False, "bookmarked": False}


def test_a_like_shows_at_once_and_doing_it_twice_is_doing_it_once(ann: Person, bob: Person) -> None:
    path = f"posts/{ann.publish()}"
    assert bob.get(path).json["viewer"] == NOT_LIKED
    first = bob.post(f"{path}/like")
    assert first.json == {"viewer": LIKED, "counts": {"likes": 1, "comments": 0}}
    assert bob.get(path).json["viewer"] == LIKED
    assert ann.get(path).json["viewer"] == NOT_LIKED
    assert bob.post(f"{path}/like").json["viewer"] == LIKED
    assert bob.ids(f"{path}/likes") == [bob.id]


def test_an_unlike_shows_at_once_and_doing_it_twice_is_doing_it_once(ann: Person, bob: Person) -> None:
    path = f"posts/{ann.publish()}"
    bob.post(f"{path}/like")
    for _ in range(2):
        answer = bob.delete(f"{path}/like")
        assert answer.json == {"viewer": NOT_LIKED, "counts": {"likes": 0, "comments": 0}}
        assert bob.get(path).json["viewer"] == NOT_LIKED
    assert bob.ids(f"{path}/likes") == []


def test_one_may_like_what_one_has_written(ann: Person) -> None:
    assert ann.post(f"posts/{ann.publish()}/like").json["viewer"] == LIKED


def test_a_like_costs_two_units_and_two_round_trips(ann: Person, bob: Person) -> None:
    warm, post = ann.publish(), ann.publish()
    bob.post(f"posts/{warm}/like")
    bob.get(f"posts/{post}")
    with metering() as meter:
        bob.post(f"posts/{post}/like")
    assert meter.dynamodb == [("PutItem", 2)]
    assert len(meter.redis) == 2
    with metering() as meter:
        bob.delete(f"posts/{post}/like")
    assert [operation for operation, _ in meter.dynamodb if operation != "BatchGetItem"] == ["DeleteItem"]
    assert meter.dynamodb[-1] == ("DeleteItem", 2)


@pytest.mark.parametrize("loss", ["unfollowed", "blocked"])
def test_a_like_can_be_taken_back_where_the_post_is_out_of_sight(ann: Person, bob: Person, loss: str) -> None:
    social.follow(follower=bob.id, followed=ann.id)
    post = ann.publish(visibility="followers")
    bob.post(f"posts/{post}/like")
    if loss == "unfollowed":
        social.unfollow(follower=bob.id, followed=ann.id)
    else:
        social.block(blocker=ann.id, blocked=bob.id)
    assert bob.post(f"posts/{post}/like").status == 404
    answer = bob.delete(f"posts/{post}/like")
    assert (answer.status, answer.json) == (200, {"viewer": NOT_LIKED, "counts": None})
    assert table.get_item(keys.like(post, bob.id)) is None
    assert bob.delete(f"posts/{post}/like").status == 404


def test_a_like_of_a_deleted_post_can_be_taken_back(ann: Person, bob: Person) -> None:
    post = ann.publish()
    bob.post(f"posts/{post}/like")
    ann.delete(f"posts/{post}")
    assert bob.delete(f"posts/{post}/like").status == 200


def test_who_shows_no_likes_is_no_liker_but_for_themselves(ann: Person, bob: Person) -> None:
    post = ann.publish()
    bob.post(f"posts/{post}/like")
    assert ann.ids(f"posts/{post}/likes") == [bob.id]
    assert bob.patch("users/me", {"settings": {"show_likes": False}}).status == 200
    assert ann.ids(f"posts/{post}/likes") == []
    assert bob.ids(f"posts/{post}/likes") == [bob.id]


def test_likers_are_full_cards_by_account(ann: Person, bob: Person) -> None:
    post = ann.publish()
    people = sorted([Person(), Person(), Person()], key=lambda person: -person.id)
    for person in people:
        person.post(f"posts/{post}/like")
    social.follow(follower=bob.id, followed=people[0].id)
    first = bob.get(f"posts/{post}/likes?limit=2").json
    assert [user["id"] for user in first["results"]] == [str(person.id) for person in people[:2]]
    assert [user["viewer"]["following"] for user in first["results"]] == [True, False]
    second = bob.get(first["next"]).json
    assert [user["id"] for user in second["results"]] == [str(people[2].id)]
    assert second["next"] is None


def test_what_one_likes_is_listed_by_the_time_of_liking(ann: Person, bob: Person) -> None:
    first, second, third = ann.publish(), ann.publish(), ann.publish()
    for post in (second, third, first):
        bob.post(f"posts/{post}/like")
    assert bob.ids(f"users/{bob.id}/likes") == [first, third, second]
    bob.delete(f"posts/{third}/like")
    assert ann.ids(f"users/{bob.name}/likes") == [first, second]
    bob.post(f"posts/{second}/like")
    assert ann.ids(f"users/{bob.name}/likes") == [first, second]
    page = ann.get(f"users/{bob.name}/likes?limit=1").json
    assert [post["id"] for post in page["results"]] == [str(first)]
    assert [post["id"] for post in ann.get(page["next"]).json["results"]] == [str(second)]


def test_counters_follow(ann: Person, bob: Person, projector: Projecting) -> None:
    post = ann.publish()
    for person in (ann, bob):
        person.post(f"posts/{post}/like")
    ann.delete(f"posts/{post}/like")
    projector.catch_up()
    assert bob.get(f"posts/{post}").json["counts"] == {"likes": 1, "comments": 0}
    assert bob.get(f"users/{bob.id}").json["counts"]["likes"] == 1
    assert bob.get(f"users/{ann.id}").json["counts"]["likes"] == 0
    assert bob.get(f"users/{ann.id}").json["counts"]["posts"] == 1
