"""Builds home lists: one builder a reader, later readers served from its merge, and a way on where Redis is away."""

import threading
import time
from contextlib import suppress

from echomate import cache, keys, timelines
from echomate.cache import new_lease
from echomate.errors import DependencyAway
from echomate.timelines import Timeline
from feeds.merge import Merged, merge, merge_without_redis

LOCK_SECONDS = 10
WAIT_SECONDS = 2.0
LOOK_SECONDS = 0.03
MERGES_WITHOUT_REDIS = 2

_in_this_process: dict[int, threading.Event] = {}
_lock = threading.Lock()
_without_redis = threading.BoundedSemaphore(MERGES_WITHOUT_REDIS)


def build(reader: int) -> Merged:
    """The reader's home, built into Redis; by this call, or by another that is at it already."""
    while True:
        mine = threading.Event()
        with _lock:
            running = _in_this_process.setdefault(reader, mine)
        if running is mine:
            return _build_alone(reader, mine)
        running.wait(LOCK_SECONDS)
        if (line := _made(reader)) is not None:
            return Merged(line.ids, line.ended)


def _build_alone(reader: int, done: threading.Event) -> Merged:
    try:
        return _build(reader)
    finally:
        with _lock:
            del _in_this_process[reader]
        done.set()


def build_without_redis(reader: int) -> Merged:
    """A shorter merge, at most two at a time in a process. Raises `DependencyAway` beyond that."""
    if not _without_redis.acquire(blocking=False):
        raise DependencyAway("redis")
    try:
        return merge_without_redis(reader)
    finally:
        _without_redis.release()


def _build(reader: int) -> Merged:
    lock = keys.feed_lock(reader)
    (locked,) = cache.ask(("SET", lock, 1, "NX", "EX", LOCK_SECONDS))
    if not locked and (line := _wait_for_another(reader)) is not None:
        return Merged(line.ids, line.ended)
    try:
        return _make(reader)
    finally:
        with suppress(DependencyAway):  # it ends by itself
            cache.run([("DEL", lock)])


def _wait_for_another(reader: int) -> Timeline | None:
    """The list that another process is making, once it is made; None where this one must take over.

    That is when the other gave up, died, or made it in vain because the reader's follows changed meanwhile.
    """
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        time.sleep(LOOK_SECONDS)
        (at_it,) = cache.ask(("EXISTS", keys.feed_lock(reader)))
        if (line := _made(reader)) is not None:
            return line
        if not at_it:
            return None
    return None


def _made(reader: int) -> Timeline | None:
    """The reader's list, if it is there and finished."""
    (reply,) = cache.ask(timelines.head(keys.feed(reader)))
    line = timelines.timeline(reply)
    return line if reply and not line.making else None


def _make(reader: int) -> Merged:
    """Begin the list, merge, end the making. Where somebody else began anew meanwhile, the merge only serves."""
    key, mark = keys.feed(reader), -new_lease()
    cache.ask(timelines.begin(key, mark))
    merged = merge(reader)
    is_young = merged.doubtful or timelines.lately_lost()
    seconds = timelines.YOUNG_SECONDS if is_young else timelines.HOME_SECONDS
    elements = merged.ids + [timelines.END] * merged.ended
    cache.ask(timelines.finish(key, mark, elements, seconds=seconds))
    return merged
