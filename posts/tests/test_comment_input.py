"""What clients send about comments that they shouldn't: a problem document, and nothing changed."""

from typing import Any

import pytest

from echomate import metering
from posts.tests.actor import Person
from posts.tests.commenting import comment_on
from posts.tests.test_bad_input import BODIES, WRITES, is_problem


@pytest.mark.parametrize(("body", "status", "problem"), BODIES, ids=range(len(BODIES)))
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_body_that_is_no_json_object_is_refused(
    ann: Person, method: str, body: bytes, status: int, problem: str
) -> None:
    post = ann.publish()
    path = f"posts/{post}/comments" if method == "POST" else f"comments/{comment_on(post, ann)}"
    with metering.metering() as meter:
        answer = ann.call(method, path, body)
    assert is_problem(answer, status)
    assert answer.problem == problem
    assert not WRITES & {operation for operation, _ in meter.dynamodb}


WRONG: list[Any] = ["", " \n", "\u200b", "a\0b", "a" + "\u0301" * 40, "x" * 5001, None, 5, True, [], {}]
WRONG.append(" ".join(f"@somebody{number}" for number in range(21)))


@pytest.mark.parametrize("content", WRONG, ids=range(len(WRONG)))
def test_a_content_that_is_wrong_is_named(ann: Person, content: Any) -> None:
    post = ann.publish()
    path = f"comments/{comment_on(post, ann)}"
    with metering.metering() as meter:
        answers = [
            ann.post(f"posts/{post}/comments", {"content": content}),
            ann.put(path, {"content": content}),
        ]
    for answer in answers:
        assert is_problem(answer, 400)
        assert list(answer.json["errors"]) == ["content"]
    assert not WRITES & {operation for operation, _ in meter.dynamodb}


def test_a_parent_that_is_none_of_this_posts_comments_is_named(ann: Person, bob: Person) -> None:
    post, other = ann.publish(), ann.publish()
    deleted, hidden = comment_on(post, bob), comment_on(post, bob)
    assert bob.delete(f"comments/{deleted}").status == 204
    assert ann.post(f"comments/{hidden}/hide").status == 200
    elsewhere = comment_on(other, bob)
    stranger = Person()
    for parent in (
        1,
        "",
        "x",
        "-1",
        "9" * 30,
        [],
        {},
        True,
        "5",
        str(post),
        *map(str, (deleted, hidden, elsewhere)),
    ):
        answer = stranger.post(f"posts/{post}/comments", {"content": "x", "parent_id": parent})
        assert is_problem(answer, 400)
        assert list(answer.json["errors"]) == ["parent_id"]
    assert stranger.post(f"posts/{post}/comments", {"content": "x", "parent_id": None}).status == 201


@pytest.mark.parametrize("id_", ["0", "-1", "abc", "9" * 19, "9" * 400, "%00", "1e3", "5"])
def test_what_is_no_comment_is_not_there(ann: Person, id_: str) -> None:
    path = f"comments/{id_}"
    for answer in (
        *(ann.get(path), ann.put(path, {"content": "x"}), ann.delete(path)),
        *(ann.post(f"{path}/like"), ann.delete(f"{path}/like"), ann.post(f"{path}/hide")),
        *(ann.delete(f"{path}/hide"), ann.get(f"{path}/replies"), ann.get(f"{path}/thread")),
        *(ann.get(f"posts/{id_}/comments"), ann.post(f"posts/{id_}/comments", {"content": "x"})),
    ):
        assert is_problem(answer, 404)


def test_a_list_that_is_asked_for_wrongly_is_refused(ann: Person) -> None:
    post = ann.publish()
    top = comment_on(post, ann)
    for path in (f"posts/{post}/comments", f"comments/{top}/replies", f"comments/{top}/thread"):
        for sort in ("", "up", "OLDEST"):
            assert list(ann.get(f"{path}?sort={sort}").json["errors"]) == ["sort"]
    oldest = ann.get(f"posts/{post}/comments?sort=oldest").json["previous"]
    wrong = oldest.replace("oldest", "newest")
    assert ann.get(wrong).problem == "invalid-cursor"
