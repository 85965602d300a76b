"""The connections of both Redis, as Django's settings of caches make them."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.core.cache import cache as django_cache
from django.core.cache import caches

from echomate import cache
from echomate.cache import connection
from echomate.errors import DependencyAway
from echomate.local import redis_server
from echomate.local.processes import Process, Program, free_port, inherited
from echomate.testing.configuration import configured
from echomate.testing.proxy import Proxy
from echomate.testing.stack import Stack


def test_djangos_cache_is_the_state_redis_and_holds_json() -> None:
    django_cache.set("greeting", {"hello": ["world"]}, timeout=60)
    assert django_cache.get("greeting") == {"hello": ["world"]}
    (key,) = cache.state().keys("*greeting")
    assert cache.state().get(key) == b'{"hello": ["world"]}'
    assert cache.client().keys("*greeting") == []


def test_the_feeds_connections_are_those_of_the_cache_named_feeds() -> None:
    cache.run([("SET", "a", "1")])
    feeds: Any = caches["feeds"]
    assert feeds.client.get_client() is cache.client()
    assert cache.client().get("a") == b"1"


@pytest.mark.parametrize("name", ["default", "feeds"])
def test_a_redis_that_hangs_is_given_up_soon(stack: Stack, name: str) -> None:
    port = stack.ports[{"default": "redis-state", "feeds": "redis-feeds"}[name]]
    with (
        Proxy(port) as proxy,
        configured(**dict.fromkeys(("redis_url", "redis_state_url"), f"redis://127.0.0.1:{proxy.port}/0")),
    ):
        caches[name].set("a", 1)
        proxy.hang()
        began = time.monotonic()
        with pytest.raises(redis.TimeoutError):
            caches[name].get("a")
        assert time.monotonic() - began < 4  # redis-py's own limit is 5


def test_a_failure_of_connections_that_were_closed_meanwhile_lets_the_next_ones_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_: object) -> None:
        cache.close()
        raise ConnectionResetError

    with monkeypatch.context() as patch:
        patch.setattr(connection, "_run_on_one", fail)
        with pytest.raises(DependencyAway):
            cache.reach([("PING",)])
    assert cache.reach([("PING",)]) == [b"PONG"]


@pytest.fixture
def sentinel(stack: Stack, tmp_path: Path) -> Iterator[int]:
    """The port of a sentinel that knows both Redis, as `feeds` and `state`."""
    port = free_port()
    file = tmp_path / "sentinel.conf"
    services = [
        f"sentinel monitor {name} 127.0.0.1 {stack.ports[f'redis-{name}']} 1\n" for name in ("feeds", "state")
    ]
    file.write_text(f"port {port}\nbind 127.0.0.1\ndir {tmp_path}\n{''.join(services)}")
    program = Program(
        name="sentinel",
        command=[str(redis_server.find()), str(file), "--sentinel"],
        environment=inherited(),
        ready=lambda: redis_server._pong(port),
    )
    with (tmp_path / "log").open("ab") as log:
        process = Process(program, output=log.fileno())
    try:
        process.wait_until_ready()
        with configured(
            redis_sentinels=[f"127.0.0.1:{port}"],
            redis_url="redis://feeds/0",
            redis_state_url="redis://state/0",
        ):
            yield port
    finally:
        process.kill()


def test_sentinels_say_where_redis_is_and_where_it_has_gone(stack: Stack, sentinel: int) -> None:
    assert cache.run([("SET", "a", "feeds"), ("GET", "a")]) == [b"OK", b"feeds"]
    cache.state().set("a", "state")
    cache.ping_state()
    with redis.Redis(port=sentinel) as asked, redis.Redis(port=stack.ports["redis-feeds"]) as former:
        asked.execute_command("SENTINEL REMOVE", "feeds")
        asked.execute_command("SENTINEL MONITOR", "feeds", "127.0.0.1", stack.ports["redis-state"], 1)
        former.client_kill_filter(_type="normal", skipme=True)
    assert cache.run([("GET", "a")]) == [b"state"]
