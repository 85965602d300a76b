"""What a view does with an `Idempotency-Key`."""

import hashlib
import re
from collections.abc import Callable
from contextlib import suppress

import orjson
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from echomate import problems
from echomate.bodies import PassThroughRenderer
from echomate.errors import Invalid
from echomate.idempotency import claims
from echomate.idempotency.claims import Answer
from echomate.idempotency.items import Creation

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
KEY_AT_MOST = 255
PATTERN = f"[!-~]{{1,{KEY_AT_MOST}}}"
KEPT_HEADERS = ("Location", "ETag")

_KEY = re.compile(PATTERN)


def key_of(request: Request) -> str | None:
    """The key of a request, None where it has none. Raises `Invalid` for what can't be one."""
    key: str | None = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if key is not None and not _KEY.fullmatch(key):
        raise Invalid(errors={HEADER: ["1 to 255 visible ASCII characters."]})
    return key


def once(
    request: Request, *, user: int, key: str, create: Callable[[Creation], HttpResponse]
) -> HttpResponse:
    """The answer of `create`, or the one that the first call with the key got; what it refuses uses no key up."""
    held = claims.claim(user, key, _digest(request))
    if isinstance(held, Answer):
        return _replay(held)
    try:
        response = create(held.creation)
    except Exception as error:
        (claims.refused if _is_refusal(error) else claims.given_up)(held)
        raise
    answer = _answer(response)
    kept = claims.answered(held, answer)
    return response if kept is answer else _replay(kept)


def _digest(request: Request) -> str:
    """What the request asks for, however its JSON is written."""
    body = request._request.body
    with suppress(orjson.JSONDecodeError, orjson.JSONEncodeError):  # what is no JSON is taken as it is
        body = orjson.dumps(orjson.loads(body), option=orjson.OPT_SORT_KEYS)
    asked = f"{request.method} {request.get_full_path()}\n".encode()
    return hashlib.sha256(asked + body).hexdigest()


def _is_refusal(error: Exception) -> bool:
    """Whether it says that the request can't be granted, rather than that something failed on the way."""
    return problems.as_echomate_error(error).status < 500


def _answer(response: HttpResponse) -> Answer:
    headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    body = PassThroughRenderer().render(response.data) if isinstance(response, Response) else response.content
    return Answer(response.status_code, body, headers)


def _replay(answer: Answer) -> Response:
    return Response(answer.body, status=answer.status, headers={**answer.headers, REPLAYED: "true"})
