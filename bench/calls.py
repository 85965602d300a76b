"""What each action asks of the stores: DynamoDB units and Redis round trips, of the request and its projection.

Requests go through Django's test client in this process, so that every call can be counted. A projector runs
beside them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from unittest.mock import patch

import orjson
from django.conf import settings
from django.test import Client

from bench.actions import mentioning
from bench.network import CONTENT, PASSWORD, Network, Person
from echomate import cache
from echomate.cache import connection
from echomate.cache.connection import Script
from echomate.dynamodb import STREAM_OPERATIONS
from echomate.metering import Meter, metering
from echomate.stream.schedule import Schedule
from echomate.testing.configuration import configured
from echomate.testing.projecting import Projecting, projecting

API = "/api/v1"

Ask = Callable[[], int]
"""Makes a request and returns the status."""


@dataclass(frozen=True, slots=True)
class Calls:
    """Units and calls of one action: `reads` says whether it was asked with warm or with empty caches."""

    action: str
    caches: str
    units: float
    projected: float | None
    dynamodb: list[str]
    redis: list[list[str]]


def count(network: Network) -> list[Calls]:
    """Every action once with empty caches and once with warm ones."""
    reader, actor, author = network.readers[0], network.actors[0], network.authors[0]
    post = network.posts[-1]
    reads: list[tuple[str, Ask]] = [
        ("home feed, 20", lambda: get("/feed", reader)),
        ("one post", lambda: get(f"/posts/{post}", reader)),
        ("one post, anonymous", lambda: get(f"/posts/{post}")),
        ("profile", lambda: get(f"/users/{author.id}", reader)),
        ("profile, anonymous", lambda: get(f"/users/{author.id}")),
        ("posts of an author, 20", lambda: get(f"/users/{author.id}/posts", reader)),
        ("home feed, 20, four pictures a post", lambda: get("/feed", network.admirers[0])),
        ("comments of a post, 20", lambda: get(f"/posts/{post}/comments", reader)),
        ("a thread, 200 comments", lambda: get(f"/comments/{network.thread}/thread", reader)),
    ]
    liked, followed = iter(network.posts[-5:]), iter(network.authors)
    writes: list[tuple[str, Callable[[], Ask]]] = [
        ("create a public post", lambda: lambda: send("/posts", actor, {"content": CONTENT})),
        (
            "create a post for followers",
            lambda: lambda: send("/posts", actor, {"content": CONTENT, "visibility": "followers"}),
        ),
        (
            "create a post with 10 mentions",
            lambda: lambda: send("/posts", actor, {"content": CONTENT + mentioning(network, 10)}),
        ),
        ("comment", lambda: lambda: send(f"/posts/{post}/comments", actor, {"content": CONTENT})),
        ("like", lambda: after_showing(f"/posts/{next(liked)}", "like", actor)),
        ("follow", lambda: after_showing(f"/users/{next(followed).id}", "follow", actor)),
        (
            "log in",
            lambda: lambda: send("/auth/login", None, {"login": actor.username, "password": PASSWORD}),
        ),
    ]
    with configured(lease_seconds=600), _no_schedule(), projecting() as projector:
        projector.catch_up()
        return [
            *(_read(name, ask, caches) for name, ask in reads for caches in ("empty", "warm")),
            *(_write(name, ask, projector) for name, ask in writes),
        ]


def _no_schedule() -> AbstractContextManager[object]:
    """The schedule looks every second for jobs that are due, and would be counted."""
    return patch.object(Schedule, "look")


def get(path: str, person: Person | None = None) -> int:
    return _client(person).get(API + path).status_code


def send(path: str, person: Person | None, body: dict[str, Any] | None = None) -> int:
    content = orjson.dumps(body or {})
    return _client(person).post(API + path, data=content, content_type="application/json").status_code


def after_showing(path: str, toggle: str, person: Person) -> Ask:
    """A toggle by somebody who has just been shown what it is about."""
    get(path, person)
    return lambda: send(f"{path}/{toggle}", person)


def _client(person: Person | None) -> Client:
    headers = {"Authorization": f"Bearer {person.token}"} if person else {}
    return Client(headers=headers, SERVER_NAME="127.0.0.1")


def _read(name: str, ask: Ask, caches: str) -> Calls:
    if caches == "empty":
        cache.client().flushall()
    with metering() as meter:
        _must_be_well(name, ask())
    return _calls(name, caches, meter, len(meter.dynamodb), None)


def _write(name: str, prepare: Callable[[], Ask], projector: Projecting) -> Calls:
    """Counted at its second time, the first having filled the caches."""
    _must_be_well(name, prepare()())
    projector.catch_up()
    ask = prepare()
    with metering() as meter:
        _must_be_well(name, ask())
        calls, round_trips = len(meter.dynamodb), len(meter.redis)
        projector.catch_up()
    del meter.redis[round_trips:]
    return _calls(name, "warm", meter, calls, sum(units for _, units in meter.dynamodb[calls:]))


def _calls(name: str, caches: str, meter: Meter, own: int, projected: float | None) -> Calls:
    mine = [call for call in meter.dynamodb[:own] if call[0] not in STREAM_OPERATIONS]
    return Calls(
        name,
        caches,
        sum(units for _, units in mine),
        projected,
        [operation for operation, _ in mine],
        meter.redis,
    )


def _must_be_well(name: str, status: int) -> None:
    if status not in (200, 201):
        raise RuntimeError(f"{name} was answered {status}")


# --- the floor --------------------------------------------------------------------------------------------------------


def warm_homes(readers: Sequence[Person]) -> list[dict[str, Any]]:
    """What the floor answers, by reader. One page alone would stay in the processor's caches, as no server's does."""
    homes = []
    for reader in readers:
        round_trips, body = a_warm_home(reader)
        homes.append({"reader": str(reader.id), "round_trips": round_trips, "body": body.decode()})
    return homes


def a_warm_home(reader: Person) -> tuple[list[list[cache.Command]], bytes]:
    """The round trips to Redis of a warm home feed, command by command, and its answer."""
    client = _client(reader)
    client.get(f"{API}/feed")
    with _recorded() as round_trips:
        answer = client.get(f"{API}/feed")
    return round_trips, answer.content


def scripts(home: Mapping[str, Any]) -> list[str]:
    """The sources of the scripts that its commands name."""
    import_module(settings.ROOT_URLCONF)  # what the views import defines them
    commands = (tuple(command) for commands in home["round_trips"] for command in commands)
    return [Script.spelled_out(command)[1] for command in commands if command[0] == "EVALSHA"]


@contextmanager
def _recorded() -> Iterator[list[list[cache.Command]]]:
    round_trips: list[list[cache.Command]] = []
    send = connection._run_on_one

    def recording(commands: Sequence[cache.Command]) -> list[Any]:
        round_trips.append(list(commands))
        return send(commands)

    with patch.object(connection, "_run_on_one", recording):
        yield round_trips
