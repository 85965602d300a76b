"""Problem documents (RFC 9457): the one form of every error answer, whatever part of the stack refuses."""

import logging
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

import orjson
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions as drf
from rest_framework.response import Response

from echomate import metrics
from echomate.errors import DependencyAway, EchomateError

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
ERRORS_AT_MOST = 20
"""Fields that an answer lists."""
MESSAGES_AT_MOST = 5
"""Of one field."""
TEXT_AT_MOST = 500
"""Characters of what may repeat a part of the request."""

TITLES = {
    "bad-credentials": _("The login or the password is wrong"),
    "bad-request": _("The request could not be read"),
    "conflict": _("This contradicts the present state"),
    "csrf": _("This origin may not make the call"),
    "edit-conflict": _("Someone changed it in the meantime"),
    "email-taken": _("The e-mail address is taken"),
    "erasing": _("The account is being erased"),
    "forbidden": _("You may not do this"),
    "idempotency-key-reused": _("The idempotency key belongs to another request"),
    "in-progress": _("The same request is still being worked on"),
    "internal-error": _("Something went wrong here"),
    "invalid": _("Some of the input is not valid"),
    "invalid-cursor": _("The cursor is not one of this list"),
    "last-credential": _("It is the only way to log in"),
    "link-invalid": _("The link is not valid any more"),
    "malformed": _("The body could not be read"),
    "media-attached": _("The media are used already"),
    "media-not-ready": _("The media are not ready yet"),
    "method-not-allowed": _("This method is not allowed here"),
    "not-acceptable": _("No acceptable form of the answer exists"),
    "not-authenticated": _("Please log in"),
    "not-found": _("There is nothing here"),
    "oidc-refused": _("The login provider's answer was not accepted"),
    "otp-invalid": _("The code is wrong or was used before"),
    "otp-required": _("A second factor is required"),
    "passkey-invalid": _("The passkey was not accepted"),
    "rate-limited": _("Too many requests"),
    "session-revoked": _("The session has ended"),
    "step-up-required": _("Please confirm that it is you"),
    "suspended": _("The account is suspended"),
    "token-expired": _("The token has expired"),
    "token-invalid": _("The token is not valid"),
    "too-large": _("The body is too large"),
    "unavailable": _("The service is not available at the moment"),
    "unsupported-media-type": _("This content type is not supported"),
    "upload-missing": _("The upload has not arrived"),
    "username-taken": _("The username is taken"),
}

# Django REST framework's own exceptions, most special first.
_FROM_DRF: list[tuple[type[drf.APIException], str]] = [
    (drf.ValidationError, "invalid"),
    (drf.ParseError, "malformed"),
    (drf.AuthenticationFailed, "not-authenticated"),
    (drf.NotAuthenticated, "not-authenticated"),
    (drf.PermissionDenied, "forbidden"),
    (drf.NotFound, "not-found"),
    (drf.MethodNotAllowed, "method-not-allowed"),
    (drf.NotAcceptable, "not-acceptable"),
    (drf.UnsupportedMediaType, "unsupported-media-type"),
]


def document(
    request: HttpRequest,
    *,
    type: str,
    status: int,
    detail: str = "",
    errors: Mapping[str, Any] | None = None,
    **extra: object,
) -> dict[str, Any]:
    """The problem as a mapping, its title in the language that the client asks for."""
    with translation.override(translation.get_language_from_request(request)):
        title = str(TITLES.get(type, TITLES["bad-request"]))
    problem: dict[str, Any] = {
        "type": f"/problems/{type}",
        "title": title,
        "status": status,
        "detail": shortened(detail) or title,
        "instance": shortened(request.path),
        "request_id": getattr(request, "request_id", ""),
    }
    if errors:
        problem["errors"] = bounded(errors)
    return problem | extra


def response(request: HttpRequest, *, type: str, status: int, detail: str = "", **extra: Any) -> HttpResponse:
    """The problem as an answer, for the parts of Django that don't go through the API's views."""
    body = orjson.dumps(
        document(request, type=type, status=status, detail=detail, **extra), option=orjson.OPT_NON_STR_KEYS
    )
    answer = HttpResponse(body, status=status, content_type=CONTENT_TYPE)
    answer["Cache-Control"] = "no-store"
    return answer


def handle(exception: Exception, context: Mapping[str, Any]) -> Response:
    """DRF's exception handler: every exception of a view becomes a problem document."""
    request: HttpRequest = context["request"]._request
    error = as_echomate_error(exception)
    if error.status == 500:
        logger.error("unhandled error", exc_info=exception)
    if isinstance(error, DependencyAway):
        logger.warning("%s", error.detail, exc_info=error.__cause__)
        metrics.AWAY.labels(error.dependency).inc()
    body = document(
        request, type=error.type, status=error.status, detail=error.detail, errors=error.errors, **error.extra
    )
    headers = {"Cache-Control": "no-store", **error.headers}
    if error.status == 401:
        headers.setdefault("WWW-Authenticate", 'Bearer realm="api"')
    return Response(body, status=error.status, headers=headers, content_type=CONTENT_TYPE)


def as_echomate_error(exception: Exception) -> EchomateError:
    if isinstance(exception, EchomateError):
        return exception
    if isinstance(exception, Http404):
        return _problem("not-found", 404)
    if isinstance(exception, RequestDataTooBig):
        return _problem("too-large", 413)
    if isinstance(
        exception, SuspiciousOperation | UnreadablePostError
    ):  # the latter: the client left, or is too slow
        return _problem("bad-request", 400)
    if isinstance(exception, drf.APIException):
        return _from_drf(exception)
    return _problem("internal-error", 500)


def _problem(type_: str, status: int, detail: str = "") -> EchomateError:
    error = EchomateError(detail, type=type_)
    error.status = status
    return error


def _from_drf(exception: drf.APIException) -> EchomateError:
    type_ = next((type_ for kind, type_ in _FROM_DRF if isinstance(exception, kind)), "bad-request")
    if isinstance(exception, drf.ValidationError):
        error = _problem(type_, exception.status_code)
        error.errors = field_errors(exception.detail)
        return error
    error = _problem(type_, exception.status_code, str(exception.detail))
    if isinstance(exception, drf.UnsupportedMediaType):
        error.headers["Accept"] = "application/json"
    allowed = getattr(exception, "auth_header", None)
    if allowed:
        error.headers["WWW-Authenticate"] = str(allowed)
    return error


def field_errors(detail: Any, prefix: str = "") -> dict[str, list[str]]:
    """DRF's nested details as one flat mapping: `settings.locale`, `media_ids.2`, `body` for the whole."""
    if isinstance(detail, Mapping):
        found: dict[str, list[str]] = {}
        for name, part in detail.items():
            path = prefix if name == "non_field_errors" else f"{prefix}.{name}".strip(".")
            found |= field_errors(part, path)
        return found
    if isinstance(detail, list) and any(isinstance(part, Mapping | list) for part in detail):
        parts = [field_errors(part, f"{prefix}.{n}".strip(".")) for n, part in enumerate(detail) if part]
        return {path: messages for part in parts for path, messages in part.items()}
    messages = detail if isinstance(detail, list) else [detail]
    return {prefix or "body": [str(message) for message in messages]} if messages else {}


def bounded(errors: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The first errors, shortened."""
    return {
        shortened(field): [shortened(message) for message in messages[:MESSAGES_AT_MOST]]
        for field, messages in islice(errors.items(), ERRORS_AT_MOST)
    }


def shortened(text: str) -> str:
    return text if len(text) <= TEXT_AT_MOST else f"{text[: TEXT_AT_MOST - 1]}…"


def page_not_found(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    return response(request, type="not-found", status=404)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return response(request, type="bad-request", status=400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return response(request, type="forbidden", status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    return response(request, type="internal-error", status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return response(request, type="csrf", status=403, detail=reason)
