import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from io import StringIO
from typing import Any

import pytest
from celery import Celery
from django.core.management import CommandError, call_command

from echomate import dynamodb, ids, jobs, keys, table
from echomate.config import config
from echomate.jobs import Job, State, due, items, running
from echomate.jobs.tests import tasks
from echomate.stream import schedule
from echomate.testing.configuration import configured
from echomate.testing.projecting import projecting
from echomate.testing.proxy import Proxy
from echomate.testing.stack import Stack
from echomate.testing.working import run_jobs

pytestmark = pytest.mark.store


@pytest.fixture(autouse=True)
def _test_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "_kinds", {})
    monkeypatch.setattr(running, "FIRST_PAUSE_SECONDS", 0)
    monkeypatch.setattr(running, "AWAY_SECONDS", 0)
    tasks.enter()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The ids of the jobs for which a task was sent; none is."""
    from echomate import celery

    found: list[int] = []

    def note(job_id: int, **_: bool) -> None:
        found.append(job_id)

    monkeypatch.setattr(celery, "send_task", note)
    return found


@pytest.fixture
def pass_time(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """The clock by which jobs are due stands still, until it is told that so many seconds have passed."""
    now = [table.clock()]
    monkeypatch.setattr(table, "clock", lambda: now[0])

    def passed(seconds: float) -> None:
        now[0] += int(seconds * 1000)

    return passed


def a_job(*, delay: timedelta = timedelta(0), **payload: Any) -> Job:
    job = jobs.job("test_note", payload, user=ids.new_id(), delay=delay)
    jobs.add(job)
    return job


def now(job: Job) -> Job:
    stored = Job.read(keys.job(job.id))
    assert stored
    return stored


def due_jobs(kind: str = "test_note") -> list[int]:
    return [
        table.last_id(e["GSI2SK"]["S"])
        for shard in items.shards_of(kind)
        for e in table.query(shard, index="GSI2")
    ]


def test_a_job_runs_once_and_ends() -> None:
    job = a_job()
    assert job.id in due_jobs()
    assert jobs.run(job.id)
    assert not jobs.run(job.id), "it has ended"
    assert tasks.runs_of(job) == 1
    ended = now(job).wire()
    assert ended["State"]["S"] == State.DONE
    assert not ended.keys() & {"GSI2PK", "GSI2SK"}
    assert int(ended["ExpiresAt"]["N"]) > ids.now_seconds()
    assert job.id not in due_jobs()


def test_of_many_workers_one_runs_a_job() -> None:
    job = a_job()
    threads = [threading.Thread(target=jobs.run, args=(job.id,)) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tasks.runs_of(job) == 1


def test_a_job_that_fails_is_tried_again_and_then_ends() -> None:
    job = a_job(fails=2)
    for _ in range(3):
        assert jobs.run(job.id)
    assert (tasks.runs_of(job), now(job).state) == (3, State.DONE)


def test_a_job_that_fails_too_often_is_given_up_listed_and_may_be_retried(sent: list[int]) -> None:
    job = a_job(fails=3)
    for _ in range(3):
        jobs.run(job.id)
    assert not jobs.run(job.id)
    assert now(job).state == State.FAILED
    assert job.id not in due_jobs()
    assert "as it was told" in command("jobs")
    with pytest.raises(CommandError, match="not among those given up"):
        command("jobs", "--retry", "7")
    command("jobs", "--retry", str(job.id))
    assert sent == [job.id]
    assert jobs.run(job.id)
    assert now(job).state == State.DONE
    assert "0 jobs were given up" in command("jobs")


def command(name: str, *arguments: str) -> str:
    out = StringIO()
    call_command(name, *arguments, stdout=out)
    return out.getvalue()


def test_a_dependency_that_is_away_costs_a_job_no_attempt() -> None:
    job = a_job(away=9)
    for _ in range(10):
        assert jobs.run(job.id)
    assert (now(job).state, now(job).attempts) == (State.DONE, 1)


def test_a_job_whose_worker_died_runs_again_when_it_is_due(
    sent: list[int], pass_time: Callable[[float], None]
) -> None:
    job = a_job()
    assert running._claim(job.id)
    assert not jobs.run(job.id)
    pass_time(2.1)
    jobs.Sender().send_due()
    assert job.id in sent
    assert jobs.run(job.id)
    assert now(job).state == State.DONE


@pytest.mark.parametrize(("begun", "runs"), [(29, 1), (30, 0)])
def test_a_job_whose_workers_die_again_and_again_is_given_up(begun: int, runs: int) -> None:
    """Its kind may fail three times."""
    job = a_job()
    request = {
        "TableName": config.table_name,
        "Key": table.wire_key(keys.job(job.id)),
        "UpdateExpression": "SET Attempts = :begun",
        "ExpressionAttributeValues": {":begun": {"N": str(begun)}},
    }
    dynamodb.call("UpdateItem", request)
    assert jobs.run(job.id)
    assert tasks.runs_of(job) == runs
    assert now(job).state == (State.DONE if runs else State.FAILED)
    table.delete_all([(job.pk, job.sk)])  # others list those that were given up


def test_a_worker_that_was_too_slow_does_not_undo_what_another_did(
    pass_time: Callable[[float], None],
) -> None:
    job = a_job()
    slow = running._claim(job.id)
    assert slow
    pass_time(2.1)
    assert jobs.run(job.id)
    running._fail(slow, running._kinds["test_note"], ValueError("late"))
    assert now(job).state == State.DONE


def test_a_claim_whose_answer_is_lost_is_still_a_claim(dynamodb_proxy: Proxy) -> None:
    job = a_job()
    call = dynamodb.call

    def lose_answer(operation: str, parameters: Any, **options: Any) -> dynamodb.Wire:
        if operation == "UpdateItem":
            dynamodb_proxy.cut_after(0)
            threading.Timer(0.2, dynamodb_proxy.heal).start()
        return call(operation, parameters, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dynamodb, "call", lose_answer)
        assert running._claim(job.id)


def test_a_job_that_is_put_off_starts_when_it_is_due(
    sent: list[int], pass_time: Callable[[float], None]
) -> None:
    job = a_job(delay=timedelta(seconds=1))
    assert not jobs.run(job.id)
    jobs.Sender().send_due()
    assert job.id not in sent
    pass_time(1.1)
    sender = jobs.Sender()
    sender.send_due()
    sender.send_due()
    assert sent.count(job.id) == 1, "the second time it was sent just before"
    assert jobs.run(job.id)


def test_adding_a_job_again_changes_nothing_and_another_of_its_id_is_an_error() -> None:
    job = a_job(text="one")
    jobs.run(job.id)
    jobs.add(jobs.job("test_note", {"text": "one"}, id=job.id))
    assert now(job).state == State.DONE
    with pytest.raises(ValueError, match="another job already"):
        jobs.add(jobs.job("test_note", {"text": "two"}, id=job.id))


def test_a_job_of_an_unknown_kind_waits_for_an_app_that_knows_it() -> None:
    job = jobs.job("test_unknown", {})
    jobs.add(job)
    assert jobs.run(job.id)
    assert now(job).state == State.WAITING


def test_the_projector_sends_new_jobs_but_those_that_are_sent_by_their_creator(sent: list[int]) -> None:
    with projecting() as running:
        job = a_job()
        own = jobs.job("test_note", {}, sends_itself=True)
        dynamodb.call("TransactWriteItems", {"TransactItems": [jobs.put_item(own)]})
        running.catch_up()
    assert job.id in sent
    assert own.id not in sent


@pytest.mark.parametrize("failing", [Proxy.refuse, Proxy.hang, partial(Proxy.cut_after, answer_bytes=0)])
def test_a_broker_that_is_away_leaves_the_job_to_the_schedule(
    stack: Stack, failing: Callable[[Proxy], None]
) -> None:
    from echomate import celery

    with Proxy(stack.ports["redis-state"]) as proxy:
        broker = Celery(broker=f"redis://127.0.0.1:{proxy.port}/0")
        broker.conf.update(task_publish_retry=False, broker_transport_options={"socket_timeout": 2})
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(celery, "app", broker)
            job = a_job()
            assert jobs.send(job.id)
            failing(proxy)
            assert not jobs.send(job.id)
            proxy.heal()
            assert not jobs.send(job.id), "it is left alone: whoever sends many doesn't wait for each"
            celery.resting_until = 0.0
            assert jobs.send(job.id)
        broker.close()
    assert job.id in due_jobs()


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def wait_until_done(job: Job) -> None:
    """Work off the queue until the job has been in it."""
    end = time.monotonic() + 30
    while now(job).state != State.DONE:
        assert time.monotonic() < end, "nobody has sent it"
        run_jobs()
        time.sleep(0.02)


@pytest.fixture
def broker_proxy(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """The broker behind a proxy."""
    from echomate import celery

    with Proxy(stack.ports["redis-state"]) as proxy:
        broker = Celery(broker=f"redis://127.0.0.1:{proxy.port}/0")
        broker.conf.update(
            task_publish_retry=False,
            task_default_queue=celery.QUEUE,
            broker_transport_options={"socket_timeout": 2, "socket_connect_timeout": 1},
        )
        monkeypatch.setattr(celery, "app", broker)
        yield proxy
        proxy.heal()
        broker.close()


def test_a_job_whose_wake_up_the_broker_did_not_take_is_sent_as_soon_as_it_is_back(
    broker_proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "SEND_SECONDS", 0.05)
    monkeypatch.setattr(schedule, "AWAY_SECONDS", 0.05)
    broker_proxy.refuse()
    with projecting() as running:
        job = jobs.job("test_note", {}, grace=timedelta(hours=1))
        jobs.add(job)
        running.catch_up()
        assert now(job).due_at <= table.clock(), "it waits for nothing but the broker"
        broker_proxy.heal()
        wait_until_done(job)


def test_the_schedule_asks_a_broker_that_others_leave_alone(broker_proxy: Proxy) -> None:
    from echomate import celery

    job, sender = a_job(), jobs.Sender()
    broker_proxy.refuse()
    assert not jobs.send(job.id)
    assert not sender.send_due()
    broker_proxy.heal()
    assert not jobs.send(job.id)
    assert sender.send_due()
    assert celery.resting_until == 0, "the others may go on"
    assert jobs.send(job.id)
    wait_until_done(job)


def test_the_schedule_at_rest_sends_a_job_when_it_falls_due(
    sent: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SEND_SECONDS", "GLANCE_SECONDS", "INDEX_SECONDS"):
        monkeypatch.setattr(schedule, name, 0.3)
    with configured(lease_seconds=2), projecting() as running:
        quiet = running.projector._schedule._quiet
        wait_until(lambda: bool(quiet))
        job = a_job(delay=timedelta(seconds=2))
        wait_until(lambda: not quiet)
        wait_until(lambda: job.id in sent)
    assert table.clock() >= job.due_at


def test_a_look_at_the_schedule_tells_when_the_next_one_is_due(
    sent: list[int], pass_time: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "_kinds", {})  # the jobs of other tests are none of these
    jobs.runs("test_rest")(tasks.note)
    sender = jobs.Sender()

    def is_due_after(seconds: float) -> bool:
        pass_time(seconds)
        return sender.is_due

    assert is_due_after(0)
    job = jobs.job("test_rest", {}, delay=timedelta(seconds=20))
    jobs.add(job)
    sender.send_due()
    assert not is_due_after(19)
    assert is_due_after(2)
    sender.send_due()
    assert job.id in sent
    assert is_due_after(0), "it may have to be sent again"
    jobs.run(job.id)
    sender.send_due()
    assert not is_due_after(due.AHEAD_SECONDS - 1)
    assert is_due_after(2)


def test_a_job_that_waits_is_not_made_due_by_a_wake_up_that_fails(broker_proxy: Proxy) -> None:
    later = a_job(delay=timedelta(hours=1))
    broker_proxy.refuse()
    assert not jobs.send(later.id)
    assert now(later).due_at > table.clock()


def test_a_wake_up_that_finds_the_table_away_is_sent_again(
    dynamodb_proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    from echomate import celery

    monkeypatch.setattr(celery, "AWAY_SECONDS", 0)
    job = a_job()
    dynamodb_proxy.refuse()
    celery._run_job(str(job.id))
    dynamodb_proxy.heal()
    wait_until_done(job)


def test_a_job_that_has_more_to_do_is_sent_again_at_once_and_counts_no_failure(sent: list[int]) -> None:
    job = a_job(goes_on=5)
    for _ in range(5):
        assert jobs.run(job.id)
        assert (now(job).state, now(job).attempts) == (State.WAITING, 0)
    assert jobs.run(job.id)
    assert now(job).state == State.DONE
    assert sent == [job.id] * 5


def test_a_job_that_pauses_is_not_sent_before_its_time(sent: list[int]) -> None:
    job = a_job(goes_on=1, pause=60)
    assert jobs.run(job.id)
    assert not jobs.run(job.id)
    assert now(job).due_at - table.clock() > 50_000
    assert sent == []


def test_nothing_is_left_of_a_passing_job_when_it_is_done() -> None:
    job = jobs.job("test_passing", {}, user=ids.new_id())
    jobs.add(job)
    assert jobs.run(job.id)
    assert Job.read(keys.job(job.id)) is None
