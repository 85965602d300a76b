"""One run: the network is written, then each figure is taken in turn; the largest network comes last."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Self

from bench import calls, delivery, network
from bench.accounting import Memory, memory
from bench.actions import Action, actions
from bench.calls import Calls
from bench.delivery import Delivery
from bench.loading import Load, request, run
from bench.network import Network, Person
from bench.stack import Stack, settle
from echomate import keys
from echomate.config import config

CONNECTIONS = 16
LOSS_SECONDS = 11
SERVERS = ("web", "redis-feeds", "redis-state", "dynamodb", "projector", "worker")


@dataclass(frozen=True, kw_only=True, slots=True)
class Extent:
    """How much is measured."""

    seconds: float
    rounds: int
    """Each load runs so long and so often; the round that took least CPU counts, since what else the machine does
    only adds to it."""
    writes: int
    """Most requests of a write."""
    posts: int
    many_posts: int
    crowds: tuple[int, ...]
    tries: int

    @classmethod
    def full(cls) -> Self:
        return cls(
            seconds=2,
            rounds=3,
            writes=2500,
            posts=1000,
            many_posts=100_000,
            crowds=(10, 1000, 10_000),
            tries=5,
        )

    @classmethod
    def small(cls) -> Self:
        return cls(seconds=1, rounds=1, writes=1000, posts=1000, many_posts=5000, crowds=(10, 1000), tries=2)


@dataclass(frozen=True, slots=True)
class Measured:
    """An action at one connection and at sixteen."""

    name: str
    target: float | None
    alone: Load
    together: Load


@dataclass(slots=True)
class Figures:
    extent: Extent
    actions: list[Measured] = field(default_factory=list)
    floor: list[Measured] = field(default_factory=list)
    calls: list[Calls] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    memory: dict[str, Memory] = field(default_factory=dict)
    growth: dict[str, list[Load]] = field(default_factory=dict)
    """CPU of reads by name: with few posts, with many."""
    after_flush: list[float] = field(default_factory=list)
    """Milliseconds of a home feed whose reader follows 200, just after Redis was emptied."""
    full_feed_bytes: int = 0
    answer_bytes: int = 0
    others: float = 0
    """The part of the machine's CPU that other processes took meanwhile."""


def measure(stack: Stack, extent: Extent) -> Figures:
    figures = Figures(extent)
    network.prepare()
    people = network.settle_people(extent.crowds)
    network.publish(people, extent.posts)
    network.set_stream(enabled=True)
    say(f"{extent.posts} posts are written")
    figures.calls = calls.count(people)
    say("units and calls are counted")
    _serve(stack, people, figures)
    say("all processes run")
    figures.memory["web, at rest"] = memory(stack.pid("web"))
    figures.floor = _floor(stack, figures, people)
    pids = {name: stack.pid(name) for name in SERVERS}
    _lose_redis(stack, people)
    for action in actions(people, writes=extent.writes):
        figures.actions.append(_measured(action, port=stack.port, pids=pids, extent=extent))
        settle(stack)
        say(action.name)
    figures.memory |= {name: memory(stack.pid(name)) for name in SERVERS}
    figures.deliveries = [
        delivery.measure(stack.redis(), people, feeds=feeds, port=stack.port, tries=extent.tries)
        for feeds in extent.crowds
    ]
    say("deliveries are timed")
    _grow(stack, people, figures)
    return figures


def say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", flush=True)


def _serve(stack: Stack, people: Network, figures: Figures) -> None:
    """Start the floor and Echomate's processes, whose clients are made after this one's are closed."""
    round_trips, body = calls.a_warm_home(people.readers[0])
    figures.answer_bytes = len(body)
    stack.start_floor(
        {
            "secret": config.secret_key,
            "redis_url": config.redis_url,
            "round_trips": round_trips,
            "body": body.decode(),
        }
    )
    stack.start_applications()


def _floor(stack: Stack, figures: Figures, people: Network) -> list[Measured]:
    import jwt

    claims = {
        "token_type": "access",
        "exp": int(time.time()) + 3600,
        "jti": "1",
        "user_id": str(people.readers[0].id),
    }
    token = jwt.encode(claims, config.secret_key, algorithm="HS256")
    floor = [
        Action("bare Django view", [request("GET", "/bare")]),
        Action(
            "stock DRF view, JWT, the same Redis calls and bytes", [request("GET", "/stock", token=token)]
        ),
    ]
    pids = {"web": stack.pid("floor"), "redis-feeds": stack.pid("redis-feeds")}
    return [_measured(one, port=stack.floor_port, pids=pids, extent=figures.extent) for one in floor]


def _measured(action: Action, *, port: int, pids: Mapping[str, int], extent: Extent) -> Measured:
    """At one connection, then at sixteen, with warm caches. A write's requests are shared among the rounds."""
    loads = []
    share = len(action.requests) // (2 * extent.rounds)
    if action.warming:
        run(action.warming, port=port, connections=4, seconds=30, pids={}, once=True)
    elif not action.once:
        run(action.requests, port=port, connections=4, seconds=30, pids={}, once=True)
    for n, connections in enumerate((1, CONNECTIONS) * extent.rounds):
        load = run(
            action.requests[n * share : (n + 1) * share] if action.once else action.requests,
            port=port,
            connections=connections,
            seconds=extent.seconds,
            pids=pids,
            once=action.once,
            expected=action.expected,
        )
        loads.append(load)
    return Measured(action.name, action.target, _least(loads[0::2]), _least(loads[1::2]))


def _least(loads: Sequence[Load]) -> Load:
    return min(loads, key=lambda load: load.cpu["web"])


# --- nothing grows ----------------------------------------------------------------------------------------------------


def _grow(stack: Stack, people: Network, figures: Figures) -> None:
    """The same reads with few posts and with many; the projector has no part in it."""
    extent = figures.extent
    _reads(stack, people, figures)
    figures.full_feed_bytes = _full_feed_bytes(stack, people)
    for name in ("worker", "projector"):
        stack.stop(name)
    network.publish(people, extent.many_posts - extent.posts)
    say(f"{extent.many_posts} posts are written")
    figures.after_flush = [_after_flush(stack, people.wide_reader) for _ in range(extent.tries * 2)]
    _reads(stack, people, figures)
    figures.full_feed_bytes = _full_feed_bytes(stack, people)


def _reads(stack: Stack, people: Network, figures: Figures) -> None:
    """CPU of warm reads, from empty caches up."""
    _lose_redis(stack, people)
    narrow, wide, author = people.readers[0], people.wide_reader, people.authors[0]
    reads = {
        "home feed, 20 followed": f"/feed {narrow.token}",
        "home feed, 200 followed": f"/feed {wide.token}",
        "one post": f"/posts/{people.posts[-1]} {narrow.token}",
        "profile": f"/users/{author.id} {narrow.token}",
    }
    pids = {name: stack.pid(name) for name in ("web", "redis-feeds")}
    for name, what in reads.items():
        path, token = what.split()
        one = [request("GET", f"/api/v1{path}", token=token)]
        run(one * 20, port=stack.port, connections=4, seconds=30, pids={}, once=True)
        loads = [
            run(one, port=stack.port, connections=1, seconds=figures.extent.seconds, pids=pids)
            for _ in range(figures.extent.rounds)
        ]
        figures.growth.setdefault(name, []).append(_least(loads))


def _lose_redis(stack: Stack, people: Network) -> None:
    """Empty Redis, let a reader find that out, and wait: lists built within ten seconds of a loss live no longer."""
    _after_flush(stack, people.readers[0])
    time.sleep(LOSS_SECONDS)


def _after_flush(stack: Stack, reader: Person) -> float:
    """Milliseconds of a home feed whose every part must be read from the table."""
    stack.redis().flushall()
    connection = HTTPConnection("127.0.0.1", stack.port)
    connection.connect()
    begin = time.perf_counter()
    connection.request("GET", "/api/v1/feed", headers={"Authorization": f"Bearer {reader.token}"})
    answer = connection.getresponse()
    answer.read()
    taken = 1000 * (time.perf_counter() - begin)
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"a feed after a flush was answered {answer.status}")
    return taken


def _full_feed_bytes(stack: Stack, people: Network) -> int:
    """Bytes of Redis for a list at its cap, as years of pushes leave it."""
    store = stack.redis()
    key = keys.feed(people.readers[1].id)
    store.delete(key)
    store.rpush(key, *([*people.posts] * config.feed_cap)[: config.feed_cap])
    return int(store.memory_usage(key) or 0)
