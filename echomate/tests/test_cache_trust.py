"""When a process believes Redis, by a clock of the test's own: no service is asked, and nobody waits."""

import os
import threading
from collections.abc import Iterator, Mapping
from types import SimpleNamespace

import pytest

from echomate.cache import connection, debts
from echomate.cache.debts import (
    ACKNOWLEDGED_AFTER_SECONDS,
    EVERYTHING,
    EXCUSED_SECONDS,
    TRUST_SECONDS,
    Watch,
)
from echomate.errors import DependencyAway

pytestmark = pytest.mark.pure


class Looking:
    """A process that looks for debts when the test lets it. `owed`: what it sees; None: DynamoDB is away."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        self.owed: Mapping[str, str] | None = {}
        self.watch = Watch()
        monkeypatch.setattr(debts, "time", SimpleNamespace(monotonic=lambda: self.now))
        monkeypatch.setattr(debts, "_read", self._read)
        monkeypatch.setattr(self.watch, "_go_on", lambda **_: None)
        monkeypatch.setattr(self.watch, "_wait_for_look", lambda *_: None)
        monkeypatch.setattr(self.watch, "_pay", lambda _: False)

    def _read(self) -> Mapping[str, str]:
        if self.owed is None:
            raise DependencyAway("dynamodb")
        return self.owed

    def look(self, owed: Mapping[str, str] | None) -> None:
        self.owed = owed
        self.watch._look()

    def trusts_after(self, seconds: float) -> bool:
        self.now += seconds
        return self.watch.trusts()


@pytest.fixture
def looking(monkeypatch: pytest.MonkeyPatch) -> Looking:
    return Looking(monkeypatch)


def test_trust_ends_where_no_look_has_ended_for_so_long(looking: Looking) -> None:
    looking.look({})
    assert looking.trusts_after(TRUST_SECONDS - 0.01)
    assert not looking.trusts_after(0.01)


def test_an_excuse_lasts_while_looks_go_on_to_find_dynamodb_away_and_ends_where_none_does(
    looking: Looking,
) -> None:
    looking.look({})
    for _ in range(3):
        assert looking.trusts_after(TRUST_SECONDS - 0.01)
        looking.look(None)
    assert looking.trusts_after(EXCUSED_SECONDS - 0.01)
    assert not looking.trusts_after(0.01)


def test_an_excuse_ends_with_the_first_look_that_finds_a_debt(looking: Looking) -> None:
    looking.look({})
    looking.look(None)
    assert looking.trusts_after(TRUST_SECONDS)
    looking.look({"debt_of_another": "[]"})
    assert not looking.trusts_after(0)


def test_an_excuse_is_none_where_a_debt_is_known(looking: Looking) -> None:
    looking.look({"debt_of_another": "[]"})
    looking.look(None)
    assert not looking.trusts_after(0)


def test_the_age_of_a_flush_says_nothing_but_that_of_the_debt_beside_it_does(looking: Looking) -> None:
    """One flush takes the place of another: this one may have been written down a moment ago."""
    looking.look({EVERYTHING: "first"})
    looking.now += 10 * ACKNOWLEDGED_AFTER_SECONDS
    looking.look({EVERYTHING: "second", "debt_beside": "[]"})
    assert not looking.watch._is_harmless(EVERYTHING)
    looking.now += ACKNOWLEDGED_AFTER_SECONDS - 0.01
    looking.look({EVERYTHING: "third", "debt_beside": "[]"})
    assert not looking.watch._is_harmless(EVERYTHING)
    looking.now += 0.02
    looking.look({EVERYTHING: "third", "debt_beside": "[]"})
    assert looking.watch._is_harmless(EVERYTHING)


@pytest.mark.parametrize("seen", [{"debt_of_the_former": "[]"}, None])
def test_a_look_at_stores_that_are_others_since_counts_for_nothing(
    looking: Looking, monkeypatch: pytest.MonkeyPatch, seen: Mapping[str, str] | None
) -> None:
    looking.look({})

    def read() -> Mapping[str, str]:
        monkeypatch.setattr(debts, "_read", dict)
        looking.watch.reset()
        if seen is None:
            raise DependencyAway("dynamodb")
        return seen

    monkeypatch.setattr(debts, "_read", read)
    looking.watch._look()
    assert looking.watch.trusts()
    assert not looking.watch.has_debts


@pytest.fixture
def outage() -> Iterator[Watch]:
    """This process owes something, is excused, and a thread of it holds what looks are guarded by."""
    watch, holds, is_over = debts.watch, threading.Event(), threading.Event()

    def hold() -> None:
        with watch._starting, watch._look_ended:
            holds.set()
            is_over.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    holds.wait()
    watch._standing = {"debt_of_another": 0.0}
    watch._excused_until = watch.trusted_until = float("inf")
    watch._lost_wakes = {("PUBLISH", "channel", "")}
    idle, connection._idle = connection._idle, type(connection._idle)(["a socket of the parent"])
    yield watch
    connection._idle = idle
    is_over.set()
    thread.join()
    watch.reset()


def test_a_child_of_a_process_in_an_outage_begins_as_any_other(outage: Watch) -> None:
    child = os.fork()
    if child == 0:
        is_new = outage.trusted_until == 0 and not (outage._standing or outage._is_excused)
        is_free = outage._starting.acquire(blocking=False) and outage._look_ended.acquire(blocking=False)
        os._exit(0 if is_new and is_free and not (outage._lost_wakes or connection._idle) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
