from collections.abc import Iterator, Mapping
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from echomate import cache, dynamodb, ids, table
from echomate.config import config
from echomate.keys import Key
from echomate.stream import dead_letters, handling, health, leases, losses, rebuild
from echomate.stream.leases import Lease
from echomate.stream.rebuild import Tally
from echomate.stream.tests import tallies
from echomate.stream.tests.conftest import Forge
from echomate.testing.configuration import configured
from echomate.testing.projecting import Projecting, projecting

recounted: list[int] = []


@pytest.fixture(autouse=True)
def _recount(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Only the tests' own entry in the registers, and no time wasted."""
    recounted.clear()
    monkeypatch.setattr(rebuild, "_recounts", {})
    monkeypatch.setattr(rebuild, "_rebuilders", {})
    monkeypatch.setattr(rebuild, "MARGIN_SECONDS", 0.1)
    rebuild.recounts("tallies of owners", of="tally_owner")(tally_of)
    yield
    losses.mended(losses.read()[1])


def tally_of(key: Key) -> Tally:
    owner = table.last_id(key[0])

    def count() -> dict[str, int]:
        recounted.append(owner)
        return {"Tallies": sum(1 for item in table.query(key[0]) if item["SK"]["S"].startswith("TALLY#"))}

    return Tally(tallies.stats(owner), tallies.cached_stats(owner), count)


def new_owner() -> int:
    owner = ids.new_id()
    item = {"PK": tallies.stats(owner)[0], "SK": "OWNER", "EntityType": "tally_owner"}
    dynamodb.call("PutItem", {"TableName": config.table_name, "Item": dynamodb.wire_item(item)})
    return owner


def falsify(owner: int, count: int) -> None:
    pk, sk = tallies.stats(owner)
    item = {"PK": pk, "SK": sk, "Tallies": count, "Version": 1}
    dynamodb.call("PutItem", {"TableName": config.table_name, "Item": dynamodb.wire_item(item)})


def run_rebuild() -> str:
    out = StringIO()
    call_command("rebuild", stdout=out, stderr=out)
    return out.getvalue()


def held() -> Lease:
    (lease,) = (lease for lease in leases.read_all() if lease.shard)
    return lease


def test_a_wrong_count_is_corrected_and_its_cached_form_deleted(projector: Projecting) -> None:
    owner = new_owner()
    tallies.put_many(owner, range(1, 11))
    projector.catch_up()
    falsify(owner, 3)
    cache.ask(("SET", tallies.cached_stats(owner), "3"))
    assert "corrected" in run_rebuild()
    assert tallies.counted(owner) == 10
    assert cache.ask(("GET", tallies.cached_stats(owner))) == [None]


def test_a_count_that_was_never_kept_is_made(projector: Projecting) -> None:
    owner = new_owner()
    tallies.put(owner, 1)
    projector.catch_up()
    pk, sk = tallies.stats(owner)
    dynamodb.call("DeleteItem", {"TableName": config.table_name, "Key": table.wire_key((pk, sk))})
    run_rebuild()
    assert tallies.counted(owner) == 1


def test_what_changes_all_the_time_is_listed_and_left_alone(
    projector: Projecting, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = new_owner()
    falsify(owner, 30)
    count = tallies.put
    numbers = iter(range(1, 100))

    def busy_tally_of(key: Key) -> Tally:
        tally = tally_of(key)
        if table.last_id(key[0]) != owner:
            return tally

        def busy_count() -> dict[str, int]:
            count(owner, next(numbers))
            return dict(tally.count())

        return Tally(tally.key, tally.cache_key, busy_count)

    monkeypatch.setattr(rebuild, "_recounts", {"tally_owner": [("tallies of owners", busy_tally_of)]})
    projector.catch_up()
    losses.note(held(), "a test")
    with pytest.raises(CommandError, match="1 counters changed all the time"):
        run_rebuild()
    assert losses.read()[0], "health stays red"
    projector.catch_up()
    written = next(numbers) - 1
    assert tallies.counted(owner) == 30 + written


def test_a_projection_between_the_counts_is_not_overwritten(projector: Projecting) -> None:
    """A tally comes and goes between both counts; only the version tells."""
    owner = new_owner()
    falsify(owner, 5)
    passes = iter(range(100))

    def count() -> dict[str, int]:
        if next(passes) == 0:
            tallies.put(owner, 1)
            projector.catch_up()
            tallies.remove(owner, 1)
        return {"Tallies": 0}

    tally = Tally(tallies.stats(owner), tallies.cached_stats(owner), count)
    outcome = rebuild.Outcome()
    rebuild._recount([rebuild._Subject("test", tally)], outcome)
    projector.catch_up()
    assert tallies.counted(owner) == 0
    assert outcome.corrected == 1


def test_without_a_projector_nothing_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    with projecting():
        pass
    monkeypatch.setattr(rebuild, "START_SECONDS", 0.1)
    with configured(lease_seconds=0.1), pytest.raises(CommandError, match="no projector is running") as error:
        run_rebuild()
    assert error.value.returncode == 2
    assert recounted == []


def test_a_loss_turns_health_red_until_a_rebuild_has_run(projector: Projecting) -> None:
    projector.catch_up()
    assert health.check()["status"] == "ok"
    losses.note(held(), "a test")
    check = health.check()
    assert check["status"] == "failed"
    assert "rebuild" in check["detail"]
    run_rebuild()
    assert health.check()["status"] == "ok"


def test_a_loss_during_a_rebuild_stands(projector: Projecting) -> None:
    projector.catch_up()
    rebuild.rebuilds("something that takes long")(lambda: losses.note(held(), "a test"))
    with pytest.raises(CommandError, match="more records were lost"):
        run_rebuild()
    assert health.check()["status"] == "failed"


def test_a_checkpoint_that_the_stream_no_longer_holds_is_a_loss(answering: Forge) -> None:
    with projecting() as running:
        tallies.put(ids.new_id(), 1)
        running.catch_up()
    kill(held())
    answering("GetShardIterator", [trimmed()])
    with projecting() as running:
        running.catch_up()
        assert health.check()["lost_records"]


def test_a_stream_that_was_forgotten_after_an_orderly_stop_is_none(answering: Forge) -> None:
    with projecting() as running:
        tallies.put(ids.new_id(), 1)
        running.catch_up()
    assert held().drained
    answering("GetShardIterator", [trimmed()])
    with projecting() as running:
        running.catch_up()
        assert health.check()["lost_records"] == []


def test_a_stream_that_forgets_while_it_is_read_is_a_loss(answering: Forge) -> None:
    with projecting() as running:
        tallies.put(ids.new_id(), 1)
        running.catch_up()
    with projecting() as running:
        running.catch_up()
        answering("GetRecords", [trimmed()])
        answering("GetShardIterator", [trimmed()])
        running.catch_up()
        assert losses.read()[0]


def test_health_without_a_lease_table_is_red_and_says_why() -> None:
    with configured(lease_table_name="nowhere"):
        answer = Client().get("/health/events")
    assert answer.status_code == 503
    assert answer.json()["checks"]["projector"]["detail"] == "ResourceNotFoundException"


def test_health_is_red_when_nobody_reads() -> None:
    with projecting() as running:
        running.catch_up()
        assert health.check()["status"] == "ok"
    assert health.check()["detail"] == "no projector is running"


def trimmed() -> dynamodb.DynamoDBError:
    return dynamodb.DynamoDBError("GetRecords", "TrimmedDataAccessException", "", {})


def kill(lease: Lease) -> None:
    """Leave a lease as a projector leaves it that was killed a while ago."""
    update = {
        "TableName": config.lease_table_name,
        "Key": {"PK": {"S": lease.name}},
        "UpdateExpression": "SET #owner = :killed, #until = :past REMOVE Drained",
        "ExpressionAttributeNames": {"#owner": "Owner", "#until": "Until"},
        "ExpressionAttributeValues": {":killed": {"S": "killed"}, ":past": {"N": "1"}},
    }
    dynamodb.call("UpdateItem", update)


# --- dead letters -----------------------------------------------------------------------------------------------------


@pytest.fixture
def parked(projector: Projecting, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """An owner with two tallies, of which the second is a dead letter."""
    monkeypatch.setattr(handling, "PAUSES", (0.01,) * 4)
    remove_letters()
    tallies.faults["for now"] = ValueError("for now")
    owner = new_owner()
    tallies.put(owner, 1)
    tallies.put(owner, 2, Fails="for now")
    projector.catch_up()
    assert tallies.counted(owner) == 1
    yield owner
    remove_letters()


def remove_letters() -> None:
    for letter in dead_letters.read_all():
        dynamodb.call("DeleteItem", {"TableName": config.table_name, "Key": table.wire_key(letter.key)})


def replay() -> None:
    tallies.faults.clear()
    call_command("dead_letters", "--replay-all", stdout=StringIO(), stderr=StringIO())
    assert list(dead_letters.read_all()) == []


def test_a_letter_whose_fact_a_rebuild_has_counted_adds_nothing(parked: int) -> None:
    for _ in range(2):
        run_rebuild()
        assert tallies.counted(parked) == 2
    replay()
    assert tallies.counted(parked) == 2


def test_nor_does_one_that_is_parked_again_after_the_rebuild(parked: int) -> None:
    """As by whoever takes a shard over at an older checkpoint."""
    (letter,) = dead_letters.read_all()
    run_rebuild()
    dead_letters.park(letter.shard, letter.record, ValueError("for now"))
    replay()
    assert tallies.counted(parked) == 2


def test_nor_does_one_that_is_parked_while_the_rebuild_runs(
    parked: int, projector: Projecting, monkeypatch: pytest.MonkeyPatch
) -> None:
    tally = tally_of(tallies.stats(parked))
    fails = iter(["for now"])

    def count() -> Mapping[str, int]:
        for fault in fails:
            tallies.put(parked, 3, Fails=fault)
        return tally.count()

    subject = rebuild._Subject("test", Tally(tally.key, tally.cache_key, count))
    rebuild._recount([subject], rebuild.Outcome())
    projector.catch_up()
    assert tallies.counted(parked) == 3
    replay()
    assert tallies.counted(parked) == 3


def test_a_letter_of_a_later_change_is_added(parked: int, projector: Projecting) -> None:
    run_rebuild()
    tallies.remove(parked, 1)
    tallies.put(parked, 3, Fails="for now")
    tallies.put(parked, 4, Fails="for now")
    projector.catch_up()
    assert tallies.counted(parked) == 1
    replay()
    assert tallies.counted(parked) == 3


def test_a_letter_of_what_no_rebuild_has_counted_is_added(
    parked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuild, "_recounts", {})
    run_rebuild()
    replay()
    assert tallies.counted(parked) == 2


def test_a_rebuild_that_counts_in_the_midst_of_a_replay_is_noticed(
    parked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = iter([run_rebuild])
    addition = dead_letters._addition

    def late(*arguments: Any) -> dynamodb.Wire:
        for count in counts:
            count()
        return addition(*arguments)

    monkeypatch.setattr(dead_letters, "_addition", late)
    replay()
    assert tallies.counted(parked) == 2


def test_without_letters_a_rebuild_writes_nothing_that_is_right(projector: Projecting) -> None:
    remove_letters()
    owner = new_owner()
    tallies.put(owner, 1)
    projector.catch_up()
    version = tallies.version(owner)
    run_rebuild()
    assert (tallies.counted(owner), tallies.version(owner)) == (1, version)
