"""The OpenAPI document: 3.1, JSON, the same for every request, so it is made once a process."""

from functools import lru_cache
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.views import View
from drf_spectacular.generators import SchemaGenerator

from echomate import problems


@lru_cache(maxsize=1)
def document() -> bytes:
    """The schema as JSON."""
    generator: Any = SchemaGenerator
    return orjson.dumps(generator().get_schema(request=None, public=True), default=str)


def add_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A hook of spectacular: whatever an operation doesn't answer as documented is a problem document."""
    result["components"]["schemas"]["Problem"] = _PROBLEM
    answer = {
        "description": "What is wrong.",
        "content": {problems.CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for path, operations in result["paths"].items():
        if path.startswith("/api/v1/"):
            for operation in operations.values():
                operation["responses"]["default"] = answer
    return result


_PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "A problem document (RFC 9457). `type` is stable, `title` follows `Accept-Language`.",
    "properties": {
        "type": {"type": "string", "enum": [f"/problems/{name}" for name in problems.TITLES]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "object",
            "description": "What is wrong with each field, of 400 and 409.",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    },
    "required": ["type", "title", "status", "detail", "instance", "request_id"],
    "additionalProperties": True,
}


class SchemaView(View):
    """GET /api/schema."""

    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse(
            document(), content_type="application/json", headers={"Cache-Control": "max-age=300"}
        )
