"""Uploads that are processed by a worker process of their own, which is killed."""

import random
import time
from collections.abc import Callable

import pytest

from accounts.tests.imported import start
from accounts.tests.test_killed_jobs import wait_until, worker
from echomate import jobs, keys, table
from echomate.jobs import Job
from echomate.local.processes import Process
from echomate.testing.client import Person
from echomate.testing.projecting import Projecting
from media import files
from media.models import Media
from media.tests.photos import twelve_megapixels
from media.tests.test_import import archive_of, dress, pictures_of, result, seen
from media.tests.test_processing_job import job_of
from media.tests.uploading import completed, objects_of

__all__ = ["worker"]
"""A fixture."""


@pytest.mark.kill
@pytest.mark.parametrize("_round", range(8))
def test_a_photo_whose_worker_is_killed_is_made_ready_by_the_next(
    ann: Person, worker: Callable[[], Process], _round: int
) -> None:
    media = completed(ann, twelve_megapixels(), content_type="image/jpeg")
    job = job_of(media).id
    first = worker()
    jobs.send(job)
    wait_until(lambda: (found := Job.read(keys.job(job))) is None or found.state != "new")
    time.sleep(random.uniform(0, 2.5))
    first.kill()
    left = Job.read(keys.job(job))
    worker()
    wait_until(lambda: _has_ended(job, dead=left.claim if left else None))
    item = Media.read(keys.media(int(media)))
    assert item
    assert item.state == "ready"
    assert objects_of(ann) == {
        files.original(ann.id, int(media)),
        *(item.folder + variant["name"] for variant in item.variants),
    }


def _has_ended(job: int, *, dead: str | None) -> bool:
    """The dead worker's claim is over: another one may take it."""
    found = Job.read(keys.job(job))
    if found is not None and found.state == "running" and found.claim == dead and found.due_at != 1:
        found.update(actions=[Job.due_at.set(1)])
        jobs.send(job)
    return found is None


@pytest.mark.kill
@pytest.mark.parametrize("_round", range(4))
def test_an_import_of_pictures_whose_workers_are_killed_is_whole(
    ann: Person, bob: Person, projector: Projecting, worker: Callable[[], Process], _round: int
) -> None:
    dress(ann, projector)
    job = start(bob, archive_of(ann))
    for _ in range(3):
        process = worker()
        jobs.send(job.id)
        time.sleep(random.uniform(0, 4))
        process.kill()
        for entry in table.query(keys.jobs_of(bob.id), index="GSI1"):
            left = Job.read(table.key_of(entry))
            if left is not None and left.state == "running":
                left.update(actions=[Job.due_at.set(1)])
                jobs.send(left.id)
    assert result(job, projector)["taken"]["media"] == 5
    assert (seen(bob), pictures_of(bob)) == (seen(ann), 5)
