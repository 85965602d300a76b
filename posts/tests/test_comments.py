"""Comments over HTTP: created, read, edited, deleted, liked."""

import pytest

from echomate import cache, keys, metering
from echomate.idempotency import claims
from echomate.testing.idempotency import dying_at, let_lapse
from echomate.testing.proxy import Proxy
from posts.comments.services import creating
from posts.tests.actor import Actor, Person
from posts.tests.commenting import comment_on
from posts.tests.test_away import lose_first_answers
from posts.tests.test_bad_input import WRITES
from social import services as social

pytestmark = pytest.mark.store


def test_a_comment_is_there_at_once_for_everybody(ann: Person, bob: Person, nobody: Actor) -> None:
    post = ann.publish()
    made = bob.post(f"posts/{post}/comments", {"content": "first\n\n<b>"})
    assert made.status == 201
    assert made.headers["Location"] == f"/api/v1/comments/{made.json['id']}"
    assert made.json | {"id": "", "created_at": "", "author": {}} == {
        "id": "",
        "post_id": str(post),
        "parent_id": None,
        "depth": 0,
        "author": {},
        "content": "first\n\n<b>",
        "content_html": "<p>first</p><p>&lt;b&gt;</p>",
        "mentions": [],
        "hidden": False,
        "deleted": False,
        "created_at": "",
        "edited_at": None,
        "counts": {"likes": 0, "replies": 0},
        "viewer": {"liked": False},
    }
    assert made.json["author"]["id"] == str(bob.id)
    path = f"comments/{made.json['id']}"
    for reader in (ann, bob):
        assert reader.get(f"posts/{post}/comments").json["results"] == [made.json]
        assert reader.get(path).json == made.json
        assert reader.get(path).headers["ETag"] == made.headers["ETag"]
    assert nobody.get(f"posts/{post}/comments").json["results"] == [made.json | {"viewer": None}]
    assert nobody.get(path, If_None_Match=nobody.get(path).headers["ETag"]).status == 304


def test_a_comment_costs_three_units_and_its_first_answer_one_more(ann: Person, bob: Person) -> None:
    post = ann.publish()
    top = comment_on(post, bob)
    for parent, units in ((None, 3), (top, 4), (top, 3)):
        with metering.metering() as meter:
            comment_on(post, ann, parent=parent)
        assert sum(cost for operation, cost in meter.dynamodb if operation in WRITES) == units


def test_a_page_of_comments_that_is_cached_takes_few_round_trips(ann: Person, bob: Person) -> None:
    post = ann.publish()
    for number in range(5):
        comment_on(post, bob, str(number))
    ann.get(f"posts/{post}/comments")
    with metering.metering() as meter:
        assert len(ann.get(f"posts/{post}/comments").json["results"]) == 5
    assert meter.dynamodb == []
    assert len(meter.redis) == 2


def test_who_is_named_in_a_comment_is_mentioned(ann: Person, bob: Person) -> None:
    post = ann.publish()
    made = bob.post(f"posts/{post}/comments", {"content": f"hello @{ann.name} and @nobody_at_all"}).json
    assert [user["username"] for user in made["mentions"]] == [ann.name]
    assert made["content_html"].count("<a ") == 1
    path = f"comments/{made['id']}"
    assert ann.get(path).json["mentions"] == made["mentions"]
    edited = bob.put(path, {"content": f"hello @{bob.name}"}).json
    assert [user["username"] for user in edited["mentions"]] == [bob.name]
    assert ann.get(path).json["content_html"] == edited["content_html"]
    assert bob.put(path, {"content": "hello"}).json["mentions"] == []


def test_one_who_blocks_another_is_not_shown_to_them_where_a_comment_names_them(
    ann: Person, bob: Person
) -> None:
    post, eve = ann.publish(), Person()
    path = f"comments/{comment_on(post, ann, f'@{bob.name}')}"
    assert len(eve.get(path).json["mentions"]) == 1
    bob.post(f"users/{eve.id}/block")
    assert eve.get(path).json["mentions"] == []
    assert eve.post(f"posts/{post}/comments", {"content": f"@{bob.name}"}).json["mentions"] == []
    assert len(ann.get(path).json["mentions"]) == 1


def test_an_edit_shows_at_once_and_names_its_moment(ann: Person, bob: Person) -> None:
    path = f"comments/{comment_on(ann.publish(), bob, 'before')}"
    tag = ann.get(path).headers["ETag"]
    edited = bob.put(path, {"content": "after"}, If_Match=tag)
    assert (edited.status, edited.json["content"]) == (200, "after")
    assert edited.json["edited_at"] is not None
    assert ann.get(path).json["content"] == "after"
    assert ann.get(path, If_None_Match=tag).status == 200
    late = bob.put(path, {"content": "later"}, If_Match=tag)
    assert (late.status, late.problem) == (412, "edit-conflict")
    assert bob.put(path, {"content": "later"}).status == 200
    same = bob.get(path).headers["ETag"]
    assert bob.put(path, {"content": "later"}, If_Match=same).headers["ETag"] == same


@pytest.mark.parametrize("is_answered", [False, True])
def test_a_comment_is_deleted_in_the_version_that_was_read(
    ann: Person, bob: Person, *, is_answered: bool
) -> None:
    post = ann.publish()
    comment = comment_on(post, bob, "before")
    if is_answered:
        comment_on(post, ann, parent=comment)
    path = f"comments/{comment}"
    tag = bob.get(path).headers["ETag"]
    bob.put(path, {"content": "after"})
    for if_match in (tag, "nonsense"):
        late = bob.delete(path, If_Match=if_match)
        assert (late.status, late.problem) == (412, "edit-conflict")
        assert ann.delete(path, If_Match=if_match).status == 403
    assert ann.get(path).json["content"] == "after"
    assert bob.delete(path, If_Match=bob.get(path).headers["ETag"]).status == 204
    assert bob.delete(path, If_Match=tag).status == 404


def test_only_its_author_changes_a_comment(ann: Person, bob: Person, nobody: Actor) -> None:
    path = f"comments/{comment_on(ann.publish(), bob)}"
    assert ann.put(path, {"content": "mine"}).status == 403
    assert ann.delete(path).status == 403
    assert nobody.put(path, {"content": "mine"}).status == 401
    assert nobody.delete(path).status == 401
    assert bob.get(path).json["content"] == "hello"
    assert bob.delete(path).status == 204
    for answer in (
        bob.get(path),
        bob.put(path, {"content": "x"}),
        bob.delete(path),
        ann.post(f"{path}/like"),
    ):
        assert answer.status == 404


def test_a_like_is_taken_once_and_given_back(ann: Person, bob: Person) -> None:
    path = f"comments/{comment_on(ann.publish(), bob)}"
    first = ann.post(f"{path}/like").json
    assert first == {"viewer": {"liked": True}, "counts": {"likes": 1, "replies": 0}}
    for _ in range(2):
        assert ann.post(f"{path}/like").json["viewer"] == {"liked": True}
        assert ann.get(path).json["viewer"] == {"liked": True}
    assert bob.get(path).json["viewer"] == {"liked": False}
    for _ in range(2):
        assert ann.delete(f"{path}/like").json["viewer"] == {"liked": False}
        assert ann.get(path).json["viewer"] == {"liked": False}


def test_a_like_can_be_taken_back_where_the_post_is_out_of_sight(ann: Person, bob: Person) -> None:
    social.follow(follower=bob.id, followed=ann.id)
    comment = comment_on(ann.publish(visibility="followers"), ann)
    assert bob.post(f"comments/{comment}/like").status == 200
    social.unfollow(follower=bob.id, followed=ann.id)
    assert bob.get(f"comments/{comment}").status == 404
    assert bob.post(f"comments/{comment}/like").status == 404
    taken = bob.delete(f"comments/{comment}/like")
    assert (taken.status, taken.json) == (200, {"viewer": {"liked": False}, "counts": None})
    assert bob.delete(f"comments/{comment}/like").status == 404


def test_without_redis_comments_are_the_same(ann: Person, bob: Person, redis_proxy: Proxy) -> None:
    post = ann.publish()
    redis_proxy.refuse()
    top = comment_on(post, bob)
    answer = comment_on(post, ann, parent=top)
    path = f"comments/{top}"
    assert ann.ids(f"posts/{post}/comments") == ann.ids(f"users/{bob.id}/comments") == [top]
    assert ann.ids(f"{path}/thread") == [top, answer]
    assert bob.put(path, {"content": "edited"}).json["content"] == "edited"
    assert ann.post(f"{path}/like").json["viewer"]["liked"]
    assert ann.get(path).json["viewer"]["liked"]
    assert not ann.delete(f"{path}/like").json["viewer"]["liked"]
    assert ann.post(f"{path}/hide").json["hidden"]
    assert Person().get(path).status == 404
    assert bob.delete(path).status == 204
    assert ann.get(path).json["deleted"]


def test_a_thread_without_dynamodb_is_503(ann: Person, dynamodb_proxy: Proxy) -> None:
    """If it isn't cached: its readers are threads of their own."""
    post = ann.publish()
    path = f"comments/{(top := comment_on(post, ann))}/thread"
    answers = [comment_on(post, ann, parent=top) for _ in range(2)]
    below = [comment_on(post, ann, parent=answer) for answer in answers]
    assert ann.ids(path) == [top, *answers, *below]
    for answer in answers:
        cache.forget(keys.first_replies(answer, "oldest"))
    dynamodb_proxy.refuse()
    refused = ann.get(path)
    assert (refused.status, refused.problem) == (503, "unavailable")
    dynamodb_proxy.heal()
    assert ann.ids(f"comments/{top}/replies?sort=newest") == answers[::-1]  # a single call finds out
    assert ann.ids(path) == [top, *answers, *below]


def test_the_comments_of_somebody_are_listed_newest_first(ann: Person, bob: Person, nobody: Actor) -> None:
    post, other = ann.publish(), bob.publish()
    mine = [comment_on(post, bob), comment_on(other, bob)]
    mine.append(comment_on(post, bob, parent=comment_on(post, ann)))
    for reader in (ann, nobody):
        assert reader.ids(f"users/{bob.name}/comments") == mine[::-1]
        assert reader.ids(f"users/{bob.id}/comments?limit=2") == mine[:0:-1]
    assert nobody.get("users/999/comments").status == 404


REPLIES = {
    "everyone": {"follower", "mentioned", "stranger"},
    "followers": {"follower"},
    "mentioned": {"mentioned"},
    "nobody": set[str](),
}


@pytest.mark.parametrize("policy", REPLIES)
def test_the_author_says_who_may_reply(ann: Person, policy: str) -> None:
    people = {name: Person() for name in ("follower", "mentioned", "stranger")}
    social.follow(follower=people["follower"].id, followed=ann.id)
    post = ann.publish(f"hello @{people['mentioned'].name}", reply_policy=policy)
    top = comment_on(post, ann)
    for name, person in people.items():
        status = 201 if name in REPLIES[policy] else 403
        for body in ({"content": "x"}, {"content": "x", "parent_id": str(top)}):
            assert person.post(f"posts/{post}/comments", body).status == status
    assert comment_on(post, ann, parent=top)


def test_a_key_makes_one_comment(ann: Person, bob: Person) -> None:
    path = f"posts/{ann.publish()}/comments"
    first, again = (bob.post(path, {"content": "once"}, Idempotency_Key="one") for _ in range(2))
    assert (again.status, again.json) == (201, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert bob.post(path, {"content": "other"}, Idempotency_Key="one").status == 422
    assert bob.ids(path) == [int(first.json["id"])]


@pytest.mark.parametrize("after", [False, True])
def test_after_a_crash_the_same_comment_is_made_or_found(ann: Person, bob: Person, *, after: bool) -> None:
    """Found also where the post's author takes no more replies, and where it was deleted since."""
    post = ann.publish()
    path, body = f"posts/{post}/comments", {"content": "once"}
    with dying_at(*((claims, "answered") if after else (creating, "put_new"))):
        bob.post(path, body, Idempotency_Key="one")
    there = ann.ids(path)
    assert len(there) == after
    if after:
        assert ann.patch(f"posts/{post}", {"reply_policy": "nobody"}).status == 200
        assert bob.delete(f"comments/{there[0]}").status == 204
    let_lapse(bob.id, "one")
    answer = bob.post(path, body, Idempotency_Key="one")
    assert (answer.status, answer.json["content"]) == (201, "once")
    assert not after or int(answer.json["id"]) == there[0]
    assert ann.ids(path) == ([] if after else [int(answer.json["id"])])


def test_a_write_whose_answer_is_lost_is_made_once(ann: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wire tries again; the condition of each write knows its own first try."""
    post = ann.publish()
    lost = lose_first_answers(monkeypatch)
    top = comment_on(post, ann)
    answer = comment_on(post, ann, parent=top)
    path = f"comments/{answer}"
    assert ann.put(path, {"content": "second"}).json["content"] == "second"
    assert ann.post(f"{path}/like").json["counts"]["likes"] == 1
    assert not ann.delete(f"{path}/like").json["viewer"]["liked"]
    assert ann.post(f"{path}/hide").json["hidden"]
    assert ann.delete(path).status == 204
    assert ann.ids(f"posts/{post}/comments") == [top]
    assert ann.ids(f"comments/{top}/replies") == []
    assert ann.delete(f"comments/{top}").status == 204
    assert len(lost) == 9
