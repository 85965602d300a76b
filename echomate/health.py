"""Health, metrics and the front page: what operators, load balancers and the curious ask first."""

import ipaddress
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import orjson
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.clickjacking import xframe_options_deny
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from echomate import cache, dynamodb, objects, pages, problems, throttling
from echomate import metrics as product_metrics
from echomate.config import config
from echomate.errors import DependencyAway
from echomate.stream import health as stream_health

LINKS = {"instance": "/api/v1/instance", "docs": "/api/docs", "schema": "/api/schema", "health": "/health"}
CHECKS = ("/health", "/health/db", "/health/cache", "/health/storage", "/health/events")
FRONT = "echomate/front.html"
STATUSES = ("ok", "failed")
LATELY_SECONDS = 5.0
Check = Callable[[], Mapping[str, Any]]


class CheckSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=STATUSES)
    checks = serializers.DictField(child=serializers.JSONField(), help_text="By what is checked.")


class Look:
    """A check, and what it found lately."""

    def __init__(self, check: Check) -> None:
        self._check = check
        self._looking = threading.Lock()
        self._found: tuple[float, dict[str, Any]] | None = None

    def now(self) -> dict[str, Any]:
        start = time.perf_counter()
        try:
            result = {"status": "ok", **self._check()}
        except DependencyAway as away:
            result = {"status": "failed", "detail": away.detail}
        except dynamodb.DynamoDBError as error:  # no such table, say
            result = {"status": "failed", "detail": error.code}
        result["ms"] = round((time.perf_counter() - start) * 1000, 1)
        self._found = time.monotonic(), result
        return result

    def lately(self) -> dict[str, Any]:
        """What was found within 5 s, for anybody: AWS bills each look. Who comes during one gets the former result."""
        if found := self._found:
            if time.monotonic() - found[0] < LATELY_SECONDS or not self._looking.acquire(blocking=False):
                return found[1]
        else:
            self._looking.acquire()
        try:
            is_newer = self._found is not None and self._found is not found
            return self._found[1] if self._found and is_newer else self.now()
        finally:
            self._looking.release()


class HealthView(APIView):
    """Asks for no token, and uses no store but those that are checked; for METRICS_NETWORKS each time anew."""

    authentication_classes = ()
    http_method_names = ["get", "head"]
    checks: ClassVar[Mapping[str, Look]] = {}

    @extend_schema(responses={200: CheckSerializer, 503: CheckSerializer})
    def get(self, request: Request) -> Response:
        """200 where each check passes, 503 where one does not. What it says may be 5 seconds old."""
        is_inside = _is_inside(request._request)
        found = {name: look.now() if is_inside else look.lately() for name, look in self.checks.items()}
        failed = any(result["status"] != "ok" for result in found.values())
        body = {"status": "failed" if failed else "ok", "checks": found}
        headers = {"Cache-Control": "no-store"} | ({"Retry-After": "2"} if failed else {})
        return Response(body, status=503 if failed else 200, headers=headers)


def _is_inside(request: HttpRequest) -> bool:
    """Whether it comes from one of METRICS_NETWORKS."""
    try:
        address = ipaddress.ip_address(throttling.client_address(request))
    except ValueError:
        return False
    return any(address in network for network in config.metrics_networks)


def _database() -> Mapping[str, Any]:
    dynamodb.call("DescribeTable", {"TableName": config.table_name}, deadline=2)
    return {}


def _feeds_redis() -> Mapping[str, Any]:
    cache.ping_feeds()
    if cache.must_forget():
        return {
            "status": "failed",
            "detail": "it has to forget something first, so all reads go to the table",
        }
    return {}


def _state_redis() -> Mapping[str, Any]:
    cache.ping_state()
    return {}


def _storage() -> Mapping[str, Any]:
    objects.check()
    return {}


def _named(operation_id: str, summary: str) -> Callable[[type[HealthView]], type[HealthView]]:
    return extend_schema_view(get=extend_schema(operation_id=operation_id, summary=summary, tags=["health"]))


@_named("checkAlive", "Whether the web process answers")
class AliveView(HealthView):
    checks = {}


@_named("checkDatabase", "Whether DynamoDB answers")
class DatabaseView(HealthView):
    checks = {"dynamodb": Look(_database)}


@_named("checkCache", "Whether both Redis servers answer")
class CacheView(HealthView):
    checks = {"feeds": Look(_feeds_redis), "state": Look(_state_redis)}


@_named("checkStorage", "Whether S3 answers")
class StorageView(HealthView):
    checks = {"s3": Look(_storage)}


@_named("checkEvents", "Whether the projector keeps up and has lost nothing")
class EventsView(HealthView):
    checks = {"projector": Look(stream_health.check)}


@require_safe
@xframe_options_deny
def front_page(request: HttpRequest) -> HttpResponse:
    """Where to go from here: a page for browsers, JSON for programs."""
    kind = request.get_preferred_type(["application/json", "text/html"])
    if kind == "text/html":
        answer = render(request, FRONT, {"name": config.instance_name, "health": CHECKS})
        answer.headers["Content-Security-Policy"] = pages.policy(f"style-src {pages.style_hash(FRONT)}")
    elif kind:
        answer = HttpResponse(orjson.dumps({"name": config.instance_name, **LINKS}), content_type=kind)
    else:
        answer = problems.response(request, type="not-acceptable", status=406)
    patch_vary_headers(answer, ["Accept"])
    return answer


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' text format, for the networks in METRICS_NETWORKS alone; nobody else learns that it exists."""
    if not _is_inside(request):
        return problems.page_not_found(request)
    return HttpResponse(product_metrics.text(), content_type=product_metrics.CONTENT_TYPE)
