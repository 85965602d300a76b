"""Settings that hold for a while, in this process."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.test.signals import setting_changed

from echomate import cache, dynamodb
from echomate import settings as derived
from echomate.config import config
from echomate.objects.buckets import Bucket
from echomate.objects.trying import outage

ADDRESSES = frozenset(
    {
        *("redis_url", "redis_state_url", "redis_cluster", "redis_sentinels"),
        *("aws_endpoint_url", "dynamodb_endpoint_url"),
    }
)


@contextmanager
def configured(**values: Any) -> Iterator[None]:
    """`config` with other values; where addresses change, the clients are made anew, before and after."""
    before = dict(config.__dict__)
    unknown = set(values) - set(before)
    if unknown:
        raise AttributeError(f"no such settings: {', '.join(sorted(unknown))}")
    _replace({**before, **values}, reconnect=bool(ADDRESSES & set(values)))
    try:
        yield
    finally:
        _replace(before, reconnect=bool(ADDRESSES & set(values)))


def _replace(values: dict[str, Any], *, reconnect: bool) -> None:
    """The instance is frozen against the program's own code; this goes around it. Threads that read it miss nothing."""
    config.__dict__.update(values)
    if reconnect:
        config.__dict__.pop("dynamodb_url", None)  # derived and remembered
        _derive("CACHES", derived.caches())
        reconnect_all()
    _derive("STORAGES", derived.storages())


def _derive(name: str, value: Any) -> None:
    """Set one of Django's settings, and let Django forget what it made of the former."""
    setattr(settings, name, value)
    setting_changed.send(sender=settings.__class__, setting=name, value=value, enter=True)


def reconnect_all() -> None:
    cache.close()
    dynamodb.close()
    Bucket.connections.clear()
    outage.over()
