"""How a view becomes an operation: what follows from its form need not be said at each."""

import inspect
from typing import Any

from drf_spectacular.openapi import AutoSchema
from rest_framework.serializers import BaseSerializer, ListSerializer

from echomate.fields import PageSerializer
from echomate.paging import MAX_LIMIT
from echomate.schema.components import ORIGIN, header_refs, refusal_ref
from echomate.schema.parameters import IDEMPOTENCY_KEY, IF_MATCH, IF_NONE_MATCH
from echomate.views import ApiView

NOTHING_SAID = "No response body"
"""What spectacular makes of an answer without a description."""

_CONDITIONS = {IF_MATCH.name, IF_NONE_MATCH.name}


class Inspector(AutoSchema):
    """The handler's docstring gives summary and description, a serializer's `example` its example.

    Every refusal that an operation of the API can give is added by its form; only 403, 409 and the like are said
    in `extend_schema`.
    """

    def get_summary(self) -> str | None:
        return self._paragraphs()[0].rstrip(".") or None

    def get_description(self) -> str:  # type: ignore[override]  # spectacular's own
        return self._paragraphs()[1]

    def _paragraphs(self) -> tuple[str, str]:
        handler = getattr(self.view, self.method.lower(), None)
        first, _, rest = (inspect.getdoc(handler) or "").partition("\n\n")
        return " ".join(first.split()), rest

    def get_auth(self) -> list[dict[str, Any]]:
        ways: list[dict[str, Any]] = super().get_auth()
        reads_anonymously = self.method == "GET" and getattr(self.view, "anonymous", False)
        return [*ways, {}] if reads_anonymously else ways

    def get_override_parameters(self) -> list[Any]:
        return [IDEMPOTENCY_KEY] if self._is_idempotent() else []

    def _is_idempotent(self) -> bool:
        return isinstance(self.view, ApiView) and self.method in self.view.idempotent

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        answers: dict[str, Any] = operation["responses"]
        parameters = {parameter["name"] for parameter in operation.get("parameters", ())}
        for status in self._statuses(operation, parameters):
            answers.setdefault(
                status, {"description": "It is as the client has it." if status == "304" else ""}
            )
        operation.setdefault("security", [])
        operation["responses"] = {
            status: self._answer(status, answers[status], parameters) for status in sorted(answers)
        }
        return operation

    def _statuses(self, operation: dict[str, Any], parameters: set[str]) -> list[str]:
        if not isinstance(self.view, ApiView):
            return ["406"]
        takes_body = "requestBody" in operation
        queries = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "query"}
        is_idempotent = self._is_idempotent()
        conditions = {
            304: "If-None-Match" in parameters,
            400: takes_body or bool(queries) or is_idempotent or bool(_CONDITIONS & parameters),
            401: bool(self.view.authentication_classes),
            404: "{" in self.path,
            406: True,
            409: is_idempotent,
            412: "If-Match" in parameters,
            413: takes_body or is_idempotent,
            415: takes_body,
            422: is_idempotent,
            429: True,
            503: True,
        }
        return [str(status) for status, holds in conditions.items() if holds]

    def _answer(self, status: str, answer: dict[str, Any], parameters: set[str]) -> dict[str, Any]:
        """A refusal as a reference to its component; another answer, like a red health, with its headers."""
        if int(status) >= 400 and "content" not in answer:
            said = answer["description"]
            return refusal_ref(status, "" if said == NOTHING_SAID else said)
        is_limited = isinstance(self.view, ApiView)
        names = _headers(int(status), parameters) if is_limited else ["X-Request-ID", ORIGIN]
        return {**answer, "headers": header_refs(*names)}

    def _map_serializer_field(self, field: Any, direction: Any, bypass_extensions: bool = False) -> Any:  # noqa: FBT001, FBT002 - spectacular's
        """A page's list holds a page."""
        schema = super()._map_serializer_field(field, direction, bypass_extensions)  # type: ignore[no-untyped-call]  # spectacular's
        is_page = isinstance(field, ListSerializer) and isinstance(field.parent, PageSerializer)
        return {**schema, "maxItems": MAX_LIMIT} if is_page else schema

    def _map_serializer(self, serializer: Any, direction: Any, bypass_extensions: bool = False) -> Any:  # noqa: FBT001, FBT002 - spectacular's
        schema = super()._map_serializer(serializer, direction, bypass_extensions)  # type: ignore[no-untyped-call]  # spectacular's
        kind = serializer if inspect.isclass(serializer) else type(serializer)
        example = vars(kind).get("example") if issubclass(kind, BaseSerializer) else None
        return {**schema, "examples": [example]} if example is not None else schema


def _headers(status: int, parameters: set[str]) -> list[str]:
    names = ["X-Request-ID", "RateLimit-Policy", "RateLimit", ORIGIN]
    conditions = {
        "Location": status in {201, 307},
        "Idempotency-Replayed": IDEMPOTENCY_KEY.name in parameters,
        "Link": "cursor" in parameters,
        "ETag": bool(_CONDITIONS & parameters) and status not in {202, 204, 307},
    }
    return names + [name for name, holds in conditions.items() if holds]
