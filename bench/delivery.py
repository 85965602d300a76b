"""How long a post takes to its readers: from the answer to the POST until their lists in Redis hold it."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPConnection

import redis

from bench.network import CONTENT, Network, Person

LISTED = 400
PART = 200
DEADLINE_SECONDS = 20
WITHOUT = (
    "local missing = {} for place, key in ipairs(KEYS) do "
    "if redis.call('LINDEX', key, 0) ~= ARGV[1] then missing[#missing + 1] = place end end return missing"
)
"""The places of the lists that don't begin with a post."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Milliseconds from the answer until the last of the feeds holds the post, a figure for each try."""

    feeds: int
    milliseconds: list[float]


def fill_feeds(store: redis.Redis, readers: Sequence[int], posts: Sequence[int]) -> None:
    """Give each reader a full home list, as a visit would."""
    listed = [*reversed(posts[-LISTED:]), 0]
    pipeline = store.pipeline(transaction=False)
    for number, reader in enumerate(readers, 1):
        pipeline.rpush(f"feed:{reader}", *listed)
        pipeline.expire(f"feed:{reader}", 7 * 24 * 3600)
        if number % PART == 0:
            pipeline.execute()
    pipeline.execute()


def measure(store: redis.Redis, network: Network, *, feeds: int, port: int, tries: int) -> Delivery:
    readers = network.crowds[feeds]
    fill_feeds(store, readers, network.posts)
    connection = HTTPConnection("127.0.0.1", port)
    times = [_try(store, connection, network.announcers[feeds], readers) for _ in range(tries)]
    connection.close()
    return Delivery(feeds, times)


def _try(store: redis.Redis, connection: HTTPConnection, author: Person, readers: Sequence[int]) -> float:
    headers = {"Authorization": f"Bearer {author.token}", "Content-Type": "application/json"}
    connection.request("POST", "/api/v1/posts", json.dumps({"content": CONTENT}), headers)
    post = json.loads(connection.getresponse().read())["id"].encode()
    begin = time.perf_counter()
    left = list(readers)
    while left:
        part, rest = left[:PART], left[PART:]
        missing = _without(store, part, post)
        left = rest + missing
        if len(missing) == len(part):
            time.sleep(0.002)
        if time.perf_counter() - begin > DEADLINE_SECONDS:
            raise TimeoutError(f"{len(left)} of {len(readers)} feeds don't hold the post")
    taken = time.perf_counter() - begin
    time.sleep(1.5)  # the next post meets a projector at rest
    return 1000 * taken


def _without(store: redis.Redis, readers: Sequence[int], post: bytes) -> list[int]:
    """By a script: what looks takes little of what it measures."""
    keys = [f"feed:{reader}" for reader in readers]
    missing: list[int] = store.eval(WITHOUT, len(keys), *keys, post)
    return [readers[place - 1] for place in missing]
