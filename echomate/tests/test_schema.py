"""The OpenAPI document says of each call what a client has to know."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import pytest
from django.core.management import call_command
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from jsonschema_rs import Draft202012Validator

from echomate import problems, schema
from echomate.schema.components import REFUSALS

pytestmark = pytest.mark.pure

VERBS = """
    accept add begin block change check complete confirm create delete edit end erase follow forgot hide
    like list log mail mute read refresh reject remove replace resend reset restore search set sign start
    step unblock undo unfollow unhide unlike unmute verify
"""
OPERATION_ID = re.compile(rf"unsubscribe|({'|'.join(VERBS.split())})([A-Z][A-Za-z]+)+")


@pytest.fixture(scope="module")
def document() -> Any:
    return orjson.loads(schema.document())


def operations(document: Any) -> Iterator[tuple[str, Any]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_it_is_valid_and_gives_no_warning() -> None:
    call_command("spectacular", "--fail-on-warn", "--validate", "--file", "/dev/null")


def test_it_is_served_as_json_of_openapi_3_1(document: Any) -> None:
    response = Client().get("/api/schema")
    assert response.headers["Content-Type"] == "application/json"
    assert response.json() == document
    assert document["openapi"].startswith("3.1")


def test_each_operation_says_in_words_what_it_does(document: Any) -> None:
    tags = {tag["name"] for tag in document["tags"]}
    for name, operation in operations(document):
        assert OPERATION_ID.fullmatch(operation["operationId"]), name
        assert operation.get("summary"), name
        assert len(operation["tags"]) == 1, name
        assert set(operation["tags"]) <= tags, name
    ids = [operation["operationId"] for _, operation in operations(document)]
    assert len(ids) == len(set(ids))


def test_each_call_of_the_api_says_how_it_refuses(document: Any) -> None:
    for name, operation in operations(document):
        if "/api/v1/" in name:
            assert {"406", "429", "503"} <= set(operation["responses"]), name
            assert ("404" in operation["responses"]) == ("{" in name), name
            if "requestBody" in operation:
                assert {"400", "413", "415"} <= set(operation["responses"]), name


REPEATABLE = {
    "signUp": "nobody is known yet whose key it would be; a second try is told that the name is taken",
}
"""Creations without an Idempotency-Key, and why."""


def test_each_creation_takes_an_idempotency_key(document: Any) -> None:
    creating, taking = set(), set()
    for name, operation in operations(document):
        if name.startswith("POST ") and "201" in operation["responses"]:
            creating.add(operation["operationId"])
        if "Idempotency-Key" in {parameter["name"] for parameter in operation.get("parameters", ())}:
            taking.add(operation["operationId"])
            assert {"400", "409", "413", "422"} <= set(operation["responses"]), name
    assert creating - taking == set(REPEATABLE)
    assert taking - creating == {"startExport", "startImport"}


def test_each_type_of_problem_belongs_to_a_status(document: Any) -> None:
    said = {type_ for _, types in REFUSALS.values() for type_ in types}
    assert said | {"internal-error", "method-not-allowed"} == set(problems.TITLES)


def test_the_examples_are_as_they_say(document: Any) -> None:
    found = 0
    for name, component in document["components"]["schemas"].items():
        for example in component.get("examples", ()) if isinstance(component, dict) else ():
            Draft202012Validator({**component, "components": document["components"]}).validate(example)
            found += 1
            assert name
    assert found > 10


def test_nothing_is_left_without_a_type(document: Any) -> None:
    for name, component in document["components"]["schemas"].items():
        for field, shape in component.get("properties", {}).items():
            assert shape, f"{name}.{field}"


def schemas(part: Any) -> Iterator[Any]:
    if isinstance(part, dict):
        if isinstance(part.get("type"), str | list):
            yield part
        part = [inner for name, inner in part.items() if name not in {"example", "examples"}]
    for inner in part if isinstance(part, list) else ():
        yield from schemas(inner)


def test_each_value_has_a_bound(document: Any) -> None:
    for shape in schemas([document["paths"], document["components"]]):
        kinds = {shape["type"]} if isinstance(shape["type"], str) else set(shape["type"])
        assert "string" not in kinds or {"maxLength", "enum", "const"} & set(shape), shape
        assert "array" not in kinds or "maxItems" in shape, shape
        assert "integer" not in kinds or {"minimum", "maximum", "format"} <= set(shape), shape


def test_the_docs_take_all_they_need_from_this_server() -> None:
    page = Client().get("/api/docs", headers={"Accept": "text/html"})
    needed = re.findall(r'(?:src|href)="([^"]+)"', page.content.decode())
    assert len(needed) > 3
    for address in needed:
        assert address.startswith(("/static/", "/api/docs?"))
        file = Client().get(address)
        assert file.status_code == 200
        file.close()


def test_asked_for_by_eight_at_once_it_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[SchemaGenerator] = []

    class Counting(SchemaGenerator):
        def get_schema(self, *args: Any, **kwargs: Any) -> Any:
            made.append(self)
            return super().get_schema(*args, **kwargs)  # type: ignore[no-untyped-call]  # the library has no types

    monkeypatch.setattr(schema, "SchemaGenerator", Counting)
    schema._made.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: schema.document(), range(8)))
    assert len(made) == 1
    assert len(set(answers)) == 1
