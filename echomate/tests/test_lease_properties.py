"""Readers that fill and writers that delete, in any interleaving: no old value survives a writer's delete."""

import threading
from collections.abc import Callable, Mapping

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from echomate import cache
from echomate.cache import CachedSet
from echomate.testing.examples import examples

KEY = "thing:1"
OWNER = 1
PATIENCE_SECONDS = 30
MEMBERS = range(2, 100)
READERS = 3


class Table:
    """What is true: one number that writes make greater."""

    def __init__(self) -> None:
        self.value = 1
        self.deleted = 1
        """The value of the last write whose delete has reached Redis."""


Load = Callable[[], int]


def value_by(load: Load) -> int:
    """A reader of a value."""

    def from_table(names: list[int]) -> Mapping[int, bytes]:
        return {name: b"%d" % load() for name in names}

    return int(cache.read_through({OWNER: KEY}, from_table, seconds=60)[OWNER] or 0)


def absence_by(load: Load) -> int:
    """A reader of a value that is there in every second version only."""

    def from_table(names: list[int]) -> Mapping[int, bytes]:
        version = load()
        return {name: b"%d" % version for name in names if version % 2}

    return int(cache.read_through({OWNER: KEY}, from_table, seconds=60)[OWNER] or 0)


def set_by(load: Load) -> int:
    """A reader of a set whose members tell the version: 1 of them in the first, 2 in the second, and so on."""
    kind = CachedSet(lambda _: KEY, lambda _: MEMBERS[: load()], 60)
    return len(kind.among(OWNER, MEMBERS))


def field_by(load: Load) -> int:
    """A reader of a field of a hash."""

    def from_table(fields: list[int]) -> Mapping[int, bytes]:
        return {field: b"%d" % load() for field in fields}

    return int(cache.read_fields(KEY, [OWNER], from_table, seconds=60)[OWNER])


class Reader:
    """A reader in a thread of its own that halts before and after it reads the table."""

    def __init__(self, read: Callable[[Load], int], table: Table) -> None:
        self.table = table
        self.since = table.deleted
        self.halted = threading.Semaphore(0)
        self.go_on = threading.Semaphore(0)
        self.result: int | None = None
        self._thread = threading.Thread(target=self._run, args=(read,), daemon=True)
        self._thread.start()
        self._wait_for_halt()

    def _run(self, read: Callable[[Load], int]) -> None:
        try:
            self.result = read(self._load)
        finally:
            self.halted.release()

    def _load(self) -> int:
        self._halt()
        value = self.table.value
        self._halt()
        return value

    def _halt(self) -> None:
        self.halted.release()
        assert self.go_on.acquire(timeout=PATIENCE_SECONDS)

    def _wait_for_halt(self) -> None:
        assert self.halted.acquire(timeout=PATIENCE_SECONDS)

    def step(self) -> bool:
        """Go on to the next halt; whether it has ended."""
        if self.result is None:
            self.go_on.release()
            self._wait_for_halt()
        return self.result is not None


def read_at_once(read: Callable[[Load], int], table: Table) -> int:
    reader = Reader(read, table)
    while not reader.step():
        pass
    assert reader.result is not None
    return reader.result


class Filling(RuleBasedStateMachine):
    """Readers halt anywhere, writers write and delete, and Redis may lose the key, a lease or all."""

    read: Callable[[Load], int]
    delete: cache.Command = ("DEL", KEY)
    seen = staticmethod(lambda version: version)

    def __init__(self) -> None:
        super().__init__()
        cache.ask(("DEL", KEY))
        self.table = Table()
        self.running: list[Reader] = []

    def teardown(self) -> None:
        for reader in self.running:
            while not reader.step():
                pass
        if self.table.deleted == self.table.value:
            assert self._read_now() == type(self).seen(self.table.value), "an old value was left in Redis"

    def _read_now(self) -> int:
        return read_at_once(type(self).read, self.table)

    @precondition(lambda self: len(self.running) < READERS)
    @rule()
    def begin_to_read(self) -> None:
        self.running.append(Reader(type(self).read, self.table))

    @precondition(lambda self: self.running)
    @rule(which=st.integers(0, READERS - 1))
    def go_on(self, which: int) -> None:
        reader = self.running[which % len(self.running)]
        if reader.step():
            self.running.remove(reader)
            versions = range(reader.since, self.table.value + 1)
            assert reader.result in {type(self).seen(version) for version in versions}

    @rule()
    def write(self) -> None:
        self.table.value += 1

    @rule()
    def delete_after_the_write(self) -> None:
        cache.ask(self.delete)
        self.table.deleted = self.table.value

    @rule()
    def write_and_delete(self) -> None:
        self.write()
        self.delete_after_the_write()

    @rule()
    def lose_all(self) -> None:
        cache.ask(("FLUSHDB",))

    @rule()
    def read_again(self) -> None:
        assert self._read_now() in {
            type(self).seen(version) for version in range(self.table.deleted, self.table.value + 1)
        }


class FillingValues(Filling):
    read = staticmethod(value_by)


class FillingAbsences(Filling):
    read = staticmethod(absence_by)
    seen = staticmethod(lambda version: version if version % 2 else 0)


class FillingSets(Filling):
    read = staticmethod(set_by)


class FillingFields(Filling):
    read = staticmethod(field_by)
    delete = ("HDEL", KEY, OWNER)


@pytest.mark.parametrize("machine", [FillingValues, FillingAbsences, FillingSets, FillingFields])
def test_no_old_value_survives_the_delete_of_its_writer(machine: type[Filling]) -> None:
    run_state_machine_as_test(machine, settings=examples(100, steps=25))


def test_a_lease_in_a_hash_is_taken_over_when_its_reader_is_gone_for_five_seconds() -> None:
    table = Table()
    slow = Reader(field_by, table)
    (lease,) = cache.ask(("HGET", KEY, OWNER))
    mark, _, taken_at = lease.partition(b":")
    cache.ask(("HSET", KEY, OWNER, mark + b":%d" % (int(taken_at) - 5)))
    slow.step()
    table.value = 2
    assert read_at_once(field_by, table) == 2
    while not slow.step():
        pass
    assert cache.ask(("HGET", KEY, OWNER)) == [b"2"]
