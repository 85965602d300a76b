"""What clients send that they shouldn't: a problem document, and nothing changed."""

import re
from typing import Any

import pytest

from echomate import metering
from posts.tests.actor import Actor, Answer, Person

WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem"})


def is_problem(answer: Answer, status: int) -> bool:
    document = answer.json
    return (
        answer.status == document["status"] == status
        and answer.headers["Content-Type"] == "application/problem+json"
        and set(document) >= {"type", "title", "status", "detail", "instance", "request_id"}
    )


BODIES: list[tuple[bytes, int, str]] = [
    (b"{", 400, "malformed"),
    (b"[]", 400, "malformed"),
    (b'"text"', 400, "malformed"),
    (b"null", 400, "malformed"),
    (b'{"content": "\xff"}', 400, "malformed"),
    (b'{"content": "\\ud800"}', 400, "malformed"),
    (b'{"content": NaN}', 400, "malformed"),
    (b'{"content": "x", "x": ' + b"[" * 100 + b"]" * 100 + b"}", 400, "malformed"),
    (b'{"content": "x", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400, "malformed"),
    (b'{"content": "' + b"x" * 10_000_000 + b'"}', 413, "too-large"),
]


@pytest.mark.parametrize(("body", "status", "problem"), BODIES, ids=range(len(BODIES)))
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_a_body_that_is_no_json_object_is_refused(
    ann: Person, method: str, body: bytes, status: int, problem: str
) -> None:
    path = "posts" if method == "POST" else f"posts/{ann.publish('as it was')}"
    with metering.metering() as meter:
        answer = ann.call(method, path, body)
    assert is_problem(answer, status)
    assert answer.problem == problem
    assert not WRITES & {operation for operation, _ in meter.dynamodb}


def test_without_a_body_the_content_is_missing(ann: Person) -> None:
    for answer in (ann.post("posts"), ann.put(f"posts/{ann.publish()}", b"")):
        assert is_problem(answer, 400)
        assert list(answer.json["errors"]) == ["content"]


WRONG: dict[str, list[Any]] = {
    "content": [
        "",
        "   \n ",
        "\u200b",
        "a\0b",
        "a" + "\u0301" * 40,
        "x" * 5001,
        None,
        5,
        1.5,
        True,
        [],
        ["x"],
        {"a": 1},
    ],
    "visibility": ["private", "direct", "", None, 5, [], {}],
    "reply_policy": ["some", None, 0, ["everyone"]],
    "language": ["", "english!", "en-\u017fa", "e", "d e", "x" * 36, 5, ["de"], "de\0"],
    "sensitive": ["true", 1, 0, None, "", []],
    "spoiler_text": ["x" * 301, "a\0", None, 5, {}],
    "media_ids": [["1"], [1, 2], "1", {"0": "1"}, None],
}
FIELDS = [(field, value) for field, values in WRONG.items() for value in values]


@pytest.mark.parametrize(("field", "value"), FIELDS, ids=range(len(FIELDS)))
def test_a_field_that_is_wrong_is_named(ann: Person, field: str, value: Any) -> None:
    body = {"content": "hello", field: value}
    path = f"posts/{ann.publish('as it was')}"
    with metering.metering() as meter:
        answers = [ann.post("posts", body), ann.put(path, body), ann.patch(path, body)]
    for answer in answers:
        assert is_problem(answer, 400)
        assert {name.partition(".")[0] for name in answer.json["errors"]} == {field}
    assert not WRITES & {operation for operation, _ in meter.dynamodb}


def test_several_wrong_fields_are_named_together(ann: Person) -> None:
    answer = ann.post("posts", {"content": 5, "sensitive": "yes", "visibility": "x"})
    assert set(answer.json["errors"]) == {"content", "sensitive", "visibility"}


def test_the_length_of_a_content_counts_characters_as_one_sees_them(ann: Person) -> None:
    decomposed = "e\N{COMBINING ACUTE ACCENT}"
    assert ann.post("posts", {"content": decomposed * 5000}).json["content"] == "é" * 5000
    assert ann.post("posts", {"content": "\N{PILE OF POO}" * 5000}).status == 201
    assert (
        ann.post(
            "posts", {"content": "\N{THUMBS UP SIGN}\N{EMOJI MODIFIER FITZPATRICK TYPE-6}" * 5000}
        ).status
        == 201
    )
    assert ann.post("posts", {"content": "x" * 5000 + "\r\n"}).status == 201


IDS = ["0", "-1", "abc", "1.5", "9" * 19, "9" * 400, "٣", "%00", "1%20", "0x10", "9223372036854775808", "1e3"]


@pytest.mark.parametrize("post", IDS)
def test_what_cannot_be_an_id_is_not_there(ann: Person, post: str) -> None:
    for answer in (
        *(ann.get(f"posts/{post}"), ann.get(f"posts/{post}/likes"), ann.delete(f"posts/{post}")),
        *(ann.put(f"posts/{post}", {"content": "x"}), ann.patch(f"posts/{post}", {"content": "x"})),
        *(ann.post(f"posts/{post}/like"), ann.delete(f"posts/{post}/like")),
    ):
        assert is_problem(answer, 404)
    for path in (f"users/{post}/posts", f"users/{post}/likes"):
        assert ann.get(path).status == 404


@pytest.mark.parametrize("ids", ["", ",", "abc", "1,x", "-1", "9" * 30, ",".join(["5"] * 51), "1;2", "%00"])
def test_ids_that_are_none_are_refused(ann: Person, ids: str) -> None:
    answer = ann.get(f"posts?ids={ids}")
    assert is_problem(answer, 400)
    assert list(answer.json["errors"]) == ["ids"]


def test_posts_without_ids_are_no_list(ann: Person) -> None:
    assert is_problem(ann.get("posts"), 400)


def lists(ann: Person) -> list[str]:
    return [f"users/{ann.id}/posts", f"users/{ann.id}/likes", f"posts/{ann.publish()}/likes"]


@pytest.mark.parametrize("limit", ["0", "-1", "51", "x", "", "1.5", "9" * 100, "٣", "%00"])
def test_a_limit_out_of_range_is_refused(ann: Person, limit: str) -> None:
    for path in lists(ann):
        answer = ann.get(f"{path}?limit={limit}")
        assert is_problem(answer, 400)
        assert list(answer.json["errors"]) == ["limit"]


@pytest.mark.parametrize("cursor", ["", "x", "AAAA", "9" * 5000, "%00", "é", "====", "bzU", "{}"])
def test_a_forged_cursor_is_refused(ann: Person, cursor: str) -> None:
    for path in lists(ann):
        answer = ann.get(f"{path}?cursor={cursor}")
        assert is_problem(answer, 400)
        assert answer.problem == "invalid-cursor"


def test_a_cursor_is_good_for_its_own_list_only(ann: Person, bob: Person) -> None:
    for person in (ann, bob):
        for _ in range(2):
            ann.post(f"posts/{person.publish()}/like")
    of_ann, of_bob = f"users/{ann.id}/posts", f"users/{bob.id}/posts"
    cursor = re.findall(r"cursor=(\S+)", ann.get(f"{of_ann}?limit=1").json["next"])[0]
    assert ann.get(f"{of_ann}?cursor={cursor}").status == 200
    flipped = cursor[:-1] + ("A" if cursor[-1] != "A" else "B")
    for path in (
        f"{of_bob}?cursor={cursor}",
        f"users/{ann.id}/likes?cursor={cursor}",
        f"{of_ann}?cursor={flipped}",
    ):
        assert ann.get(path).problem == "invalid-cursor"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(
            ("PUT", "posts"),
            ("DELETE", "posts"),
            ("PATCH", "posts"),
            ("POST", "posts/5"),
            ("GET", "posts/5/like"),
        ),
        *(
            ("POST", "posts/5/likes"),
            ("PUT", "posts/5/like"),
            ("POST", "users/5/posts"),
            ("DELETE", "users/5/likes"),
        ),
    ],
)
def test_a_method_that_is_none_is_refused(ann: Person, method: str, path: str) -> None:
    assert is_problem(ann.call(method, path, {"content": "x"}), 405)


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_a_body_of_another_type_is_refused(ann: Person, content_type: str) -> None:
    assert is_problem(ann.call("POST", "posts", b"content=x", Content_Type=content_type), 415)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("POST", "posts"), ("PUT", "posts/5"), ("PATCH", "posts/5"), ("DELETE", "posts/5")),
        *(
            ("POST", "posts/5/like"),
            ("DELETE", "posts/5/like"),
            ("GET", "posts/5/likes"),
            ("GET", "users/5/likes"),
        ),
    ],
)
def test_nobody_is_asked_to_log_in(nobody: Actor, method: str, path: str) -> None:
    answer = nobody.call(method, path, {"content": "x"})
    assert is_problem(answer, 401)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
