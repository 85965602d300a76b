"""What others see of posts and of lists of them, beyond the one table of who sees what."""

import pytest

from echomate import cache as redis_cache
from echomate import dynamodb, keys, table
from echomate.config import config
from posts.tests.actor import Actor, Person
from social import services as social


def stand(viewer: str, author: Person) -> Actor:
    """Somebody who stands so to an author."""
    if viewer in {"anonymous", "author"}:
        return Actor() if viewer == "anonymous" else author
    person = Person()
    if viewer == "blocked":
        social.block(blocker=author.id, blocked=person.id)
    if viewer == "blocker":
        social.block(blocker=person.id, blocked=author.id)
    return person


def test_what_one_must_not_know_of_looks_like_what_is_not_there(ann: Person, bob: Person) -> None:
    hidden, unknown = ann.publish(visibility="followers"), 5
    calls = (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/like"), ("GET", "/likes"))
    for method, suffix in (*calls, ("POST", "/bookmark"), ("DELETE", "/bookmark")):
        body = {"content": "x"} if method == "PATCH" else None
        answers = [bob.call(method, f"posts/{post}{suffix}", body) for post in (hidden, unknown)]
        shapes = [{**a.json, "instance": "", "request_id": ""} for a in answers]
        assert shapes[0] == shapes[1]


def test_a_block_hides_posts_both_ways_at_once_and_its_end_shows_them(ann: Person, bob: Person) -> None:
    of_ann, of_bob = ann.publish(), bob.publish()
    assert (ann.get(f"posts/{of_bob}").status, bob.get(f"posts/{of_ann}").status) == (200, 200)
    social.block(blocker=ann.id, blocked=bob.id)
    assert (ann.get(f"posts/{of_bob}").status, bob.get(f"posts/{of_ann}").status) == (404, 404)
    assert bob.get(f"users/{ann.id}/posts").status == 404
    assert ann.ids(f"users/{bob.id}/posts") == []
    social.unblock(blocker=ann.id, blocked=bob.id)
    assert (ann.get(f"posts/{of_bob}").status, bob.get(f"posts/{of_ann}").status) == (200, 200)


def test_posts_of_a_suspended_author_are_hidden(ann: Person, bob: Person, nobody: Actor) -> None:
    post = ann.publish()
    bob.post(f"posts/{post}/like")
    assert nobody.get(f"posts/{post}").status == 200
    suspend(ann)
    for viewer in (bob, nobody):
        assert viewer.get(f"posts/{post}").status == 404
        assert viewer.ids(f"posts?ids={post}") == []
        assert viewer.get(f"users/{ann.id}/posts").status == 404
    assert bob.ids(f"users/{bob.id}/likes") == []


def suspend(person: Person) -> None:
    dynamodb.call(
        "UpdateItem",
        {
            "TableName": config.table_name,
            "Key": table.wire_key(keys.user(person.id)),
            "UpdateExpression": "SET #s = :s",
            "ExpressionAttributeNames": {"#s": "State"},
            "ExpressionAttributeValues": {":s": {"S": "suspended"}},
        },
    )
    redis_cache.forget(keys.cached_user(person.id))


@pytest.mark.parametrize(("viewer", "status"), [("anonymous", 401), ("stranger", 403), ("author", 200)])
def test_likes_are_shown_to_others_only_if_their_owner_says_so(ann: Person, viewer: str, status: int) -> None:
    assert ann.patch("users/me", {"settings": {"show_likes": False}}).status == 200
    assert stand(viewer, ann).get(f"users/{ann.id}/likes").status == status


@pytest.mark.parametrize(
    ("viewer", "status"), [("anonymous", 401), ("stranger", 200), ("blocked", 404), ("blocker", 200)]
)
def test_likes_that_are_shown_are_for_those_who_may_know_of_their_owner(
    ann: Person, viewer: str, status: int
) -> None:
    assert stand(viewer, ann).get(f"users/{ann.name}/likes").status == status


def test_the_list_of_likes_holds_only_what_its_reader_may_see(ann: Person, bob: Person) -> None:
    carl = Person()
    social.follow(follower=ann.id, followed=carl.id)
    hidden, shown = carl.publish(visibility="followers"), carl.publish()
    for post in (hidden, shown):
        assert ann.post(f"posts/{post}/like").status == 200
    assert ann.ids(f"users/{ann.id}/likes") == [shown, hidden]
    assert bob.ids(f"users/{ann.id}/likes") == [shown]


def test_likers_who_block_the_reader_or_are_blocked_are_hidden(ann: Person, bob: Person) -> None:
    post = ann.publish()
    blocker, blocked, other = Person(), Person(), Person()
    for person in (blocker, blocked, other):
        person.post(f"posts/{post}/like")
    social.block(blocker=blocker.id, blocked=bob.id)
    social.block(blocker=bob.id, blocked=blocked.id)
    assert bob.ids(f"posts/{post}/likes") == [other.id]
    assert ann.ids(f"posts/{post}/likes") == sorted([blocker.id, blocked.id, other.id], reverse=True)
