"""Settings that hold for a while, in this process."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from echomate import cache, dynamodb, storage
from echomate.config import config

ADDRESSES = frozenset({"redis_url", "redis_state_url", "aws_endpoint_url", "dynamodb_endpoint_url"})


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
        reconnect_all()


def reconnect_all() -> None:
    cache.close()
    dynamodb.close()
    storage._client = None
    storage.outage.over()
