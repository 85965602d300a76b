"""The OpenAPI document: 3.1, JSON, the same for every request, so it is made once a process."""

import threading
from functools import cache, lru_cache
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.clickjacking import xframe_options_deny
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response

from echomate import pages, problems

_making = threading.Lock()
"""drf-spectacular finds its extensions at the first use, and breaks where two threads do so."""


def document() -> bytes:
    """The schema as JSON."""
    with _making:
        return _made()


@lru_cache(maxsize=1)
def _made() -> bytes:
    generator: Any = SchemaGenerator
    return orjson.dumps(generator().get_schema(request=None, public=True), default=str)


class SchemaView(View):
    """GET /api/schema."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse(
            document(), content_type="application/json", headers={"Cache-Control": "max-age=300"}
        )


@method_decorator(xframe_options_deny, name="dispatch")
class DocsView(SpectacularSwaggerSplitView):
    """GET /api/docs: Swagger UI, from this server's own files; `?script` is what starts it."""

    http_method_names = ["get", "head"]

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        page = super().finalize_response(request, response, *args, **kwargs)
        page.headers["Content-Security-Policy"] = _policy()
        return page

    def handle_exception(self, exc: Exception) -> Any:
        """A problem document, which the renderer of HTML would make a page of."""
        refusal = super().handle_exception(exc)
        headers = {**refusal.headers, "Content-Type": problems.CONTENT_TYPE}
        return HttpResponse(orjson.dumps(refusal.data), status=refusal.status_code, headers=headers)


@cache
def _policy() -> str:
    """Scripts and calls of this server alone. Swagger UI's pictures stand in its style sheet."""
    style = pages.style_hash(DocsView.template_name)
    sources = f"script-src 'self'; style-src 'self' {style}; img-src 'self' data:; connect-src 'self'"
    return pages.policy(sources)
