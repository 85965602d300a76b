"""Every answer that a test gets is held against the OpenAPI document: status, content type, body, headers.

A middleware of tests does it, whatever client asks; what it finds fails the test in the end.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from jsonschema_rs import Draft202012Validator

from echomate import problems, schema

PREFIXES = ("/api/v1/", "/health", "/.well-known/")
_PARAMETER = re.compile(r"<(?:[^:>]+:)?([^>]+)>")

faults: list[str] = []
"""What the answers of the present test had that they should not."""


def _is_date_time(value: str) -> bool:
    return bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", value))


@cache
def _document() -> dict[str, Any]:
    """The document, its objects closed: what an answer holds beyond it is a fault."""
    document: dict[str, Any] = orjson.loads(schema.document())
    _close(document["components"])
    return document


def _close(part: Any) -> None:
    if isinstance(part, dict):
        if "properties" in part and part.get("type") == "object":
            part.setdefault("additionalProperties", False)
        part = list(part.values())
    if isinstance(part, list):
        for one in part:
            _close(one)


@cache
def _validator(path: str, method: str, status: str, content_type: str) -> Draft202012Validator | None:
    content = _answer(path, method, status).get("content", {})
    if content_type not in content:
        return None
    body = content[content_type]["schema"]
    return Draft202012Validator(
        {**body, "components": _document()["components"]},
        formats={"date-time": _is_date_time},
        validate_formats=True,
    )


def _answer(path: str, method: str, status: str) -> dict[str, Any]:
    """What the document says of a status; empty where it doesn't know it."""
    answers = _operation(path, method)["responses"]
    return _resolved(answers.get(status) or answers.get("default") or {})


def _resolved(part: dict[str, Any]) -> dict[str, Any]:
    """The component that a reference names, else the part itself."""
    found: dict[str, Any] = part
    if "$ref" in part:
        found = _document()
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
    return found


def _operation(path: str, method: str) -> dict[str, Any]:
    operation: dict[str, Any] = _document()["paths"].get(path, {}).get(method, {})
    return operation


class ContractMiddleware:
    """The outermost one, so that it sees what a client sees."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        try:
            check(request.method or "", request.path, response)
        except AssertionError as fault:
            faults.append(str(fault))
        return response


def check(method: str, path: str, response: Any) -> None:
    """Raises `AssertionError` where an answer of the API or of health isn't what the document promises."""
    if not path.startswith(PREFIXES) or method == "OPTIONS":
        return
    said = f"{method} {path} answered {response.status_code}"
    assert "X-Request-ID" in response.headers, f"{said} without X-Request-ID"
    template = _template(path)
    verb = "get" if method == "HEAD" else method.lower()
    if template is None or not _operation(template, verb):
        assert response.status_code in {404, 405}, f"{said}, but the document does not know this operation"
        assert response.headers["Content-Type"] == problems.CONTENT_TYPE, f"{said}, not as a problem"
        return
    _check_body(template, verb, response, said, is_head=method == "HEAD")


def _template(path: str) -> str | None:
    try:
        route = resolve(path).route
    except Resolver404:
        return None
    return "/" + _PARAMETER.sub(r"{\1}", route) if route else None


def _check_body(path: str, method: str, response: Any, said: str, *, is_head: bool) -> None:
    status, content_type = str(response.status_code), response.headers.get("Content-Type", "").split(";")[0]
    documented = _answer(path, method, status)
    assert documented, f"{said}, which is not documented"
    for name, header in documented.get("headers", {}).items():
        required = _resolved(header).get("required", False)
        assert not required or name in response.headers, f"{said} without {name}"
    if not response.content:
        assert "content" not in documented or is_head, f"{said} without a body"
        return
    validator = _validator(path, method, status, content_type)
    assert validator is not None, f"{said} with a {content_type} that is not documented"
    fault = next(validator.iter_errors(orjson.loads(response.content)), None)
    assert fault is None, f"{said}: {fault.instance_path} {fault.message}"
