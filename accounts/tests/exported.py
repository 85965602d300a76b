"""What tests of exports do again and again."""

from io import BytesIO
from typing import Any
from urllib.request import urlopen
from zipfile import ZipFile

import orjson

from echomate import jobs
from echomate.testing.client import Person


def stepped_up(person: Person) -> Person:
    answer = person.post("/auth/step-up", {"password": person.password})
    assert answer.status_code == 204, answer.content
    return person


def ask(person: Person) -> dict[str, Any]:
    """The job of an export that was asked for."""
    answer = person.post("/users/me/export")
    assert answer.status_code == 202, answer.content
    job: dict[str, Any] = answer.json()["job"]
    return job


def look(person: Person, job: dict[str, Any]) -> dict[str, Any]:
    answer = person.get(f"/jobs/{job['id']}")
    assert answer.status_code == 200, answer.content
    shown: dict[str, Any] = answer.json()
    return shown


def download(url: str) -> ZipFile:
    with urlopen(url) as answer:  # noqa: S310 - the emulator's
        return ZipFile(BytesIO(answer.read()))


def export(person: Person) -> ZipFile:
    """One from the first call to the download."""
    job = ask(stepped_up(person))
    assert jobs.run(int(job["id"]))
    return download(look(person, job)["result_url"])


def lines(archive: ZipFile, name: str) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in archive.read(f"{name}.jsonl").splitlines()]
