"""`Idempotency-Key` at the creation of posts: however often it is asked for, there is one, and one answer."""

import time
from functools import partial
from typing import Any

import pytest

from echomate import ids, keys, table
from echomate.errors import Conflict, DependencyAway
from echomate.idempotency import claims
from echomate.metering import metering
from echomate.testing.idempotency import dying_at, let_lapse, set_claim
from echomate.testing.proxy import Proxy
from echomate.testing.races import halting, together
from posts.services import publishing
from posts.tests.actor import Actor, Answer, Person
from posts.tests.test_away import lose_first_answers

pytestmark = pytest.mark.store

HELLO = {"content": "hello", "visibility": "public", "language": "en"}
REPLAYED = "Idempotency-Replayed"


def create(person: Actor, key: str, body: Any = HELLO, **headers: str) -> Answer:
    return person.post("posts", body, Idempotency_Key=key, **headers)


def is_same(one: Answer, other: Answer) -> bool:
    """To the byte, and in the headers that are of the post."""
    return (one.status, one.content, *map(one.headers.get, ("ETag", "Location"))) == (
        other.status,
        other.content,
        *map(other.headers.get, ("ETag", "Location")),
    )


def test_the_same_call_gets_the_first_answer_and_makes_one_post(ann: Person) -> None:
    first = create(ann, "a")
    again = create(ann, "a")
    assert first.status == 201
    assert is_same(first, again)
    assert first.headers["ETag"]
    assert REPLAYED not in first.headers
    assert again.headers[REPLAYED] == "true"
    assert ann.ids(f"users/{ann.id}/posts") == [int(first.json["id"])]


def test_json_that_is_written_otherwise_is_the_same_call(ann: Person) -> None:
    first = create(ann, "a", b'{"content": "h\xc3\xa9", "visibility":"public"}')
    assert is_same(first, create(ann, "a", b'{ "visibility": "public",\n "content": "h\\u00e9" }'))


@pytest.mark.parametrize(
    ("path", "body"), [("posts", {"content": "other"}), ("posts", {}), ("posts?x=1", HELLO)]
)
def test_another_call_with_the_key_is_refused(ann: Person, path: str, body: Any) -> None:
    create(ann, "a")
    answer = ann.post(path, body, Idempotency_Key="a")
    assert (answer.status, answer.problem) == (422, "idempotency-key-reused")
    assert len(ann.ids(f"users/{ann.id}/posts")) == 1


def test_keys_are_each_persons_own(ann: Person, bob: Person, nobody: Actor) -> None:
    assert create(ann, "a").json["author"]["id"] == str(ann.id)
    assert create(bob, "a").json["author"]["id"] == str(bob.id)
    assert create(nobody, "a").status == 401
    assert create(nobody, "").status == 401


def test_what_was_changed_or_deleted_since_is_answered_as_it_was_and_not_made_again(ann: Person) -> None:
    first = create(ann, "a")
    path = f"posts/{first.json['id']}"
    ann.patch(path, {"content": "edited"})
    assert is_same(first, create(ann, "a"))
    ann.delete(path)
    assert is_same(first, create(ann, "a"))
    assert ann.get(path).status == 404


def test_a_refusal_uses_no_key_up(ann: Person) -> None:
    for body, status in ((b"{", 400), ({"content": ""}, 400), ({"content": "x", "visibility": "x"}, 400)):
        assert create(ann, "a", body).status == status
    assert create(ann, "a", b"x", **{"Content-Type": "text/plain"}).status == 415
    assert create(ann, "a").status == 201


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "x" * 256, "a\tb", "\x7f"])
def test_what_can_be_no_key_is_refused_by_name(ann: Person, key: str) -> None:
    answer = create(ann, key)
    assert answer.status == 400
    assert answer.json["errors"] == {"Idempotency-Key": ["1 to 255 visible ASCII characters."]}


def test_what_is_done_twice_without_harm_needs_no_key(ann: Person) -> None:
    post = ann.publish()
    assert ann.post(f"posts/{post}/like", Idempotency_Key="é").status == 200


@pytest.mark.parametrize(("content", "units"), [("hello", 2), ("word " * 100, 2)])
def test_a_claim_costs_two_units_more_and_no_key_nothing(ann: Person, content: str, units: int) -> None:
    ann.publish()
    body = {**HELLO, "content": content}
    with metering() as plain:
        ann.post("posts", body)
    with metering() as keyed:
        create(ann, "a", body)
    assert [operation for operation, _ in plain.dynamodb] == ["PutItem"]
    assert [operation for operation, _ in keyed.dynamodb] == ["PutItem", "PutItem", "UpdateItem"]
    assert keyed.units - plain.units == units
    assert len(plain.redis) == len(keyed.redis) == 2


def test_while_the_first_is_under_way_the_second_is_told_so(ann: Person) -> None:
    with halting(publishing, "put_post", after=False) as halt:
        first, (second, other) = together(lambda: create(ann, "a"), lambda: _second(ann, halt))
    assert first.status == 201
    assert (second.status, second.problem, second.headers["Retry-After"]) == (409, "in-progress", "1")
    assert (other.status, other.problem) == (422, "idempotency-key-reused")
    assert is_same(first, create(ann, "a"))


def _second(person: Person, halt: Any) -> tuple[Answer, Answer]:
    halt.wait()
    try:
        return create(person, "a"), create(person, "a", {"content": "other"})
    finally:
        halt.go_on()


@pytest.mark.parametrize("after", [False, True])
def test_one_who_takes_too_long_is_overtaken_and_there_is_one_post(
    ann: Person, monkeypatch: pytest.MonkeyPatch, *, after: bool
) -> None:
    """The first stands still before its write, or between its write and its answer."""
    monkeypatch.setattr(claims, "HELD_MILLISECONDS", 0)
    with halting(publishing, "put_post", after=after) as halt:
        first, second = together(partial(create, ann, "a"), partial(_overtake, ann, halt))
    assert (first.status, second.status) == (201, 201)
    assert is_same(first, second)
    assert ann.ids(f"users/{ann.id}/posts") == [int(first.json["id"])]


def _overtake(person: Person, halt: Any) -> Answer:
    halt.wait()
    try:
        return create(person, "a")
    finally:
        halt.go_on()


@pytest.mark.parametrize("after", [False, True])
def test_after_a_crash_the_same_creation_is_tried_again(ann: Person, *, after: bool) -> None:
    """Its claim is held until its time is over."""
    _die(ann, after=after)
    there = ann.ids(f"users/{ann.id}/posts")
    assert len(there) == after
    assert create(ann, "a").problem == "in-progress"
    let_lapse(ann.id, "a")
    answer = create(ann, "a")
    assert answer.status == 201
    assert REPLAYED not in answer.headers
    assert ann.ids(f"users/{ann.id}/posts") == [int(answer.json["id"])]
    assert not there or there == [int(answer.json["id"])]
    assert is_same(answer, create(ann, "a"))


def test_what_was_made_before_a_crash_and_deleted_since_is_not_made_again(ann: Person) -> None:
    _die(ann, after=True)
    (post,) = ann.ids(f"users/{ann.id}/posts")
    ann.delete(f"posts/{post}")
    let_lapse(ann.id, "a")
    answer = create(ann, "a")
    assert (answer.status, answer.json["id"]) == (201, str(post))
    assert ann.ids(f"users/{ann.id}/posts") == []


def test_a_refusal_after_a_crash_forgets_no_post(ann: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    _die(ann, after=True)
    (post,) = ann.ids(f"users/{ann.id}/posts")
    let_lapse(ann.id, "a")
    with monkeypatch.context() as patch:
        patch.setattr(publishing, "put_post", _raising(Conflict()))
        assert create(ann, "a").status == 409
    assert create(ann, "a").json["id"] == str(post)


def _raising(error: BaseException) -> Any:
    def fail(*args: Any, **named: Any) -> None:
        raise error

    return fail


def _die(person: Person, *, after: bool) -> None:
    with dying_at(*((claims, "answered") if after else (publishing, "put_post"))):
        create(person, "a")


def test_a_claim_is_over_after_a_day(ann: Person) -> None:
    first = create(ann, "a")
    item = table.get_item(keys.idempotency(ann.id, "a"))
    assert item is not None
    assert abs(int(item["ExpiresAt"]["N"]) - time.time() - 24 * 3600) < 60
    set_claim(ann.id, "a", "SET #ExpiresAt = :then", then=int(time.time()) - 1)
    second = create(ann, "a", {"content": "other"})
    assert second.status == 201
    assert second.json["id"] != first.json["id"]
    assert is_same(second, create(ann, "a", {"content": "other"}))


def test_an_id_that_is_anothers_is_not_used(
    ann: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = bob.publish()
    monkeypatch.setattr(ids, "new_id", lambda: taken)
    _die(ann, after=True)
    let_lapse(ann.id, "a")
    answer = create(ann, "a")
    assert answer.status == 201
    assert ann.ids(f"users/{ann.id}/posts") == [int(answer.json["id"])] != [taken]


def test_without_redis_keys_work(ann: Person, redis_proxy: Proxy) -> None:
    redis_proxy.refuse()
    assert is_same(create(ann, "a"), create(ann, "a"))


def test_without_dynamodb_the_answer_is_503_and_the_key_is_good_later(
    ann: Person, dynamodb_proxy: Proxy
) -> None:
    ann.get("users/me")
    dynamodb_proxy.refuse()
    assert (create(ann, "a").status, create(ann, "b").problem) == (503, "unavailable")
    dynamodb_proxy.heal()
    assert create(ann, "a").status == 201


def test_one_who_failed_on_the_way_leaves_the_key_to_the_next(
    ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(publishing, "put_post", _raising(DependencyAway("dynamodb")))
        assert create(ann, "a").status == 503
    assert create(ann, "a").status == 201


def test_every_write_may_be_repeated(ann: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    ann.get("users/me")
    with monkeypatch.context() as patch:
        lost = lose_first_answers(patch)
        first = create(ann, "a")
        assert create(ann, "b", {"content": ""}).status == 400
    assert lost == ["PutItem", "PutItem", "UpdateItem", "PutItem", "DeleteItem"]
    assert is_same(first, create(ann, "a"))
    assert create(ann, "b").status == 201
    assert len(ann.ids(f"users/{ann.id}/posts")) == 2


def test_ten_at_once_make_one_post(ann: Person) -> None:
    answers = together(*[partial(_until_answered, ann)] * 10)
    assert all(is_same(answers[0], answer) for answer in answers)
    assert ann.ids(f"users/{ann.id}/posts") == [int(answers[0].json["id"])]


def _until_answered(person: Person) -> Answer:
    end = time.monotonic() + 30
    while (answer := create(person, "a")).status == 409 and time.monotonic() < end:
        time.sleep(0.02)
    return answer
