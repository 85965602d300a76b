"""Rate limits: one script call a key, in the same round trip as the rest of a request's opening reads.

Redis away: limits fail open, except those that are marked `guards`, which fall back to a counter in the process.
"""

import ipaddress
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from django.http import HttpRequest

from echomate import cache, keys
from echomate.cache import Command, Script
from echomate.config import config
from echomate.errors import DependencyAway, RateLimited

_COUNT = Script(
    "local count = redis.call('INCR', KEYS[1]) "
    "if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) return {1, tonumber(ARGV[1])} end "
    "return {count, redis.call('PTTL', KEYS[1])}"
)
_TAKE_BACK = Script("if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('DECR', KEYS[1]) end return 1")


_names: set[str] = set()


@dataclass(frozen=True, slots=True)
class Policy:
    """`limit` calls in `seconds`; `guards` marks what must hold without Redis too (login, reset, second factors)."""

    name: str
    limit: int
    seconds: int
    guards: bool = False
    scope: Literal["user", "address", "own"] = "user"

    def __post_init__(self) -> None:
        _names.add(self.name)

    @property
    def quota(self) -> tuple[int, int]:
        """(limit, seconds) after the settings have had their say."""
        override = config.rate_limits.get(self.name)
        limit, seconds = (int(n) for n in override.split("/")) if override else (self.limit, self.seconds)
        return max(1, int(limit * config.rate_limit_factor)), seconds


EVERYTHING = Policy("default", 300, 300)
ANONYMOUS = Policy("anonymous", 300, 300, scope="address")


def keys_of(subject: str) -> list[str]:
    """The keys of all that is counted of a subject, whatever the policy: those of views are known by their routes."""
    from django.urls import get_resolver

    _ = get_resolver().url_patterns
    return [keys.throttle(name, subject) for name in sorted(_names)]


@dataclass(slots=True)
class Limit:
    """One policy for one subject: a user's id, an address, an account's name."""

    policy: Policy
    subject: str

    @property
    def key(self) -> str:
        return keys.throttle(self.policy.name, self.subject)

    @property
    def command(self) -> Command:
        return _COUNT.command(keys=[self.key], args=[self.policy.quota[1] * 1000])

    def check(self, reply: Any) -> "State":
        """Raises `RateLimited` where the count is over the limit; an error reply lets the call pass."""
        if not isinstance(reply, list):
            return (
                self.check_in_process() if self.policy.guards else State(self.policy, self.policy.quota[0], 0)
            )
        limit, _ = self.policy.quota
        state = State(self.policy, max(0, limit - int(reply[0])), max(1, -(-int(reply[1]) // 1000)))
        if int(reply[0]) > limit:
            raise RateLimited(headers={"Retry-After": str(state.reset), **state.headers})
        return state

    def count(self) -> "State":
        """Count a call that only its handler can tell the subject of. Raises as `check`."""
        try:
            replies = cache.run([self.command])
        except DependencyAway:
            replies = [None]
        return self.check(replies[0])

    def take_back(self) -> None:
        """Have a call that was counted not count. Redis away: it stays counted there."""
        self.take_back_in_process()
        with suppress(DependencyAway):
            cache.run([_TAKE_BACK.command(keys=[self.key])])

    def check_in_process(self) -> "State":
        """The same count in this process, while Redis is away."""
        count, left = _local.count(self.key, self.policy.quota[1])
        return self.check([count, int(left * 1000)])

    def forget_in_process(self) -> None:
        """Begin this process's own count anew."""
        _local.forget(self.key)

    def take_back_in_process(self) -> None:
        """One less in this process's own count."""
        _local.take_back(self.key)


class State(NamedTuple):
    """How much of a policy is left, and for how many seconds."""

    policy: Policy
    remaining: int
    reset: int

    @property
    def headers(self) -> dict[str, str]:
        """`RateLimit-Policy` and `RateLimit` of the IETF's draft."""
        limit, seconds = self.policy.quota
        return {
            "RateLimit-Policy": f'"{self.policy.name}";q={limit};w={seconds}',
            "RateLimit": f'"{self.policy.name}";r={self.remaining};t={self.reset}',
        }


class _LocalCounters:
    """Fixed windows in memory, forgotten when their time is over."""

    SIZE = 10_000

    def __init__(self) -> None:
        self._windows: dict[str, tuple[int, float]] = {}
        self._lock = threading.Lock()

    def count(self, key: str, seconds: int) -> tuple[int, float]:
        now = time.monotonic()
        with self._lock:
            if len(self._windows) >= self.SIZE:
                self._windows = {k: w for k, w in self._windows.items() if w[1] > now}
            count, end = self._windows.get(key, (0, now + seconds))
            if end <= now:
                count, end = 0, now + seconds
            self._windows[key] = (count + 1, end)
            return count + 1, end - now

    def forget(self, key: str) -> None:
        with self._lock:
            self._windows.pop(key, None)

    def take_back(self, key: str) -> None:
        with self._lock:
            count, end = self._windows.get(key, (0, 0.0))
            if count:
                self._windows[key] = (count - 1, end)


_local = _LocalCounters()


def client_address(request: HttpRequest) -> str:
    """The client's address: the peer's, or what the outermost trusted proxy wrote into X-Forwarded-For."""
    peer = str(request.META.get("REMOTE_ADDR", ""))
    if config.trusted_proxies:
        forwarded = [
            part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()
        ]
        if len(forwarded) >= config.trusted_proxies:
            return str(forwarded[-config.trusted_proxies])
    return peer


@lru_cache(maxsize=4096)
def address_subject(address: str) -> str:
    """Who counts as one anonymous client: an IPv4 address, an IPv6 /64."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
    return str(parsed)
