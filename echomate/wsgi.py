"""The WSGI application that gunicorn serves."""

import os
from collections.abc import Callable, Iterable
from functools import lru_cache
from io import BytesIO
from typing import Any, cast

import django
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse
from django.urls import ResolverMatch, resolve

from echomate.bodies import MAX_BODY_BYTES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "echomate.settings")

PATIENCE_BYTES, PIECE = 32 * MAX_BODY_BYTES, 65_536
PATHS, PATH_AT_MOST = 512, 100
"""So many paths, of so many characters, the process remembers the routes of: those that are asked for all the time."""

_Stock: Any = WSGIHandler
"""The stubs lack the methods that are replaced below."""


class Handler(_Stock):  # type: ignore[misc]  # as above
    """Django's, without what it does at each request for what Echomate hasn't: 30 µs.

    It has no database, and so no transaction around a view; no view that is a coroutine; one list of routes.
    """

    def get_response(self, request: HttpRequest) -> HttpResponse:
        response = self._middleware_chain(request)
        response._resource_closers.append(request.close)
        return cast("HttpResponse", response)

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        path = request.path_info
        match = _route(path) if len(path) <= PATH_AT_MOST else resolve(path)
        request.resolver_match = match
        return match

    def _get_response(self, request: HttpRequest) -> HttpResponse:
        if self._view_middleware or self._exception_middleware or self._template_response_middleware:
            return cast("HttpResponse", super()._get_response(request))
        view, args, named = self.resolve_request(request)
        response: HttpResponse = view(request, *args, **named)
        return response.render() if isinstance(response, SimpleTemplateResponse) else response


@lru_cache(maxsize=PATHS)
def _route(path: str) -> ResolverMatch:
    """To go through the routes takes 30 µs for a path that is among the first, and twice as much for others."""
    match = resolve(path)
    match.tried = None  # the routes before it, 5 KB, which Django shows on its page for a bug
    return match


django.setup(set_prefix=False)
_django = Handler()
resolve("/health")  # Django loads its routes when it first needs them: here gunicorn's workers share them


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Django, with the two things about bodies that it leaves to servers, and gunicorn to applications.

    A body in chunks gets its length, or Django would take it for an empty one. One that is too large is taken in
    and thrown away: were the connection closed before, the client would see that and never the 413.
    """
    stream = environ["wsgi.input"]
    if "HTTP_TRANSFER_ENCODING" in environ:
        body = stream.read(MAX_BODY_BYTES + 1)
        environ |= {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
    answer: Iterable[bytes] = _django(environ, start_response)
    if int(environ.get("CONTENT_LENGTH") or 0) > MAX_BODY_BYTES:
        _throw_away(stream)
    return answer


def _throw_away(stream: Any) -> None:
    for _ in range(0, PATIENCE_BYTES, PIECE):
        if not stream.read(PIECE):
            break
