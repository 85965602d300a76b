"""Whatever size a field or a parameter of the schema is given, the refusal is cheap and short, and changes nothing."""

import time
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import Any

import orjson
import pytest

from echomate import problems, schema
from echomate.bodies import MAX_BODY_BYTES
from echomate.metering import metering
from echomate.testing.client import Caller, Person, sign_up
from echomate.testing.configuration import configured

pytestmark = pytest.mark.timed

ELEMENTS, CHARACTERS = 100_000, 1_000_000
REQUEST_LINE = 8000
"""Characters of a path or a header: gunicorn takes 8,190 of either."""
SECONDS, ANSWER_BYTES = 0.05, 16_384
TRIES = 5
WRITES = {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem"}

Operation = dict[str, Any]

HUGE = {
    "characters": orjson.dumps("a" * CHARACTERS),
    "ligatures": orjson.dumps("\ufb03" * (CHARACTERS // 3)),
    "marks": orjson.dumps("a" + "\u0301" * (CHARACTERS // 2 - 1)),
    "spaces": orjson.dumps(" " * CHARACTERS),
    "the same element": orjson.dumps(["1"] * ELEMENTS),
    "different elements": orjson.dumps([str(n) for n in range(1, ELEMENTS + 1)]),
    "empty elements": orjson.dumps([{}] * ELEMENTS),
    "lists in a list": orjson.dumps([[]] * ELEMENTS),
    "keys": orjson.dumps({str(n): 0 for n in range(ELEMENTS)}),
}
LONG = {
    "characters": "a" * CHARACTERS,
    "digits": "1" * CHARACTERS,
    "commas": "," * CHARACTERS,
    "ids": "1," * ELEMENTS,
    "tags": '"1.a",' * ELEMENTS,
}
BODIES = {
    "empty strings": b'"' * (MAX_BODY_BYTES - 1),
    "escapes in a string that has no end": b'{"login": "' + b'\\"' * 500_000,
    "a number": b'{"login": ' + b"1" * CHARACTERS + b"}",
    "levels": b"[" * CHARACTERS,
    "keys": b"{" + b",".join(b'"%d": []' % n for n in range(60_000)) + b"}",
    "too many bytes": b" " * (MAX_BODY_BYTES + 1),
}


@cache
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = orjson.loads(schema.document())
    return loaded


def operations() -> Iterator[tuple[str, str, Operation]]:
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


def resolved(part: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema without references at its top; of several that it is all of, the one that has properties."""
    while "$ref" in part:
        part = document()["components"]["schemas"][part["$ref"].rpartition("/")[2]]
    for one in part.get("allOf", part.get("oneOf", ())):
        if "properties" in (inner := resolved(one)):
            return inner
    return part


def places(part: Mapping[str, Any], *above: str) -> Iterator[tuple[str, ...]]:
    """Where in a body there are fields, also those inside of others."""
    for name, field in resolved(part).get("properties", {}).items():
        yield (*above, name)
        yield from places(field, *above, name)


def body_of(operation: Operation) -> Mapping[str, Any] | None:
    content = operation.get("requestBody", {}).get("content", {})
    return content["application/json"]["schema"] if content else None


def example_of(part: Mapping[str, Any]) -> dict[str, Any]:
    """A body that is right but for what is put into it."""
    shape = resolved(part)
    for example in shape.get("examples", ()):
        return orjson.loads(orjson.dumps(example))  # type: ignore[no-any-return]  # objects are examples of objects
    return {}


def with_value(body: dict[str, Any], place: tuple[str, ...], value: object) -> bytes:
    inner = body
    for name in place[:-1]:
        inner = inner.setdefault(name, {})
    inner[place[-1]] = value
    return orjson.dumps(body)


WITH_BODY = {
    f"{method} {path}": (path, method, operation)
    for path, method, operation in operations()
    if body_of(operation) is not None
}
WITH_PARAMETERS = {
    f"{method} {path}": (path, method, operation)
    for path, method, operation in operations()
    if operation.get("parameters")
}


@pytest.fixture(scope="module")
def subjects(_empty_tables: None) -> dict[str, str]:
    """The parameters of paths, and the access token of whom all that they name belongs to."""
    owner = sign_up("owner").step_up()
    post = owner.post("/posts", {"content": "Hello."}).json()["id"]
    comment = owner.post(f"/posts/{post}/comments", {"content": "Welcome."}).json()["id"]
    declared = {"content_type": "image/png", "size": 100, "purpose": "post"}
    media = owner.post("/media", declared).json()["media"]["id"]
    absent = {"passkey": "0" * 32, "link": "0" * 64, "sid": "0" * 24, "job": "1", "tag": "tour"}
    return {**absent, "user": owner.username, "post": post, "comment": comment, "media": media} | {
        "access": owner.access
    }


@pytest.fixture
def owner(subjects: dict[str, str]) -> Iterator[Caller]:
    caller = Caller()
    caller.headers["Authorization"] = f"Bearer {subjects['access']}"
    with configured(rate_limit_factor=1e6):
        yield caller


def refused(what: str, call: Callable[[], Any]) -> None:
    """Make a call that is refused, and takes less than 50 ms of this thread's time, once in five times."""
    took = []
    for _ in range(TRIES):
        with metering() as meter:
            began = time.thread_time()
            answer = call()
            took.append(time.thread_time() - began)
        written = WRITES & {operation for operation, _ in meter.dynamodb}
        assert not written, f"{what}: {written}"
        assert len(answer.content) <= ANSWER_BYTES, f"{what}: {len(answer.content)} bytes"
        assert 400 <= answer.status_code < 500, f"{what}: {answer.status_code} {answer.content[:300]!r}"
        if took[-1] <= SECONDS:
            return
    raise AssertionError(f"{what}: {[round(seconds * 1000) for seconds in took]} ms")


@pytest.mark.parametrize("name", WITH_BODY)
def test_a_huge_value_of_a_field_is_refused_at_little_cost(
    name: str, owner: Caller, subjects: dict[str, str]
) -> None:
    path, method, operation = WITH_BODY[name]
    shape = body_of(operation)
    assert shape is not None
    for place in places(shape):
        for size, value in HUGE.items():
            body = with_value(example_of(shape), place, orjson.Fragment(value))
            call = partial(owner.call, method, path.format(**subjects), body)
            refused(f"{'.'.join(place)}, {size}", call)


@pytest.mark.parametrize("name", WITH_PARAMETERS)
def test_a_huge_parameter_is_refused_at_little_cost(
    name: str, owner: Caller, subjects: dict[str, str]
) -> None:
    path, method, operation = WITH_PARAMETERS[name]
    shape = body_of(operation)
    body = None if shape is None else example_of(shape)
    for parameter in operation["parameters"]:
        for size, value in LONG.items():
            where, key = parameter["in"], parameter["name"]
            named = {**subjects, key: value[:REQUEST_LINE]} if where == "path" else subjects
            query = f"?{key}={value}" if where == "query" else ""
            headers = {key: value} if where == "header" else {}
            url = path.format(**named) + query
            refused(f"{key}, {size}", partial(owner.call, method, url, body, headers=headers))


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_huge_body_is_refused_at_little_cost(body: bytes, owner: Caller) -> None:
    headers = {"Idempotency-Key": "huge"}
    for path in ("/auth/login", "/auth/forgot-password", "/posts"):
        refused(path, partial(owner.post, path, body, headers=headers))


def test_an_address_that_grows_as_it_is_normalised_is_refused_at_little_cost(owner: Caller) -> None:
    for address in ("x@" + "\ufb03" * 500, "x@" + "\ufdfa" * 500, "x@" + "\u0130" * 253):
        refused(address[:5], partial(owner.post, "/auth/forgot-password", {"email": address}))


@pytest.mark.parametrize("value", LONG.values(), ids=LONG)
@pytest.mark.parametrize(
    "name", ["Accept", "Accept-Language", "Authorization", "Cookie", "Content-Type", "Origin"]
)
def test_a_huge_header_costs_little(name: str, value: str, owner: Caller) -> None:
    refused(name, partial(owner.get, "/posts/x", headers={name: value[:REQUEST_LINE]}))


def test_a_list_does_not_repeat_what_it_does_not_know(owner: Caller, subjects: dict[str, str]) -> None:
    known = owner.get(f"/posts/{subjects['post']}/comments?sort=newest&more={'x' * REQUEST_LINE}&limit=1")
    assert known.json()["previous"].partition("?")[2].startswith("sort=newest&limit=1&cursor=")
    assert "more" not in known.headers["Link"]


NOT_THEIRS = [
    ("PATCH", "/posts/{post}", 403),
    ("PUT", "/posts/{post}", 403),
    ("PUT", "/comments/{comment}", 403),
    ("PATCH", "/media/{media}", 404),
    ("PUT", "/users/{user}/profile", 403),
    ("PATCH", "/auth/passkeys/{passkey}", 404),
]


@pytest.mark.parametrize(("method", "path", "status"), NOT_THEIRS)
def test_who_may_not_is_not_told_what_is_wrong_with_the_body(
    method: str, path: str, status: int, subjects: dict[str, str], ann: Person
) -> None:
    wrong = {name: ["x"] * 10 for name in ("content", "media_ids", "alt", "full_name", "name")}
    assert ann.call(method, path.format(**subjects), wrong).status_code == status


def test_who_may_not_comment_is_not_told_what_is_wrong_with_it(ann: Person, bob: Person) -> None:
    post = ann.post("/posts", {"content": "Among us.", "visibility": "followers"}).json()["id"]
    closed = ann.post("/posts", {"content": "Hear me.", "reply_policy": "nobody"}).json()["id"]
    assert bob.post(f"/posts/{post}/comments", {}).status_code == 404
    assert bob.post(f"/posts/{closed}/comments", {}).status_code == 403


def test_an_answer_lists_the_first_errors_of_many() -> None:
    many = problems.bounded({f"{n}": [f"{'x' * 1000}"] * 100 for n in range(100)})
    assert len(orjson.dumps(many)) < problems.ERRORS_AT_MOST * problems.MESSAGES_AT_MOST * 600
