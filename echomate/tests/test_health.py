"""What load balancers, operators and the curious ask first, and what it may cost."""

from collections.abc import Iterator
from functools import partial

import pytest

from echomate import health
from echomate.metering import metering
from echomate.testing.client import FastClient
from echomate.testing.configuration import configured
from echomate.testing.proxy import Proxy
from echomate.testing.races import together

INSIDE, OUTSIDE = "127.0.0.1", "198.51.100.7"


def forget() -> None:
    """As in a process that has just begun."""
    for view in (health.DatabaseView, health.CacheView, health.StorageView, health.EventsView):
        for look in view.checks.values():
            look._found = None


@pytest.fixture(autouse=True)
def nothing_known() -> Iterator[None]:
    forget()
    yield
    forget()


def status(path: str, address: str = OUTSIDE) -> int:
    return FastClient().get(path, REMOTE_ADDR=address).status_code


@pytest.mark.parametrize("path", ["/health/db", "/health/events"])
def test_strangers_have_the_table_looked_at_once_in_a_while(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "LATELY_SECONDS", 600)
    with metering() as meter:
        first = status(path)
    cost = len(meter.dynamodb)
    assert cost > 0
    with metering() as meter:
        assert {status(path) for _ in range(20)} == {first}
    assert meter.dynamodb == []
    monkeypatch.setattr(health, "LATELY_SECONDS", 0)
    with metering() as meter:
        status(path)
    assert len(meter.dynamodb) == cost


def test_many_who_ask_first_at_once_are_one_look() -> None:
    with metering() as meter:
        assert together(*[partial(status, "/health/db")] * 8) == [200] * 8
    assert len(meter.dynamodb) == 1


def test_those_inside_have_it_looked_at_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "LATELY_SECONDS", 600)
    with metering() as meter:
        assert [status("/health/db", INSIDE) for _ in range(3)] == [200] * 3
    assert len(meter.dynamodb) == 3
    with metering() as meter, configured(metrics_networks=[]):
        assert status("/health/db", INSIDE) == 200
    assert meter.dynamodb == []


def test_a_failure_is_kept_no_longer_than_a_success(
    storage_proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert status("/health/storage") == 200
    storage_proxy.refuse()
    assert (status("/health/storage"), status("/health/storage", INSIDE)) == (200, 503)
    assert status("/health/storage") == 503
    storage_proxy.heal()
    assert status("/health/storage") == 503
    monkeypatch.setattr(health, "LATELY_SECONDS", 0)
    assert status("/health/storage") == 200
