"""What happens around every request: its id, its host, its log line, its place in the metrics, CORS."""

import logging
import re
import secrets
import time
from collections.abc import Callable
from typing import cast

from corsheaders.middleware import CorsMiddleware
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from echomate import logs, metrics, pages, problems

logger = logging.getLogger("echomate.requests")

HOSTS_AT_MOST = 1000
"""So many are remembered: ALLOWED_HOSTS may name whole domains."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestMiddleware:
    """Takes or makes `X-Request-ID`, refuses foreign hosts, and logs one line a request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._served: set[str | None] = set()
        """Values of the Host header that passed."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        start = time.perf_counter()
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        request.request_id = request_id  # type: ignore[attr-defined]  # where problems and logs look for it
        response = self._answer(request)
        response.headers["X-Request-ID"] = request_id
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers.setdefault("Content-Security-Policy", pages.NOTHING)
        if not response.streaming:
            if response.status_code != 304:
                response.headers.setdefault("Content-Length", str(len(response.content)))
            if request.method == "HEAD":
                response.content = b""
        self._log(request, response, request_id, start)
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        host = request.META.get("HTTP_HOST")
        if host not in self._served:
            try:
                request.get_host()
            except DisallowedHost:
                return problems.response(
                    request, type="bad-request", status=400, detail="This host is not served here."
                )
            if len(self._served) < HOSTS_AT_MOST:
                self._served.add(host)
        answer = self.get_response(request)
        if isinstance(answer, HttpResponseNotAllowed):  # Django's own, without a body
            refusal = problems.response(request, type="method-not-allowed", status=405)
            refusal["Allow"] = answer["Allow"]
            return refusal
        return answer

    def _log(self, request: HttpRequest, response: HttpResponse, request_id: str, start: float) -> None:
        match = request.resolver_match
        seconds = time.perf_counter() - start
        metrics.observe(
            method=request.method or "",
            route=(match.route or match.url_name or "") if match else "",
            status=response.status_code,
            seconds=seconds,
        )
        logs.write(
            logger,
            "request",
            request_id=request_id,
            user=getattr(request, "viewer_id", None),
            method=request.method,
            route=match.route if match else None,
            status=response.status_code,
            ms=round(seconds * 1000, 1),
        )


class OriginMiddleware(CorsMiddleware):
    """CORS for those who send an `Origin`. Others get `Vary` alone, without a look at the settings (20 µs)."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if "HTTP_ORIGIN" in request.META:
            return cast("HttpResponseBase", super().__call__(request))
        response = cast("HttpResponseBase", self.get_response(request))
        if "Origin" not in response.headers.get("Vary", ""):
            patch_vary_headers(response, ("origin",))
        return response
