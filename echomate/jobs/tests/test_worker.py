"""Jobs in a Celery worker of their own process."""

import os
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from echomate import ids, jobs, keys
from echomate.jobs import Job, State, running
from echomate.jobs.tests import tasks
from echomate.local.processes import Process, Program
from echomate.testing.projecting import projecting
from echomate.testing.stack import ROOT, Stack

pytestmark = pytest.mark.timed


@pytest.fixture(autouse=True)
def _test_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "_kinds", {})
    tasks.enter()


def worker_process(stack: Stack) -> Process:
    program = Program(
        name="worker",
        command=[sys.executable, "-m", "echomate.jobs.tests.worker"],
        environment={**os.environ, **stack.environment},
        directory=ROOT,
        stop_seconds=60,
    )
    with (stack.directory / "worker.log").open("ab") as log:
        return Process(program, output=log.fileno())


@pytest.fixture
def worker(stack: Stack) -> Iterator[Process]:
    process = worker_process(stack)
    yield process
    process.kill()


def wait_until(holds: Callable[[], bool], *, within: float = 30) -> None:
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def is_done(job: Job) -> bool:
    stored = Job.read(keys.job(job.id))
    return stored is not None and stored.state == State.DONE


def test_what_a_service_adds_is_run_by_a_worker(worker: Process) -> None:
    added = [jobs.job("test_calm", {}, user=ids.new_id()) for _ in range(20)]
    with projecting():
        for job in added:
            jobs.add(job)
        wait_until(lambda: all(is_done(job) for job in added))
    assert [tasks.runs_of(job) for job in added] == [1] * 20
    assert worker.stop()


def test_a_job_of_a_worker_that_was_killed_is_run_by_the_next(worker: Process, stack: Stack) -> None:
    job = jobs.job("test_note", {"hangs": 1})
    jobs.add(job)
    with projecting():
        wait_until(lambda: tasks.runs_of(job) == 1)
        worker.kill()
        successor = worker_process(stack)
        wait_until(lambda: is_done(job))
        assert successor.stop()
    assert tasks.runs_of(job) == 2
