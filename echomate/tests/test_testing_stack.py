"""The tests' own ground: services, faults on their wires, and settings for a while."""

import importlib.util
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echomate import cache, dynamodb, objects
from echomate.config import config
from echomate.errors import DependencyAway
from echomate.testing.configuration import configured
from echomate.testing.examples import examples, profile
from echomate.testing.proxy import Proxy
from echomate.testing.stack import Stack


def put(key: str) -> None:
    dynamodb.call(
        "PutItem", {"TableName": config.table_name, "Item": dynamodb.wire_item({"PK": key, "SK": "A"})}
    )


def exists(key: str) -> bool:
    keys = {"PK": {"S": key}, "SK": {"S": "A"}}
    answer = dynamodb.call("GetItem", {"TableName": config.table_name, "Key": keys, "ConsistentRead": True})
    return "Item" in answer


def test_the_services_serve() -> None:
    put("served")
    assert exists("served")
    assert cache.run([("PING",)]) == [b"PONG"]
    assert cache.state().ping()
    objects.check()


def test_a_refused_redis_is_away_and_comes_back(redis_proxy: Proxy) -> None:
    assert cache.run([("PING",)]) == [b"PONG"]
    redis_proxy.refuse()
    with pytest.raises(DependencyAway):
        cache.run([("PING",)])
    redis_proxy.heal()
    time.sleep(cache.REST_SECONDS)
    assert cache.run([("PING",)]) == [b"PONG"]


def test_a_redis_that_hangs_is_away_within_a_second(redis_proxy: Proxy) -> None:
    redis_proxy.hang()
    took = []
    for _ in range(3):
        cache.close()  # which ends the rest after a failure
        begin = time.monotonic()
        with pytest.raises(DependencyAway):
            cache.run([("PING",)])
        took.append(time.monotonic() - begin)
    assert min(took) < 1


def test_a_write_whose_answer_is_lost_was_made(dynamodb_proxy: Proxy) -> None:
    put("first")
    dynamodb_proxy.cut_after(0)
    with pytest.raises(DependencyAway):
        dynamodb.call(
            "PutItem",
            {"TableName": config.table_name, "Item": dynamodb.wire_item({"PK": "lost", "SK": "A"})},
            deadline=2,
        )
    dynamodb_proxy.heal()
    assert exists("lost")


def test_storage_can_be_away_alone(storage_proxy: Proxy) -> None:
    storage_proxy.refuse()
    with pytest.raises(DependencyAway):
        objects.check()
    put("still here")


def test_a_delayed_answer_comes_later(redis_proxy: Proxy) -> None:
    cache.run([("PING",)])
    redis_proxy.delay(0.2)
    begin = time.monotonic()
    cache.run([("PING",)])
    assert time.monotonic() - begin >= 0.2


def test_settings_hold_for_a_while() -> None:
    before = config.feed_depth
    with configured(feed_depth=3):
        assert config.feed_depth == 3
    assert config.feed_depth == before


def test_a_test_that_kills_needs_the_mark_for_it(stack: Stack) -> None:
    with pytest.raises(AssertionError, match="needs the mark"):
        stack.kill("redis-feeds")
    assert cache.run([("PING",)]) == [b"PONG"]


@pytest.mark.timed
def test_a_killed_redis_starts_again_empty(stack: Stack) -> None:
    cache.run([("SET", "a", "1")])
    stack.kill("redis-feeds")
    with pytest.raises(DependencyAway):
        cache.run([("GET", "a")])
    stack.restart("redis-feeds")
    time.sleep(cache.REST_SECONDS)
    assert cache.run([("GET", "a")]) == [None]


def tried() -> list[int]:
    numbers: list[int] = []

    @examples(60)
    @given(st.integers())
    def try_out(number: int) -> None:
        numbers.append(number)

    try_out()
    return numbers


@pytest.mark.skipif(profile == "thorough", reason="the random search tries others each time")
def test_examples_are_the_same_each_time_whatever_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tried()
    module = tmp_path / "numbers_of_its_own.py"
    module.write_text(f"numbers = {[number * 7919 for number in range(100, 200)]}")
    spec = importlib.util.spec_from_file_location(module.stem, module)
    assert spec
    assert spec.loader
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    monkeypatch.setitem(sys.modules, module.stem, loaded)
    assert tried() == before
