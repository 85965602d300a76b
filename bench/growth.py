"""Nothing grows: the same reads with few posts and with many."""

import time
from dataclasses import replace
from http.client import HTTPConnection

from bench import contents
from bench.figures import Figures
from bench.loading import Target, least, request, run, say
from bench.network import Network, Person
from bench.stack import Stack
from echomate import keys
from echomate.config import config

LOSS_SECONDS = 11


def grow(stack: Stack, people: Network, figures: Figures) -> None:
    """The same reads with few posts and with many; the projector has no part in it."""
    extent = figures.extent
    _reads(stack, people, figures)
    figures.full_feed_bytes = _full_feed_bytes(stack, people)
    for name in ("worker", "projector"):
        stack.stop(name)
    contents.publish(people, extent.many_posts - extent.posts)
    say(f"{extent.many_posts} posts are written")
    figures.after_flush = [_after_flush(stack, people.wide_reader) for _ in range(extent.tries * 2)]
    _reads(stack, people, figures)
    figures.full_feed_bytes = _full_feed_bytes(stack, people)


def _reads(stack: Stack, people: Network, figures: Figures) -> None:
    """CPU of warm reads, from empty caches up."""
    lose_redis((stack, people.readers[0]))
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
        target = Target(requests=one, port=stack.port, pids=pids)
        run(replace(target, requests=one * 20, once=True), connections=4, seconds=30)
        loads = [
            run(target, connections=1, seconds=figures.extent.seconds) for _ in range(figures.extent.rounds)
        ]
        figures.growth.setdefault(name, []).append(least(loads))


def lose_redis(*readers: tuple[Stack, Person]) -> None:
    """Empty Redis, let a reader find that out, and wait: lists built within ten seconds of a loss live no longer."""
    for stack, reader in readers:
        _after_flush(stack, reader)
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
