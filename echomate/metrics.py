"""Prometheus metrics of every process; the web's workers share theirs through PROMETHEUS_MULTIPROC_DIR."""

import os
from functools import cache

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

CONTENT_TYPE = CONTENT_TYPE_LATEST

REQUESTS = Histogram(
    "echomate_request_seconds",
    "Time to answer a request.",
    ["method", "route", "status"],
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
)
AWAY = Counter("echomate_dependency_away_total", "Calls that found a dependency away.", ["dependency"])
CACHE_FLUSHES = Counter(
    "echomate_cache_flushes_total",
    "Times that a process emptied the Redis of feeds and caches for what was owed to it, or was refused that.",
    ["outcome"],
)

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def observe(*, method: str, route: str, status: int, seconds: float) -> None:
    """Count an answered request. Whatever a client makes up has one label, so that labels stay few."""
    known = method if method in METHODS else "other"
    _of(known, route, status).observe(seconds)


_of = cache(REQUESTS.labels)
"""There are few labels, and to find their histogram costs as much as to count in it."""


def text() -> bytes:
    """All metrics in Prometheus' text format."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library leaves it unannotated
    return generate_latest(registry)
