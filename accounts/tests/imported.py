"""Exports as tests make them: right ones, and such as nobody should send."""

from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import orjson

from accounts.services.importing import start_import
from accounts.tests.acting import stored
from echomate import ids, jobs, keys
from echomate.config import config
from echomate.jobs import Job
from echomate.testing.client import Person

OLD_USER = "800000000000000000"


def manifest(**changes: Any) -> dict[str, Any]:
    return {
        "format": "echomate-export",
        "version": 1,
        "instance": config.public_url,
        "user_id": OLD_USER,
        **changes,
    }


def old_post(number: int = 0, **changes: Any) -> dict[str, Any]:
    """A row of posts.jsonl; the higher its number, the older it is."""
    old = ids.id_at_milliseconds(1_700_000_000_000 - number * 1000) + number
    return {
        "id": str(old),
        "created_at": ids.rfc3339(old),
        "edited_at": None,
        "content": f"old {number}",
        "language": "en",
        "visibility": "public",
        "reply_policy": "everyone",
        "sensitive": False,
        "spoiler_text": "",
        **changes,
    }


def jsonl(rows: Iterable[Any]) -> bytes:
    return b"".join(row if isinstance(row, bytes) else orjson.dumps(row) + b"\n" for row in rows)


def zipped(
    files: Mapping[str, bytes] | None = None,
    *,
    said: Any = None,
    compression: int = ZIP_DEFLATED,
    **rows: Iterable[Any],
) -> BytesIO:
    """A ZIP of `posts=[...]`, `following=[...]`, `profile=[...]`, other files as they are, and a manifest."""
    file = BytesIO()
    with ZipFile(file, "w", compression) as archive:
        archive.writestr("manifest.json", orjson.dumps(manifest() if said is None else said))
        for name, content in {**{f"{n}.jsonl": jsonl(r) for n, r in rows.items()}, **(files or {})}.items():
            archive.writestr(name, content)
    file.seek(0)
    return file


def packed_again(
    file: BytesIO, *, folder: str = "echomate-ann", others: Mapping[str, bytes] | None = None
) -> BytesIO:
    """A ZIP of the same files in a folder, as macOS makes it, and of others by their whole names."""
    again = BytesIO()
    with ZipFile(file) as archive, ZipFile(again, "w") as packed:
        packed.writestr(f"{folder}/", b"")
        for member in archive.infolist():
            packed.writestr(f"{folder}/{member.filename}", archive.read(member))
            packed.writestr(f"__MACOSX/{folder}/._{member.filename}", b"notes of macOS")
        packed.writestr("__MACOSX/manifest.json", b"{}")
        packed.writestr(f"{folder}/.DS_Store", b"notes of macOS")
        for name, content in (others or {}).items():
            packed.writestr(name, content)
    again.seek(0)
    return again


def start(person: Person, file: BytesIO) -> Job:
    return start_import(stored(person.id), file)


def take(person: Person, file: BytesIO) -> dict[str, Any]:
    """The report of an import that is done."""
    job = start(person, file)
    assert jobs.run(job.id)
    ended = Job.read(keys.job(job.id))
    assert ended
    assert ended.state == "done", (ended.refusal, ended.error)
    return dict(ended.result or {})


def refusal(person: Person, file: BytesIO) -> str:
    """What is said of a file that is refused."""
    job = start(person, file)
    assert jobs.run(job.id)
    ended = Job.read(keys.job(job.id))
    assert ended
    assert ended.state == "failed", (ended.result, ended.error)
    assert ended.refusal
    return str(ended.refusal)


def posts_of(person: Person) -> list[dict[str, Any]]:
    """All, newest first."""
    return all_of(person, f"/users/{person.id}/posts?limit=50")


def all_of(person: Person, path: str) -> list[dict[str, Any]]:
    """What is on all pages of a list."""
    found = []
    while path:
        page = person.get(path).json()
        found += page["results"]
        path = page["next"]
    return found
