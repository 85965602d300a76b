"""The job that processes an upload: it ends in the same state, whatever happens meanwhile."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from echomate import dynamodb, ids, jobs, keys, objects, table
from echomate.jobs import Job
from echomate.metering import metering
from echomate.projections import Change, Effects
from echomate.testing.client import Person, problem
from echomate.testing.proxy import Proxy
from echomate.testing.races import halting
from media import files, orphans, processing, processing_job
from media.models import Media
from media.projections import media_changed
from media.purposes import Purpose
from media.scratch import PREFIX, scratch
from media.tests.uploading import announced, completed, objects_of, picture, send, uploaded


class Killed(BaseException):
    """What a worker doesn't survive."""


def job_of(media: str) -> Job:
    """The job that processes a medium; the projector's part is done here."""
    item = stored(media)
    payload = {"media": media, "owner": str(int(item.owner)), "purpose": item.purpose}
    jobs.add_once(
        jobs.job(processing_job.KIND, payload, id=int(item.job or 0), user=int(item.owner), sends_itself=True)
    )
    found = Job.read(keys.job(int(item.job or 0)))
    assert found
    return found


def stored(media: str) -> Media:
    found = Media.read(keys.media(int(media)))
    assert found
    return found


def state(media: str) -> str:
    return str(stored(media).state)


@contextmanager
def dying(where: Any, name: str, *, after: bool, call: int = 1) -> Iterator[None]:
    """The worker dies before or after the n-th call of a function."""
    function, calls = getattr(where, name), 0

    def died(*args: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == call and not after:
            raise Killed
        result = function(*args, **named)
        if calls == call:
            raise Killed
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(where, name, died)
        yield


def free(job: Job) -> None:
    """The dead worker's claim is over."""
    there = Job.read(keys.job(job.id))
    if there is not None:
        there.update(actions=[Job.due_at.set(1)])


STEPS: list[tuple[Any, str, int, bool]] = [
    (objects, "read", 1, False),
    (processing, "process", 1, True),
    (objects, "put", 1, True),
    (objects, "show", 2, False),
    (processing_job, "_write", 1, False),
    (processing_job, "_write", 1, True),
    (objects, "remove", 1, True),
]


@pytest.mark.parametrize(
    ("where", "name", "call", "after"), STEPS, ids=[f"{name}-{n}-{after}" for _, name, n, after in STEPS]
)
def test_a_worker_that_is_killed_at_any_step_is_followed_by_one_that_ends_the_same(
    ann: Person, where: Any, name: str, call: int, *, after: bool
) -> None:
    media = completed(ann, picture(400, 300))
    job = job_of(media)
    with dying(where, name, after=after, call=call), pytest.raises(Killed):
        jobs.run(job.id)
    free(job)
    assert jobs.run(job.id)
    shown = ann.get(f"/media/{media}").json()
    assert (shown["state"], shown["width"], shown["height"]) == ("ready", 400, 300)
    wanted = {stored(media).folder + one["name"] for one in stored(media).variants}
    assert objects_of(ann) == {*wanted, files.original(ann.id, int(media))}
    assert Job.read(keys.job(job.id)) is None


def test_what_a_killed_worker_has_left_on_the_disk_is_removed_by_the_next() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    abandoned = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{ended.pid}-"))
    with scratch() as own, scratch() as another:
        assert own.exists()
        assert another.exists()
        assert not abandoned.exists()
    assert not own.exists()


def test_the_schedule_sends_again_what_a_worker_leaves() -> None:
    """The projector keeps it, which is no worker: it knows the jobs all the same."""
    asked = "import django; django.setup(); from echomate import jobs; print(*jobs.kinds())"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "echomate.settings"}
    known = subprocess.run(
        [sys.executable, "-c", asked], env=environment, capture_output=True, check=True, text=True
    )
    assert {processing_job.KIND, orphans.KIND} <= set(known.stdout.split())


def test_a_rejection_that_is_cut_short_is_one_all_the_same(ann: Person) -> None:
    media = completed(ann, b"no picture at all")
    job = job_of(media)
    with dying(processing_job, "_tidy", after=False), pytest.raises(Killed):
        jobs.run(job.id)
    free(job)
    assert jobs.run(job.id)
    assert state(media) == "rejected"
    assert objects_of(ann) == set()


def _die(*_args: Any, **_named: Any) -> None:
    raise Killed


def test_what_kills_each_worker_is_rejected_in_the_end(ann: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    media = completed(ann, picture())
    job = job_of(media)
    with monkeypatch.context() as patch:
        patch.setattr(processing, "process", _die)
        for _ in range(processing_job.ATTEMPTS):
            free(job)
            with pytest.raises(Killed):
                jobs.run(job.id)
    free(job)
    assert jobs.run(job.id)
    found = ann.get(f"/media/{media}").json()
    assert (found["state"], found["reason"]) == ("rejected", "failed")
    assert found["detail"]
    assert objects_of(ann) == set()


def test_a_fault_of_this_machine_is_tried_again_and_rejects_nothing(
    ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    media = completed(ann, picture())
    job = job_of(media)

    def full(*_args: Any, **_named: Any) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(processing, "process", full)
        assert jobs.run(job.id)
    assert state(media) == "processing"
    free(job)
    assert jobs.run(job.id)
    assert state(media) == "ready"


def test_a_worker_that_has_enough_to_do_leaves_the_rest_for_later(
    ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processing_job, "PATIENCE_SECONDS", 0.01)
    media = completed(ann, picture())
    job = job_of(media)
    with ExitStack() as busy:
        for _ in range(processing_job.AT_ONCE):
            busy.enter_context(processing_job._turn("image/png"))
        assert jobs.run(job.id)
        assert state(media) == "processing"
    monkeypatch.undo()
    free(job)
    assert jobs.run(job.id)
    assert state(media) == "ready"


def test_of_the_files_that_find_a_worker_busy_one_waits_and_the_others_keep_no_thread(
    ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processing_job, "PATIENCE_SECONDS", 60)
    found = [completed(ann, picture()) for _ in range(3)]
    waiting = [job_of(media) for media in found]
    with ThreadPoolExecutor(len(waiting)) as pool:
        with ExitStack() as busy:
            for _ in range(processing_job.AT_ONCE):
                busy.enter_context(processing_job._turn("image/png"))
            runs = as_completed([pool.submit(jobs.run, job.id) for job in waiting], timeout=50)
            assert [next(runs).result() for _ in range(2)] == [True, True]
        assert next(runs).result()
    assert sorted(map(state, found)) == ["processing", "processing", "ready"]


def test_pictures_do_not_wait_for_videos(
    ann: Person, path_with_ffmpeg: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", path_with_ffmpeg)
    video = job_of(completed(ann, b"no video at all", content_type="video/mp4"))
    photo = completed(ann, picture())
    with processing_job._turn("video/webm"):
        assert jobs.run(video.id)
        assert jobs.run(job_of(photo).id)
    assert state(video.payload["media"]) == "processing"
    assert state(photo) == "ready"
    free(video)
    assert jobs.run(video.id)
    assert state(video.payload["media"]) == "rejected"


def test_a_turn_that_does_not_come_makes_no_failure_forgotten_and_is_none(
    ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processing_job, "PATIENCE_SECONDS", 0.01)
    job = job_of(completed(ann, picture()))
    with monkeypatch.context() as patch:
        patch.setattr(processing, "process", _die)
        for _ in range(2):
            free(job)
            with pytest.raises(Killed):
                jobs.run(job.id)
    with ExitStack() as busy:
        for _ in range(processing_job.AT_ONCE):
            busy.enter_context(processing_job._turn("image/png"))
        free(job)
        assert jobs.run(job.id)
    waiting = Job.read(keys.job(job.id))
    assert waiting
    assert (waiting.state, int(waiting.attempts)) == ("waiting", 2)


@pytest.mark.parametrize("with_job", [False, True])
@pytest.mark.parametrize("step", ["process", "_write"])
def test_what_is_deleted_while_it_is_processed_leaves_nothing(
    ann: Person, step: str, *, with_job: bool
) -> None:
    """With its job where the account is erased."""
    media = completed(ann, picture(400, 300))
    job = job_of(media)
    where = processing if step == "process" else processing_job
    with halting(where, step, after=False) as halt, ThreadPoolExecutor(1) as pool:
        running_job = pool.submit(jobs.run, job.id)
        halt.wait()
        assert ann.delete(f"/media/{media}").status_code == 204
        files.remove(Purpose.POST, ann.id, int(media))  # the removal's job is faster
        if with_job:
            table.delete_all([keys.job(job.id)])
        halt.go_on()
        assert running_job.result()
    assert objects_of(ann) == set()
    assert ann.get(f"/media/{media}").status_code == 404


def test_processing_waits_for_s3_and_goes_on(ann: Person, storage_proxy: Proxy) -> None:
    media = completed(ann, picture())
    job = job_of(media)
    storage_proxy.refuse()
    assert jobs.run(job.id)
    waiting = Job.read(keys.job(job.id))
    assert waiting
    assert (waiting.state, int(waiting.attempts)) == ("waiting", 0)
    assert state(media) == "processing"
    storage_proxy.heal()
    free(job)
    assert jobs.run(job.id)
    assert state(media) == "ready"


def test_while_s3_is_away_uploads_wait_and_texts_are_posted(ann: Person, storage_proxy: Proxy) -> None:
    media = uploaded(ann, picture())
    storage_proxy.refuse()
    announcement = {"content_type": "image/png", "size": 100, "purpose": "post"}
    for answer in (ann.post("/media", announcement), ann.post(f"/media/{media}/complete")):
        assert (answer.status_code, problem(answer)) == (503, "unavailable")
        assert int(answer.headers["Retry-After"]) > 0
    assert ann.get(f"/media/{media}").json()["state"] == "pending"
    assert ann.post("/posts", {"content": "Text only."}).status_code == 201
    assert ann.delete(f"/media/{media}").status_code == 204
    storage_proxy.heal()
    assert ann.post("/media", announcement).status_code == 201


def test_it_costs_little_to_announce_to_complete_and_to_look(ann: Person) -> None:
    ann.get("/media/1")  # the session's state is known
    content = picture()
    with metering() as meter:
        made = announced(ann, content)
    assert meter.dynamodb == [("PutItem", 2)]
    assert send(made["upload"], content).status == 204
    path = f"/media/{made['media']['id']}"
    with metering() as meter:
        assert ann.post(f"{path}/complete").status_code == 202
    assert [call for call, _ in meter.dynamodb] == ["GetItem", "UpdateItem", "GetItem"]
    job = job_of(made["media"]["id"])
    assert jobs.run(job.id)
    with metering() as meter:
        assert ann.get(path).json()["state"] == "ready"
    assert meter.dynamodb == [("GetItem", 1)]
    assert len(meter.redis) == 1


@pytest.mark.parametrize(
    ("call", "status"),
    [
        (lambda who, media: who.post(f"/media/{media}/complete"), 202),
        (lambda who, media: who.patch(f"/media/{media}", {"alt": "once"}), 200),
        (lambda who, media: who.delete(f"/media/{media}"), 204),
    ],
    ids=["complete", "patch", "delete"],
)
def test_a_write_whose_answer_is_lost_is_made_once(
    ann: Person, call: Callable[[Person, str], Any], status: int
) -> None:
    media = uploaded(ann, picture())
    with losing_answers("UpdateItem", "DeleteItem") as lost:
        assert call(ann, media).status_code == status
    assert lost == [True]
    if status == 200:
        assert int(stored(media).version) == 2


@contextmanager
def losing_answers(*operations: str) -> Iterator[list[bool]]:
    """The connection is cut when the table has done the first of these, before its answer is here."""
    client = dynamodb._client("GetItem")
    lost: list[bool] = []
    post = client.post

    def cut(operation: str, body: bytes, **limits: float) -> Any:
        answer = post(operation, body, **limits)
        if not lost and operation.endswith(operations):
            lost.append(True)
            raise ConnectionError("cut")
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "post", cut)
        yield lost


def test_what_follows_from_a_change_follows_once(ann: Person) -> None:
    id_ = ids.new_id()
    image = {"PK": keys.media(id_)[0], "SK": "MEDIA", "Id": id_, "Owner": ann.id, "Purpose": "post"}
    pending, processing = {**image, "State": "pending"}, {**image, "State": "processing", "Job": id_ + 1}
    shown = {**image, "State": "ready", "Attached": keys.post_partition(7)}
    changes = [
        _change("insert", None, pending),
        _change("modify", pending, processing),
        _change("modify", processing, shown),
        _change("remove", shown, None),
    ]
    for change in changes * 2:
        media_changed(change, Effects(at_risk=True))
    assert sorted(job.kind for job in jobs_of(ann)) == ["media", "media-removal", "media-removal"]
    effects = Effects(at_risk=False)
    media_changed(changes[-1], effects)
    assert effects.commands == [("DEL", keys.cached_post(7))]


def _change(kind: Any, old: Any, new: Any) -> Change:
    return Change(kind, old, new, "1", datetime.now(UTC).replace(microsecond=0))


def jobs_of(person: Person) -> list[Job]:
    entries = table.query(keys.jobs_of(person.id), index="GSI1")
    found = [Job.read((entry["PK"]["S"], entry["SK"]["S"])) for entry in entries]
    return [job for job in found if job is not None and job.kind.startswith("media")]
