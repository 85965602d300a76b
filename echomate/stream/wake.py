"""The wake-up of the projectors: a message on a channel of Redis after each write.

Without it they poll each second. A message that could not be sent is sent again when Redis is back.
"""

import logging
import threading
import time
from collections.abc import Callable

from echomate import cache
from echomate.cache import Command

CHANNEL = "wake"
COMMAND: Command = ("PUBLISH", CHANNEL, "")
"""For a service that has a round trip to Redis to make anyway."""

FIRST_SECONDS = 0.002
"""A shard at rest is read so soon after a wake-up, for the stores that show a record at once."""
LADDER = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
"""After so many seconds a shard is read: a record shows in the stream a little after its write."""
POLL_SECONDS = 1.0
LISTEN_SECONDS = 0.25
REST_SECONDS = 0.015
"""A message covers the writes of the next milliseconds as well, since there is a read after 20."""

logger = logging.getLogger(__name__)

_rest_until = 0.0


def wake() -> None:
    """Tell the projectors that something was written; later, where Redis is away."""
    global _rest_until
    now = time.monotonic()
    if now < _rest_until:
        return
    _rest_until = now + REST_SECONDS
    cache.forget_parts([COMMAND])


def listen(on_wake: Callable[[], None], stopping: threading.Event) -> None:
    """Call `on_wake` for each message, and when some may have been missed, until `stopping` is set."""
    while not stopping.is_set():
        try:
            _listen(on_wake, stopping)
        except cache.AWAY as error:
            logger.warning("no wake-ups: %s", error)
            stopping.wait(POLL_SECONDS)


def _listen(on_wake: Callable[[], None], stopping: threading.Event) -> None:
    with cache.client().pubsub() as subscription:  # type: ignore[no-untyped-call]  # redis-py's
        subscription.subscribe(CHANNEL)
        on_wake()
        while not stopping.is_set():
            if subscription.get_message(ignore_subscribe_messages=True, timeout=LISTEN_SECONDS) is not None:
                on_wake()


class Rhythm:
    """When a shard is read next: soon after a wake-up and then up the ladder, else each second.

    Between two reads is the ladder's first step at least, unless `has_read` is told otherwise.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._woken = float("-inf")
        self._due = clock()
        self._read_at = float("-inf")
        self._hurried = False

    def wake(self) -> None:
        with self._changed:
            self._woken = self._clock()
            soon = max(self._woken + FIRST_SECONDS, self._read_at + LADDER[0])
            self._due = min(self._due, soon)
            self._changed.notify_all()

    def hurry(self) -> None:
        """End a wait at once: there is something else to do than to read."""
        with self._changed:
            self._hurried = True
            self._changed.notify_all()

    def has_read(self, *, again_after: float = POLL_SECONDS) -> None:
        """A read is done; the next one is due after so long, or earlier where the ladder says so."""
        with self._changed:
            now = self._read_at = self._clock()
            steps = (self._woken + step for step in LADDER)
            self._due = min([now + again_after, *(at for at in steps if at > now)])

    @property
    def is_due(self) -> bool:
        return self._clock() >= self._due

    def wait(self, *, until: float | None = None) -> None:
        """Wait until a read is due, the clock shows `until`, or there is a hurry."""
        with self._changed:
            while not self._hurried:
                end = self._due if until is None else min(self._due, until)
                left = end - self._clock()
                if left <= 0:
                    break
                self._changed.wait(left)
            self._hurried = False
