"""What tests of erasures do again and again."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson

from accounts.models import User
from accounts.models.erasures import ErasureReceipt
from accounts.tests.mailing import step_up
from echomate import cache, dynamodb, jobs, keys
from echomate.config import config
from echomate.testing.client import Person
from echomate.testing.configuration import configured
from echomate.testing.projecting import Projecting, projecting
from echomate.testing.working import run_jobs

PATIENCE_SECONDS = 120


def ask(person: Person) -> str:
    """Ask for one's account to be erased; when that will be."""
    step_up(person)
    response = person.delete("/users/me")
    assert response.status_code == 202, response.content
    erased_at: str = response.json()["erased_at"]
    return erased_at


def erasure_job(user: int) -> int:
    """The job that will erase one who has asked for it."""
    found = User.read(keys.user(user))
    assert found is not None
    assert found.erasure_job is not None
    return int(found.erasure_job)


@contextmanager
def soon(*, delay: int = 1, settle: float = 0.3) -> Iterator[Projecting]:
    """Erasures begin and look again after a moment, and a projector runs."""
    with configured(erasure_delay_seconds=delay, erasure_settle_seconds=settle), projecting() as projector:
        yield projector


def receipt(user: int) -> dict[str, Any] | None:
    found = ErasureReceipt.read(keys.erasure_receipt(user))
    return orjson.loads(found.receipt) if found else None


def erase(person: Person, *, after: int | None = None) -> dict[str, Any]:
    """From asking to the receipt."""
    ask(person)
    return run_out(person.id, erasure_job(person.id))


def run_out(user: int, job: int) -> dict[str, Any]:
    """Run the job of an erasure until there is a receipt."""
    end = time.monotonic() + PATIENCE_SECONDS
    while (found := receipt(user)) is None:
        assert time.monotonic() < end, "the erasure doesn't come to an end"
        jobs.run(job)
        run_jobs()
        time.sleep(0.05)
    run_jobs()
    return found


def everything() -> Iterator[tuple[str, str]]:
    """All that the table and both Redis hold, as text, with where it is."""
    yield from _table()
    for name, client in (("redis", cache.client()), ("redis-state", cache.state())):
        for key in client.scan_iter():
            yield f"{name} {key.decode()}", key.decode() + " " + _redis(client, key)


def _table() -> Iterator[tuple[str, str]]:
    request: dict[str, Any] = {"TableName": config.table_name, "ConsistentRead": True}
    while True:
        answer = dynamodb.call("Scan", request)
        for item in answer["Items"]:
            yield f"table {item['PK']['S']} {item['SK']['S']}", orjson.dumps(item).decode()
        if "LastEvaluatedKey" not in answer:
            return
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _fields(client: Any, key: bytes) -> dict[bytes, bytes]:
    """Without those that say no, as is remembered when somebody asks: they are no trace."""
    return {field: value for field, value in client.hgetall(key).items() if value != b"0"}


def _redis(client: Any, key: bytes) -> str:
    kind = client.type(key)
    reads: dict[bytes, Callable[[], Any]] = {
        b"string": lambda: client.get(key),
        b"list": lambda: client.lrange(key, 0, -1),
        b"set": lambda: client.smembers(key),
        b"zset": lambda: client.zrange(key, 0, -1),
        b"hash": lambda: _fields(client, key),
    }
    return repr(reads[kind]()) if kind in reads else ""
