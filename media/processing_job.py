"""The job that makes of an upload what is shown. Killed at any moment, it begins anew and ends in the same state.

1. Fetch the upload.
2. Let it be looked at and made anew, by `processing`, in a child process.
3. Keep the original, in the private bucket, and put the variants where they are shown.
4. Write down what came of it, unless the medium has gone meanwhile: then its objects go too.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

import orjson

from echomate import dynamodb, jobs, keys, objects, transactions
from echomate.jobs import Job, Progress
from media import files, processing
from media.models import Media, State, Variant
from media.processing import Processed, Rejected
from media.processing.limits import VIDEOS
from media.purposes import Purpose
from media.scratch import scratch

KIND = "media"
LEASE_SECONDS = 60
ATTEMPTS = 5
CHUNK = 8 * 1024 * 1024
BEGINNING = 64 * 1024
FETCHED, MADE = 10, 90
"""Percent."""
AT_ONCE = 2
"""Files that a process works on side by side. A worker of four threads has two left for what is quick."""
VIDEOS_AT_ONCE = 1
"""Of these: one takes minutes, and pictures don't wait for it."""
PATIENCE_SECONDS = 5.0
"""So long a file waits for its turn, which a few photos need, before its thread is given to others."""
REST_SECONDS = 2
FAILED = "failed"
"""Why a file is rejected at which this machine, and no rule, fails again and again."""

_turns = BoundedSemaphore(AT_ONCE)
_videos = BoundedSemaphore(VIDEOS_AT_ONCE)
_next = BoundedSemaphore(1)
"""Held by the file that waits for its turn: a thread that waits does nothing else, so others come again later."""


@dataclass(frozen=True, slots=True)
class Work:
    """A medium, and how far it has come."""

    media: Media
    progress: Callable[[int], None]
    """Takes a percent."""

    @property
    def purpose(self) -> Purpose:
        return Purpose(self.media.purpose)

    @property
    def upload(self) -> str:
        return files.upload(self.purpose, int(self.media.owner), int(self.media.id))


def run(payload: dict[str, Any], job: Job) -> None:
    owner, media_id = int(payload["owner"]), int(payload["media"])
    media = Media.read(keys.media(media_id))
    if media is None:
        files.remove(Purpose(payload["purpose"]), owner, media_id)
        return
    work = Work(media, _progress(job))
    try:
        if media.state == State.PROCESSING:
            _write(media, _outcome(work, job), nonce=job.claim or "")
    except jobs.ClaimLost:  # to another worker, or the job has gone with its owner
        _tidy(work)
        raise
    _tidy(work)


def _progress(job: Job) -> Callable[[int], None]:
    progress, seen = Progress(job, steps=100), 0

    def come(percent: int) -> None:
        nonlocal seen
        progress.advance(max(0, percent - seen))
        seen = max(seen, percent)

    return come


def _outcome(work: Work, job: Job) -> Processed | Rejected:
    """Raises what is this machine's fault, a few times."""
    if job.attempts > ATTEMPTS:
        return Rejected(FAILED)
    with _turn(work.media.declared_type), scratch() as directory:
        original, out = directory / "original", directory / "out"
        out.mkdir()
        if not _fetch(work, original):
            return Rejected(FAILED)
        work.progress(FETCHED)
        outcome = processing.process(
            original,
            declared=work.media.declared_type,
            purpose=work.purpose.value,
            out=out,
            progress=lambda percent: work.progress(FETCHED + percent * (MADE - FETCHED) // 100),
        )
        if isinstance(outcome, Processed) and work.purpose is not Purpose.IMPORT:
            _keep(work, original, outcome)
        return outcome


@contextmanager
def _turn(type_: str) -> Iterator[None]:
    """Raises `Busy` as below."""
    with ExitStack() as held:
        if type_ in VIDEOS:
            if not _videos.acquire(blocking=False):
                raise jobs.Busy(REST_SECONDS)
            held.callback(_videos.release)
        held.enter_context(_turn_of_any())
        yield


@contextmanager
def _turn_of_any() -> Iterator[None]:
    """Raises `Busy` where enough is in work: other jobs want threads too, and memory is what it is."""
    if not (_turns.acquire(blocking=False) or _turn_comes()):
        raise jobs.Busy(REST_SECONDS)
    try:
        yield
    finally:
        _turns.release()


def _turn_comes() -> bool:
    """Whether this file is the next, and its turn comes soon."""
    if not _next.acquire(blocking=False):
        return False
    try:
        return _turns.acquire(timeout=PATIENCE_SECONDS)
    finally:
        _next.release()


def _fetch(work: Work, to: Path) -> bool:
    """False: it isn't there. An archive is known by its beginning; the import reads it where it is."""
    file = objects.read(work.upload)
    if file is None:
        return False
    with file, to.open("wb") as local:
        if work.purpose is Purpose.IMPORT:
            local.write(file.read(BEGINNING))
        else:
            shutil.copyfileobj(file, local, CHUNK)
    return True


def _keep(work: Work, original: Path, outcome: Processed) -> None:
    """The original first: what is shown can be made of it again."""
    media = work.media
    with original.open("rb") as file:
        objects.put(files.original(int(media.owner), int(media.id)), file, content_type=outcome.type)
    for variant in outcome.variants:
        work.progress(MADE)
        objects.show(media.folder + variant.name, variant.path, content_type=variant.type)


def _write(media: Media, outcome: Processed | Rejected, *, nonce: str) -> None:
    """Unless it is gone, or what came of it was written before."""
    values = _values(outcome)
    sets = ", ".join(f"#{name} = :{name}" for name in values)
    expressions = transactions.expressions(
        "#State = :processing AND #Job = :job OR #LastWrite = :LastWrite",
        change=f"SET {sets}, #LastWrite = :LastWrite",
        values={
            **values,
            "processing": State.PROCESSING.value,
            "job": int(media.job or 0),
            "LastWrite": nonce,
        },
    )
    request = {**transactions.of(keys.media(int(media.id))), **expressions}
    dynamodb.attempt("UpdateItem", request)


def _values(outcome: Processed | Rejected) -> dict[str, Any]:
    """What is set, by attribute."""
    if isinstance(outcome, Rejected):
        return {"State": State.REJECTED.value, "Reason": outcome.reason}
    shown = [
        Variant(name=one.name, width=one.width, height=one.height, type=one.type) for one in outcome.variants
    ]
    values = {
        "State": State.READY.value,
        "Type": outcome.type,
        "Width": outcome.width,
        "Height": outcome.height,
        "Duration": None if outcome.duration is None else round(outcome.duration * 1000),
        "Blurhash": outcome.blurhash,
        "Variants": orjson.dumps(shown).decode(),
    }
    return {name: value for name, value in values.items() if value is not None}


def _tidy(work: Work) -> None:
    """Remove what nobody needs any more: the upload; all there is of a file that was rejected, or is gone by now."""
    media = Media.read(keys.media(int(work.media.id)))
    if media is None or media.state == State.REJECTED:
        files.remove(work.purpose, int(work.media.owner), int(work.media.id))
    elif media.state == State.READY and work.purpose is not Purpose.IMPORT:
        objects.remove(work.upload)
