"""The JSON of requests and answers. No view is imported here: DRF's own views load these classes."""

import codecs
import re
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

import orjson
from django.http import HttpResponse
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from echomate.errors import EchomateError, Invalid

MAX_BODY_BYTES = 1_048_576
MAX_DEPTH = 32
MAX_TOKENS = 2000
"""Strings, commas, beginnings of objects and lists."""
MAX_ACCEPT = 1000
ACCEPTED = frozenset({"*/*", "application/json", "application/json, text/plain, */*"})
"""What most clients accept."""

_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+["\\]?|[,\[{]', re.DOTALL)


class PassThroughRenderer(BaseRenderer):
    """JSON: bytes pass as they are, all else goes through orjson."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        if renderer_context:
            renderer_context.pop("response", None)  # the answer has the context: in it, it would keep itself
        if data is None:
            return b""
        if isinstance(data, bytes):
            return data
        return orjson.dumps(data, option=orjson.OPT_NON_STR_KEYS)


def json_response(body: bytes, *, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """An answer of JSON that is made already: DRF's `Response` would render it, which takes 20 µs."""
    return HttpResponse(body, content_type="application/json", headers=headers)


class Negotiation(DefaultContentNegotiation):
    """Where JSON comes first, what most clients accept needs no negotiation, which takes 25 µs."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        first = next(iter(renderers))
        if first.media_type == "application/json" and request.META.get("HTTP_ACCEPT", "*/*") in ACCEPTED:
            return first, str(first.media_type)
        if len(request.META.get("HTTP_ACCEPT", "")) > MAX_ACCEPT:
            raise NotAcceptable
        chosen: tuple[BaseRenderer, str] = super().select_renderer(request, renderers, format_suffix)
        return chosen


class BoundedJSONParser(JSONParser):
    """JSON objects of at most 1 MiB, 2,000 tokens and 32 levels, without lone surrogates.

    A byte order mark before one is nothing.
    """

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        if parser_context and "request" in parser_context:
            _refuse_compression(parser_context["request"])
        data = stream.read(MAX_BODY_BYTES + 1)
        if len(data) > MAX_BODY_BYTES:
            error = EchomateError(f"A body may have {MAX_BODY_BYTES} bytes.", type="too-large")
            error.status = 413
            raise error
        _check_count(data)
        try:
            parsed = orjson.loads(data.removeprefix(codecs.BOM_UTF8))
        except orjson.JSONDecodeError as failure:
            raise Invalid(f"The body is not valid JSON: {failure}.", type="malformed") from failure
        if not isinstance(parsed, dict):
            raise Invalid("The body must be a JSON object.", type="malformed")
        _check_depth(parsed)
        return parsed


def _refuse_compression(request: Request) -> None:
    """A body that grows as it is read isn't worth its bounds; the answer says what is taken (RFC 9110, 15.5.16)."""
    coding = request.headers.get("Content-Encoding", "").strip().lower()
    if coding in {"", "identity"}:
        return
    error = EchomateError(
        "The body is compressed; send it as it is.",
        type="unsupported-media-type",
        headers={"Accept-Encoding": "identity"},
    )
    error.status = 415
    raise error


def _check_count(data: bytes) -> None:
    """Before anything is made of it: of 100,000 empty lists the parser alone makes 150 ms."""
    if len(data) > MAX_TOKENS and next(islice(_TOKEN.finditer(data), MAX_TOKENS, None), None):
        raise Invalid("The body has too many values.", type="malformed")


def _check_depth(value: Any, depth: int = 1) -> None:
    if depth > MAX_DEPTH:
        raise Invalid(f"The body may have {MAX_DEPTH} levels.", type="malformed")
    if isinstance(value, dict):
        value = value.values()
    if not isinstance(value, str | bytes | int | float | bool | None):
        for part in value:
            _check_depth(part, depth + 1)
