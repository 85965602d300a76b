import itertools
import random
import time
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
import redis
from django.core.management import CommandError, call_command

from echomate import cache, dynamodb, ids, keys
from echomate.config import config
from echomate.errors import DependencyAway
from echomate.stream import dead_letters, handling, leases
from echomate.stream.dead_letters import DeadLetter
from echomate.stream.tests import tallies
from echomate.table import wire_key
from echomate.testing.projecting import Projecting, projecting
from echomate.testing.proxy import Proxy


@pytest.fixture(autouse=True)
def _no_dead_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handling, "PAUSES", (0.01,) * 4)
    for letter in dead_letters.read_all():
        dynamodb.call("DeleteItem", {"TableName": config.table_name, "Key": wire_key(letter.key)})


def wait_until(holds: Callable[[], bool], *, within: float = 30) -> None:
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def letters() -> list[DeadLetter]:
    return list(dead_letters.read_all())


def command(name: str, *arguments: str) -> str:
    out = StringIO()
    call_command(name, *arguments, stdout=out, stderr=out)
    return out.getvalue()


def test_a_record_that_fails_by_its_own_fault_is_parked_and_the_shard_goes_on(projector: Projecting) -> None:
    owner = ids.new_id()
    tallies.faults["always"] = ValueError("this tally is odd")
    tallies.put(owner, 1)
    tallies.put(owner, 2, Fails="always")
    tallies.put(owner, 3)
    projector.catch_up()
    assert tallies.counted(owner) == 2
    (letter,) = letters()
    assert "this tally is odd" in letter.error
    assert letter.entity_type == "tally"
    attempts = [at_risk for key, at_risk in tallies.seen if key.endswith("2")]
    assert len(attempts) == 5
    assert all(attempts[1:]), "it may have been handled in part"
    assert sum(key.endswith("1") for key, _ in tallies.seen) == 1, "only that record is tried again"


def test_a_record_that_is_larger_than_an_item_is_parked_and_replayed(projector: Projecting) -> None:
    owner = ids.new_id()
    tallies.faults["for now"] = ValueError("for now")
    for fails in ("", "for now"):
        tallies.put(owner, 1, Text=random.Random(fails).randbytes(190_000).hex()[:380_000], Fails=fails)
    tallies.put(owner, 2)
    projector.catch_up()
    (letter,) = letters()
    assert letter.record["dynamodb"]["NewImage"]["Fails"]["S"] == "for now"
    tallies.faults.clear()
    assert "1 replayed" in command("dead_letters", "--replay-all")
    assert (tallies.counted(owner), letters()) == (2, [])


def test_a_record_that_succeeds_later_is_counted_once(projector: Projecting) -> None:
    class Twice(ValueError):
        def __bool__(self) -> bool:
            return sum(key.endswith("7") for key, _ in tallies.seen) <= 2

    owner = ids.new_id()
    tallies.faults["twice"] = Twice()
    tallies.put(owner, 7, Fails="twice")
    projector.catch_up()
    assert (tallies.counted(owner), letters()) == (1, [])


def test_a_replayed_letter_is_counted_once_and_gone(projector: Projecting) -> None:
    owner = ids.new_id()
    tallies.faults["for now"] = ValueError("for now")
    tallies.put(owner, 1, Fails="for now")
    projector.catch_up()
    (letter,) = letters()
    assert "ValueError: for now" in command("dead_letters")
    with pytest.raises(CommandError, match="1 failed again"):
        command("dead_letters", "--replay-all")
    tallies.faults.clear()
    effects = handling.effects_of(letter.record, at_risk=True)
    assert "1 replayed" in command("dead_letters", "--replay", letter.sequence)
    assert not dead_letters.settle(letter, effects), "another replay came first"
    assert (tallies.counted(owner), letters()) == (1, [])
    with pytest.raises(CommandError, match="no such dead letters"):
        command("dead_letters", "--replay", letter.sequence)


def test_a_counter_that_can_t_be_added_to_parks_the_records_that_want_it(projector: Projecting) -> None:
    broken, sound = ids.new_id(), ids.new_id() + 1
    pk, sk = tallies.stats(broken)
    item = dynamodb.wire_item({"PK": pk, "SK": sk, "Tallies": "many"})
    dynamodb.call("PutItem", {"TableName": config.table_name, "Item": item})
    for number in range(1, 4):
        tallies.put(sound, number)
        tallies.put(broken, number)
    projector.catch_up()
    assert tallies.counted(sound) == 3
    assert [letter.entity_type for letter in letters()] == ["tally"] * 3


def test_what_can_t_be_parked_at_once_is_parked_later(
    projector: Projecting, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, park, tries = ids.new_id(), dead_letters.park, itertools.count()
    pk, sk = tallies.stats(broken)
    item = dynamodb.wire_item({"PK": pk, "SK": sk, "Tallies": "many"})
    dynamodb.call("PutItem", {"TableName": config.table_name, "Item": item})

    def park_or_not(*letter: Any) -> None:
        if next(tries) == 1:
            raise DependencyAway("dynamodb")
        park(*letter)

    monkeypatch.setattr(dead_letters, "park", park_or_not)
    for number in range(1, 4):
        tallies.put(broken, number)
    projector.catch_up()
    assert len(letters()) == 3


def test_a_dependency_that_is_away_stops_the_shard_and_nothing_is_parked(projector: Projecting) -> None:
    owner = ids.new_id()
    tallies.faults["away"] = DependencyAway("mail")
    tallies.put(owner, 1, Fails="away")
    tallies.put(owner, 2)
    wait_until(lambda: len(tallies.seen) >= 3)
    assert tallies.counted(owner) == 0
    assert {key[-1] for key, _ in tallies.seen} == {"1"}, "the order is kept"
    tallies.faults.clear()
    projector.catch_up()
    assert (tallies.counted(owner), letters()) == (2, [])


@pytest.mark.parametrize(
    ("error", "dependency"),
    [
        (redis.OutOfMemoryError("OOM command not allowed"), "redis"),
        (redis.ReadOnlyError("READONLY"), "redis"),
        (dynamodb.DynamoDBError("PutItem", "ExpiredTokenException", "", {}), "dynamodb"),
        (ConnectionRefusedError(), "network"),
        (dynamodb.DynamoDBError("PutItem", "ValidationException", "", {}), ""),
        (redis.ResponseError("WRONGTYPE"), ""),
        (KeyError("PK"), ""),
    ],
)
def test_a_fault_of_a_store_is_not_one_of_the_record(error: Exception, dependency: str) -> None:
    assert handling.dependency_away(error) == dependency


def test_what_redis_refuses_to_forget_holds_nobody_up(projector: Projecting) -> None:
    owner = ids.new_id()
    cache.ask(("SET", f"odd:{owner}", "text"))
    tallies.put(owner, 1, Forgets=f"odd:{owner}")
    tallies.put(owner, 2)
    projector.catch_up()
    assert tallies.counted(owner) == 2


def test_dynamodb_away_is_waited_for(dynamodb_proxy: Proxy) -> None:
    owner = ids.new_id()
    with projecting() as running:
        running.catch_up()
        tallies.put(owner, 1)
        dynamodb_proxy.refuse()
        time.sleep(1)
        dynamodb_proxy.heal()
        tallies.put(owner, 2)
        running.catch_up()
    assert (tallies.counted(owner), letters()) == (2, [])


def test_answers_that_are_lost_all_the_time_count_nothing_twice(dynamodb_proxy: Proxy) -> None:
    owner = ids.new_id()
    with projecting() as running:
        for number in range(1, 41):
            tallies.put(owner, number)
            if number % 5 == 0:
                dynamodb_proxy.cut_after(number % 3 * 200)
                time.sleep(0.1)
                dynamodb_proxy.heal()
        running.catch_up()
        assert tallies.counted(owner) == 40
    assert letters() == []


def test_dead_letters_know_whose_data_they_hold() -> None:
    def owner_of(**attributes: Any) -> int | None:
        return dead_letters.user_of({"dynamodb": {"Keys": {}, "NewImage": dynamodb.wire_item(attributes)}})

    user = ids.new_id()
    post = keys.post_partition(ids.new_id())
    assert owner_of(PK=keys.user_partition(user), SK=keys.PROFILE) == user
    assert owner_of(PK=post, SK="POST", GSI1PK=keys.author(user)) == user
    assert owner_of(PK=post, SK=keys.LIKE + ids.pad(user)) == user
    assert owner_of(PK=post, SK="STATS") is None


def test_a_handler_that_is_run_twice_counts_once_a_commit(projector: Projecting) -> None:
    """A worker that starts again reads again what was handled and not committed."""
    owner = ids.new_id()
    tallies.put(owner, 1)
    projector.catch_up()
    (lease,) = (lease for lease in leases.read_all() if lease.shard)
    tallies.put(owner, 2)
    wait_until(lambda: any(key.endswith("2") for key, _ in tallies.seen))
    assert leases.take(lease, "somebody who does nothing", by_force=True)
    wait_until(lambda: tallies.counted(owner) == 2)
    assert tallies.counted(owner) == 2
