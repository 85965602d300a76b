"""Exports and imports of 100,000 posts take no more memory than those of a hundred."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import orjson
import pytest

from accounts.services import exporting
from accounts.tests.acting import stored
from accounts.tests.imported import manifest, old_post, start
from echomate import objects, privacy
from echomate.provisioning import create_tables
from echomate.testing.client import Person, sign_up
from echomate.testing.configuration import configured
from echomate.testing.stack import ROOT, Stack
from posts.services import Draft, import_posts

POSTS = 100_000
MORE_MIB = 48
"""A gigabyte's worth of what is read may not stay; allocators keep some."""

pytestmark = pytest.mark.kill


@pytest.fixture(scope="module")
def local() -> Iterator[Stack]:
    """DynamoDB Local, whose indexes bear a hundred thousand items."""
    own = Stack(dynamodb_local=True)
    own.start()
    environment = own.environment
    addresses = {
        "aws_endpoint_url": environment["AWS_ENDPOINT_URL"],
        "dynamodb_endpoint_url": environment["DYNAMODB_ENDPOINT_URL"],
        "redis_url": environment["REDIS_URL"],
        "redis_state_url": environment["REDIS_STATE_URL"],
        "aws_access_key_id": environment["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": environment["AWS_SECRET_ACCESS_KEY"],
    }
    with configured(**addresses):
        create_tables()
        objects.create_buckets()
        yield own
    own.close()


def measured(stack: Stack, job: int) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "accounts.tests.measured", str(job)],
        env={**os.environ, **stack.environment},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert found["state"] == "done", done.stdout
    return found


def exported(stack: Stack, posts: int) -> dict[str, Any]:
    ann = sign_up("ann")
    for step in privacy.in_steps(range(posts), size=500):
        import_posts(
            (int(old_post(n)["id"]) + ann.id % 2**12, ann.id, Draft(f"post {n} " + "x" * 200)) for n in step
        )
    return measured(stack, exporting.start_export(stored(ann.id)).id)


def imported(stack: Stack, posts: int) -> dict[str, Any]:
    new: Person = sign_up("new")
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", orjson.dumps(manifest()))
        with archive.open("posts.jsonl", "w") as member:
            for number in range(posts):
                row = old_post(number, content=f"post {number} " + "x" * 200)
                member.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
    file.seek(0)
    return measured(stack, start(new, file).id)


def test_an_export_of_100_000_posts_takes_the_memory_of_a_small_one(local: Stack) -> None:
    small, large = exported(local, 100), exported(local, POSTS)
    report("export", small, large)
    assert large["result"]["rows"]["posts"] == POSTS
    assert large["peak"] - small["peak"] < MORE_MIB


def test_an_import_of_100_000_posts_takes_the_memory_of_a_small_one(local: Stack) -> None:
    small, large = imported(local, 100), imported(local, POSTS)
    report("import", small, large)
    assert large["result"]["taken"] == {"posts": POSTS}
    assert large["peak"] - small["peak"] < MORE_MIB


def report(what: str, small: dict[str, Any], large: dict[str, Any]) -> None:
    print(  # noqa: T201 - the figures
        f"{what}: {large['seconds']:.0f} s, peak {large['peak']} MiB; of 100 posts {small['peak']} MiB; "
        f"{large['result'].get('bytes', '')}"
    )
