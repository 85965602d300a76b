"""Uploads as a browser makes them, and the worker's part in this process."""

import secrets
import time
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import urllib3
from PIL import Image

from echomate.config import config
from echomate.objects import s3
from echomate.testing.client import Person
from echomate.testing.projecting import Projecting
from echomate.testing.working import run_jobs

PATIENCE_SECONDS = 60
http = urllib3.PoolManager(retries=False, timeout=30)


def picture(width: int = 40, height: int = 30, *, type_: str = "PNG") -> bytes:
    """A small picture in one colour, another one each time."""
    content = BytesIO()
    Image.new("RGB", (width, height), tuple(secrets.token_bytes(3))).save(content, type_)
    return content.getvalue()


def announced(person: Person, content: bytes, **more: Any) -> dict[str, Any]:
    """The answer to POST /media for a file."""
    body = {"content_type": "image/png", "purpose": "post", "size": len(content), **more}
    answer = person.post("/media", body)
    assert answer.status_code == 201, answer.content
    found: dict[str, Any] = answer.json()
    return found


def send(upload: Mapping[str, Any], content: bytes, **changes: str) -> urllib3.BaseHTTPResponse:
    """Post a file to S3 with the form that was given for it, some of its fields changed."""
    fields: dict[str, Any] = {**upload["fields"], **changes, "file": ("cat.png", content)}
    return http.request("POST", upload["url"], fields=fields, headers={"Origin": "http://localhost:5173"})


def uploaded(person: Person, content: bytes, **more: Any) -> str:
    """The id of a medium whose file S3 has."""
    made = announced(person, content, **more)
    assert send(made["upload"], content).status == 204
    return str(made["media"]["id"])


def completed(person: Person, content: bytes, **more: Any) -> str:
    """The id of a medium that is processed when somebody works."""
    media = uploaded(person, content, **more)
    answer = person.post(f"/media/{media}/complete")
    assert (answer.status_code, answer.json()["state"]) == (202, "processing"), answer.content
    return media


def ended(person: Person, media: str, projector: Projecting) -> dict[str, Any]:
    """The medium when it is ready or rejected; what is to be done is done here."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        work(projector)
        found: dict[str, Any] = person.get(f"/media/{media}").json()
        if found["state"] in ("ready", "rejected"):
            return found
        assert time.monotonic() < end, found


def work(projector: Projecting) -> None:
    """Let jobs be added and sent, then run them, and so what follows from that."""
    for _ in range(2):
        projector.catch_up()
        run_jobs()


def objects_of(person: Person) -> set[str]:
    """The keys of all objects of somebody's media, in both buckets, older versions too."""
    found: set[str] = set()
    for bucket in (config.originals_bucket, config.media_bucket):
        for prefix in ("uploads", "imports", "originals", "posts", "profiles", "messages"):
            listed = s3().list_object_versions(Bucket=bucket, Prefix=f"{prefix}/{person.id}/")
            found |= {one["Key"] for one in (*listed.get("Versions", ()), *listed.get("DeleteMarkers", ()))}
    return found
