"""How long a photo of 12 megapixels takes from the first request until it can be posted, and what its making takes."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any

import urllib3

from bench.accounting import PROC, cpu_seconds, tree
from bench.network import Person
from bench.stack import Stack
from media.tests.photos import twelve_megapixels

DEADLINE_SECONDS = 60
LOOKS_A_SECOND = 50


@dataclass(frozen=True, slots=True)
class Uploads:
    bytes: int
    """Of the photo."""
    milliseconds: list[float]
    """From POST /media until it is ready, a figure for each try."""
    cpu: list[float]
    """Milliseconds of the worker and its children."""
    peak: float
    """MiB, resident, of the largest of the worker's children."""


def measure(stack: Stack, person: Person, *, tries: int) -> Uploads:
    photo = twelve_megapixels()
    worker = stack.pid("worker")
    times, cpu = [], []
    with _watching(worker) as peaks:
        for _ in range(tries):
            before, began = cpu_seconds(worker), time.perf_counter()
            _upload(stack.port, person, photo)
            times.append(1000 * (time.perf_counter() - began))
            time.sleep(0.5)  # what comes after the answer
            cpu.append(1000 * (cpu_seconds(worker) - before))
    return Uploads(len(photo), times, cpu, max(peaks, default=0) / 1024)


def _upload(port: int, person: Person, photo: bytes) -> None:
    """What a browser does."""
    asked = {"content_type": "image/jpeg", "size": len(photo), "purpose": "post"}
    answer = _ask(port, person, "POST", "/media", asked)
    path, upload = f"/media/{answer['media']['id']}", answer["upload"]
    form = {**upload["fields"], "file": ("photo.jpg", photo, "image/jpeg")}
    stored = urllib3.request("POST", upload["url"], fields=form)
    if stored.status >= 300:
        raise RuntimeError(f"S3 answered {stored.status}: {stored.data.decode()}")
    _ask(port, person, "POST", f"{path}/complete")
    end = time.monotonic() + DEADLINE_SECONDS
    while (media := _ask(port, person, "GET", path))["state"] != "ready":
        if media["state"] == "rejected" or time.monotonic() > end:
            raise RuntimeError(f"the photo is not ready: {media}")
        time.sleep(1 / LOOKS_A_SECOND)


def _ask(port: int, person: Person, method: str, path: str, body: object = None) -> Any:
    headers = {"Authorization": f"Bearer {person.token}", "Content-Type": "application/json"}
    url = f"http://127.0.0.1:{port}/api/v1{path}"
    answer = urllib3.request(
        method, url, body=None if body is None else json.dumps(body).encode(), headers=headers
    )
    if answer.status >= 300:
        raise RuntimeError(f"{method} {path} was answered {answer.status}: {answer.data.decode()}")
    return answer.json()


@contextmanager
def _watching(pid: int) -> Iterator[list[int]]:
    """Fills a list with what each child of a process has held at most by then, in KiB."""
    seen: list[int] = []
    over = Event()

    def watch() -> None:
        while not over.wait(1 / LOOKS_A_SECOND):
            seen.extend(_most_resident(child) for child in tree(pid)[1:])

    thread = Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def _most_resident(pid: int) -> int:
    with suppress(OSError):
        for line in (PROC / str(pid) / "status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    return 0
