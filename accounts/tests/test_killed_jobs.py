"""Exports and imports in a worker process of their own, which is killed."""

import os
import random
import time
from collections.abc import Callable, Iterator

import pytest

from accounts.exporting import key_of
from accounts.tests.acting import at_once
from accounts.tests.exported import ask, download, lines, look, stepped_up
from accounts.tests.imported import jsonl, old_post, start, zipped
from echomate import jobs, keys, objects, table
from echomate.config import config
from echomate.jobs import Job
from echomate.local import programs
from echomate.local.processes import Process, free_port
from echomate.objects import s3
from echomate.testing.client import Person, sign_up
from echomate.testing.stack import Stack

pytestmark = pytest.mark.timed

POSTS = 300
COMMENTS = 80


@pytest.fixture
def worker(stack: Stack) -> Iterator[Callable[[], Process]]:
    """Starts worker processes as in production."""
    begun: list[Process] = []

    def begin() -> Process:
        environment = {**os.environ, **stack.environment}
        program = programs.applications(environment, port=free_port())[1]
        with (stack.directory / "worker.log").open("ab") as log:
            begun.append(Process(program, output=log.fileno()))
        return begun[-1]

    yield begin
    for process in begun:
        process.kill()


def wait_until(holds: Callable[[], bool], *, within: float = 60) -> None:
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def stored(job: int) -> Job:
    found = Job.read(keys.job(job))
    assert found
    return found


def ends(job: int, *, dead: str | None) -> bool:
    """Whether a job has ended. Where the dead worker's claim stands, its time is over: its last write may be late."""
    there = stored(job)
    if there.state == "running" and there.claim == dead and there.due_at != 1:
        there.update(actions=[Job.due_at.set(1)])
        jobs.send(job)
    return there.state in ("done", "failed")


def run_and_kill(job: int, worker: Callable[[], Process], *, after: float) -> None:
    """Let a worker begin, kill it, and let another one end the job."""
    first = worker()
    jobs.send(job)
    wait_until(lambda: stored(job).state != "new")
    time.sleep(after)
    first.kill()
    dead = stored(job).claim
    worker()
    wait_until(lambda: ends(job, dead=dead))


def check_export(worker: Callable[[], Process], *, after: float) -> None:
    ann = sign_up("ann")
    fill(ann)
    job = ask(stepped_up(ann))
    run_and_kill(int(job["id"]), worker, after=after)
    archive = download(look(ann, job)["result_url"])
    assert archive.testzip() is None
    assert len(lines(archive, "posts")) == POSTS
    key = key_of(ann.id, int(job["id"]))
    assert not s3().list_multipart_uploads(Bucket=config.originals_bucket, Prefix=key).get("Uploads")
    kinds = sorted(one.kind for one in jobs_of(ann))
    assert kinds.count("file-removal") == 1


def fill(person: Person) -> None:
    """Posts as an import puts them; it runs here."""
    job = start(person, zipped(posts=map(old_post, range(POSTS))))
    assert jobs.run(job.id)
    for one in jobs_of(person):
        if one.id != job.id and one.kind == "file-removal":
            one.delete()


def jobs_of(person: Person) -> list[Job]:
    entries = table.query(keys.jobs_of(person.id), index="GSI1")
    found = [Job.read((entry["PK"]["S"], entry["SK"]["S"])) for entry in entries]
    return [job for job in found if job is not None]


def check_import(worker: Callable[[], Process], *, after: float) -> None:
    new = sign_up("new")
    rows = [*map(old_post, range(POSTS)), old_post(POSTS, content="")]
    comments = [{**old_post(-1 - n), "post_id": rows[0]["id"]} for n in range(COMMENTS)]
    job = start(new, zipped({"posts.jsonl": jsonl(rows), "comments.jsonl": jsonl(comments)}))
    run_and_kill(job.id, worker, after=after)
    assert stored(job.id).result == {
        "taken": {"posts": POSTS, "comments": COMMENTS},
        "refused": {"posts": {"content: blank": 1}},
        "left_out": [],
        "examples": [{"file": "posts", "line": POSTS + 1, "reason": "content: blank"}],
    }
    found = [table.last_id(item["PK"]["S"]) for item in table.query(keys.author(new.id), index="GSI1")]
    assert len(found) == len(set(found)) == POSTS
    assert sum(1 for _ in table.query(keys.comments_of(new.id), index="GSI2")) == COMMENTS


def test_an_export_whose_worker_is_killed_is_made_by_the_next(worker: Callable[[], Process]) -> None:
    check_export(worker, after=0.3)


def test_an_import_whose_worker_is_killed_is_ended_by_the_next(worker: Callable[[], Process]) -> None:
    check_import(worker, after=0.3)


@pytest.mark.kill
@pytest.mark.parametrize("_round", range(10))
def test_jobs_that_are_killed_at_any_moment_end_the_same(
    worker: Callable[[], Process],
    _round: int,
) -> None:
    check_export(worker, after=random.uniform(0, 1.5))
    check_import(worker, after=random.uniform(0, 1.5))


def test_an_export_and_the_owners_wish_to_be_erased_leave_no_file_that_anybody_gets() -> None:
    ann = sign_up("ann")
    ann.post("/posts", {"content": "hello"})
    job = ask(stepped_up(ann))
    at_once(2, lambda number: jobs.run(int(job["id"])) if number else ann.delete("/users/me"))
    assert ann.get(f"/jobs/{job['id']}").status_code == 401
    if stored(int(job["id"])).state == "failed":
        assert objects.read(key_of(ann.id, int(job["id"]))) is None
