"""What could not be deleted from Redis is owed, and paid by whoever can; until then nobody believes Redis."""

import os
import threading
import time
from collections.abc import Iterator, Mapping

import pytest
import redis
from prometheus_client import REGISTRY

from echomate import cache, dynamodb, keys
from echomate.cache import debts
from echomate.config import config
from echomate.errors import DependencyAway
from echomate.stream import wake
from echomate.testing.client import FastClient
from echomate.testing.proxy import Proxy
from echomate.testing.stack import Stack

pytestmark = pytest.mark.timed

PATIENCE_SECONDS = 30


@pytest.fixture(autouse=True)
def nothing_owed(stack: Stack) -> None:
    dynamodb.call(
        "DeleteItem", {"TableName": config.lease_table_name, "Key": {"PK": {"S": keys.CACHE_DEBTS}}}
    )
    debts.watch.reset()


@pytest.fixture
def held(stack: Stack) -> Iterator[redis.Redis]:
    """Redis itself, past every proxy, with an old value in `fact`."""
    with redis.Redis(port=stack.ports["redis-feeds"]) as client:
        client.set("fact", "old")
        yield client


def owed() -> dict[str, str]:
    return debts._read()


def until(is_so: object) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not is_so():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.02)


def believed() -> bytes | None:
    """What a read of `fact` gets; None where Redis doesn't have it, or isn't believed."""
    replies = cache.asked([("GET", "fact")])
    return replies[0] if replies else None


def test_a_deletion_that_could_not_be_made_is_owed_and_then_paid_before_redis_is_believed(
    held: redis.Redis, redis_proxy: Proxy
) -> None:
    until(lambda: believed() == b"old")
    redis_proxy.refuse()
    cache.forget("fact")
    assert len(owed()) == 1
    assert held.get("fact") == b"old"
    redis_proxy.heal()
    until(lambda: believed() is None and not owed())
    assert held.get("fact") is None


def test_another_process_pays_and_goes_on_believing_redis(held: redis.Redis, redis_proxy: Proxy) -> None:
    """The debtor is cut off; the other reaches Redis and never stops using it."""
    debts._put({"debt_of_another": '[["DEL","fact"]]'})
    until(lambda: believed() is None and not owed())
    assert held.get("fact") is None
    until(lambda: cache.asked([("PING",)]) == [b"PONG"])


def test_a_write_is_acknowledged_when_its_debt_is_paid_by_somebody(
    held: redis.Redis, redis_proxy: Proxy
) -> None:
    redis_proxy.refuse()
    payer = threading.Thread(target=pay_for_others, args=(held,))
    payer.start()
    cache.forget("fact")
    assert held.get("fact") is None
    payer.join()
    assert owed() == {}


def pay_for_others(held: redis.Redis) -> None:
    """As another process does."""
    until(owed)
    held.delete("fact")
    debts._remove(owed())


def test_while_a_debt_stands_the_process_reads_the_table(held: redis.Redis, redis_proxy: Proxy) -> None:
    redis_proxy.refuse()
    cache.forget("fact")
    with pytest.raises(DependencyAway):
        cache.run([("GET", "fact")])


def test_more_than_a_few_debts_are_a_flush(held: redis.Redis, redis_proxy: Proxy) -> None:
    redis_proxy.refuse()
    for number in range(debts.DEBTS_AT_MOST + 2):
        cache.forget(f"fact:{number}")
    assert debts.EVERYTHING in owed()
    assert len(owed()) <= 2 * debts.DEBTS_AT_MOST + 1
    redis_proxy.heal()
    until(lambda: believed() is None and not owed())
    assert held.get("fact") is None


def test_a_deletion_that_is_too_long_to_write_down_is_a_flush(held: redis.Redis, redis_proxy: Proxy) -> None:
    redis_proxy.refuse()
    cache.forget(*(f"{number:04}" * 10 for number in range(200)))
    assert debts.EVERYTHING in owed()
    redis_proxy.heal()
    until(lambda: believed() is None and not owed())
    assert held.get("fact") is None


def test_a_flush_pays_for_nothing_that_was_owed_after_it(held: redis.Redis) -> None:
    debts._put({debts.EVERYTHING: "first"})
    seen = owed()
    debts._put({debts.EVERYTHING: "second"})
    debts._remove(seen)
    assert owed() == {debts.EVERYTHING: "second"}


def test_what_redis_refuses_to_run_is_paid_by_a_flush(held: redis.Redis) -> None:
    """Or the debt would stand for ever: here a field is to go from what is no hash."""
    debts._put({"debt_of_another": '[["HDEL","fact","field"]]'})
    cache.asked([("GET", "fact")])
    until(lambda: not owed())
    assert held.get("fact") is None


def test_operators_see_that_redis_refuses_to_be_emptied(
    held: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    held.execute_command("ACL", "SETUSER", "default", "-flushdb")  # type: ignore[no-untyped-call]  # redis-py's
    try:
        debts._put({debts.EVERYTHING: "token"})
        until(lambda: believed() is None and flushes("refused") > 1)
        answer = FastClient().get("/health/cache")
        assert (answer.status_code, answer.json()["checks"]["state"]["status"]) == (503, "ok")
        assert "forget" in answer.json()["checks"]["feeds"]["detail"]
    finally:
        held.execute_command("ACL", "SETUSER", "default", "+flushdb")  # type: ignore[no-untyped-call]  # redis-py's
    before = flushes("done")
    until(lambda: believed() is None and not owed())
    assert held.get("fact") is None
    assert flushes("done") == before + 1
    until(lambda: FastClient().get("/health/cache").status_code == 200)
    (error,) = (record for record in caplog.records if record.levelname == "ERROR")
    assert "refuses to be emptied" in error.message


def test_while_dynamodb_hangs_redis_is_said_to_be_well(
    held: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    hang = threading.Event()

    def read() -> dict[str, str]:
        hang.wait(PATIENCE_SECONDS)
        return {}

    monkeypatch.setattr(debts, "_read", read)
    monkeypatch.setattr(debts, "TRUST_PATIENCE_SECONDS", 0.05)
    debts.watch.reset()
    try:
        assert FastClient().get("/health/cache").status_code == 200
    finally:
        hang.set()


def flushes(outcome: str) -> float:
    return REGISTRY.get_sample_value("echomate_cache_flushes_total", {"outcome": outcome}) or 0.0


def test_any_number_of_debts_is_removed(held: redis.Redis) -> None:
    """As many processes may write some down before they see each other's."""
    for start in range(0, 700, 100):
        debts._put({f"debt_{number}": '[["DEL","fact"]]' for number in range(start, start + 100)})
    until(lambda: believed() is None and not owed())
    assert held.get("fact") is None


def test_a_look_that_failed_acknowledges_nothing(
    held: redis.Redis, redis_proxy: Proxy, dynamodb_proxy: Proxy
) -> None:
    """A debt is known, another is put, and whether that one is paid can't be known."""
    redis_proxy.refuse()
    cache.forget("other")
    name = next(iter(owed()))
    until(lambda: name in debts.watch._standing)

    def be_cut_off(_: Mapping[str, str]) -> None:
        """Before a look that is under way can see what was put; for this process it was."""
        dynamodb_proxy.refuse()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(debts, "_put", be_cut_off)
        patch.setattr(debts, "PATIENCE_SECONDS", 3.0)
        with pytest.raises(DependencyAway):
            cache.forget("fact")


def test_a_script_is_owed_with_its_source(held: redis.Redis, redis_proxy: Proxy) -> None:
    script = cache.Script("return redis.call('DEL', KEYS[1])")
    redis_proxy.refuse()
    cache.forget_parts([script.command(keys=["fact"])])
    cache.Script._known.pop(script.sha)
    redis_proxy.heal()
    until(lambda: believed() is None and not owed())
    assert held.get("fact") is None


def test_a_value_that_was_on_its_way_when_redis_hung_does_not_survive_the_payment(
    stack: Stack, held: redis.Redis
) -> None:
    """A reader has a lease and read the old value; its fill arrives when Redis goes on."""
    held.delete("fact")
    reader = cache.new_lease()
    held.set("fact", f"~{reader}", nx=True, ex=5)
    stack.freeze("redis-feeds")
    try:
        cache.forget("fact")
    finally:
        stack.thaw("redis-feeds")
    until(lambda: cache.asked([("PING",)]) is not None)
    assert held.get("fact") is None


def test_where_nobody_can_be_told_the_call_says_so(
    held: redis.Redis, redis_proxy: Proxy, dynamodb_proxy: Proxy
) -> None:
    redis_proxy.refuse()
    dynamodb_proxy.refuse()
    with pytest.raises(DependencyAway) as refused:
        cache.forget("fact")
    assert "is done" in refused.value.detail
    assert refused.value.headers["Retry-After"]


def test_while_dynamodb_is_away_redis_is_believed_as_before(held: redis.Redis, dynamodb_proxy: Proxy) -> None:
    """Nothing is acknowledged then, so nothing can be contradicted."""
    until(lambda: believed() == b"old")
    dynamodb_proxy.refuse()
    until(lambda: believed() == b"old" and debts.watch._is_excused)
    end = time.monotonic() + 2 * debts.TRUST_SECONDS
    while time.monotonic() < end:
        until(lambda: believed() == b"old")
        time.sleep(0.05)


def test_a_wake_up_that_was_lost_is_sent_again(held: redis.Redis, redis_proxy: Proxy) -> None:
    with held.pubsub() as subscription:  # type: ignore[no-untyped-call]  # redis-py's
        subscription.subscribe(wake.CHANNEL)
        assert subscription.get_message(timeout=5)["type"] == "subscribe"
        redis_proxy.refuse()
        cache.forget_parts([wake.COMMAND])
        assert owed() == {}
        redis_proxy.heal()
        until(lambda: subscription.get_message(timeout=0.1))


def test_a_child_process_looks_for_itself(held: redis.Redis) -> None:
    until(lambda: believed() == b"old")
    child = os.fork()
    if child == 0:
        os._exit(0 if debts.watch._thread is None and debts.watch.trusted_until == 0 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_process_that_uses_redis_no_more_looks_no_more(held: redis.Redis) -> None:
    believed()
    until(lambda: debts.watch._thread is None)


def test_the_item_of_debts_is_no_lease(held: redis.Redis) -> None:
    from echomate.stream import leases

    debts._put({"debt_of_another": '[["DEL","fact"]]'})
    assert keys.CACHE_DEBTS not in {lease.name for lease in leases.read_all()}
