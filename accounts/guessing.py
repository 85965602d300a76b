"""Limits against guessing: what counts against an account, and whom it stops.

Every try is limited by address (the view's own policy: 25 logins in 5 minutes, right ones too), and here by account
or by pair, where only failures count.

- **Strangers share an account's ten failures an hour.** That slows a guesser down, however many addresses he has.
  Were it the only count, he could lock the owner out; so two kinds of client have ten of their own instead.
- **A known device**: it holds a device token of the account, or the session that asks. Nobody shares its count.
- **A known pair**: an account and an address from which it was entered within a week. Who shares the address has ten
  guesses an hour more, and can lock out who else is there, but nobody anywhere else. Redis remembers the pair; lost,
  it is a stranger's.

The owner at a strange device and a strange address, while somebody guesses, has the reset by mail: it makes the
address known (`trust`).

A try is counted before it is looked at, so that a hundred at once are not a hundred guesses; a right one clears the
count that it was under, and only that. A login counts for what was typed, whether or not it is anybody's, so that no
answer tells who exists; an account's name and its mail address count apart, since a count of both would tell which
address is whose. Whatever count it is, the answer is the same.

The scheme is that of OWASP's "Slow Down Online Guessing Attacks with Device Cookies". Without Redis each process
counts for itself, and known pairs are strangers.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from accounts.origins import NOWHERE, Origin
from echomate import cache, keys
from echomate.cache import Command, Script
from echomate.errors import DependencyAway
from echomate.throttling import Limit, Policy

PASSWORDS = Policy("login-account", 10, 3600, guards=True, scope="own")
CODES = Policy("codes", 10, 3600, guards=True, scope="own")
"""One-time passwords, recovery codes, codes by mail."""

PAIR_SECONDS = 7 * 24 * 3600

_COUNT = Script(
    "local known = redis.call('EXISTS', KEYS[3]) local key = KEYS[1 + known] "
    "local count = redis.call('INCR', key) "
    "if count == 1 then redis.call('PEXPIRE', key, ARGV[1]) end "
    "return {count, redis.call('PTTL', key), known}"
)


@contextmanager
def counted(policy: Policy, account: str, origin: Origin = NOWHERE, *, session: str = "") -> Iterator[None]:
    """A guess at what opens an account: the block raises where it was wrong.

    `account` is the name as it was typed, in its canonical form, or the id of who is known already; `session` the
    sid of the session that asks, if one does. Raises `RateLimited` instead of letting the guess be looked at.
    """
    guess = _Guess(policy, account, client=origin.client, known_by=session or origin.known_token)
    guess.count()
    try:
        yield
    except DependencyAway:
        guess.take_back()
        raise
    guess.passed()


def trust(policy: Policy, account: str, origin: Origin) -> None:
    """Make the address a known one: who is there has shown in another way that the account is theirs."""
    _Guess(policy, account, client=origin.client, known_by="").know_pair()


class _Guess:
    """One that is counted among strangers', or as its device's or its pair's own."""

    def __init__(self, policy: Policy, account: str, *, client: str, known_by: str) -> None:
        tag, whose = _digest(policy.name, account), known_by or client
        strangers = Limit(policy, keys.guesses(tag))
        self._own = Limit(policy, keys.guesses(tag, _digest(tag, whose))) if whose else strangers
        self._limit = self._own if known_by else strangers
        self._pair = keys.known_pair(tag, _digest(tag, client)) if client else ""

    def count(self) -> None:
        """Raises `RateLimited` where too many have failed."""
        counters = [self._limit.key, self._own.key, self._pair or self._own.key]
        milliseconds = self._limit.policy.quota[1] * 1000
        (reply,) = _replies(_COUNT.command(keys=counters, args=[milliseconds]))
        if isinstance(reply, list) and reply[2]:
            self._limit = self._own
        self._limit.check(reply)

    def passed(self) -> None:
        self._limit.forget_in_process()
        self.know_pair(("DEL", self._limit.key))

    def know_pair(self, *more: Command) -> None:
        known: list[Command] = [("SET", self._pair, 1, "EX", PAIR_SECONDS)] if self._pair else []
        _replies(*more, *known)

    def take_back(self) -> None:
        """It was neither right nor wrong: something was away."""
        self._limit.take_back()


def _replies(*commands: Command) -> list[Any]:
    try:
        return cache.run(commands)
    except DependencyAway:
        return [None] * len(commands)


def _digest(*parts: str) -> str:
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=12).hexdigest()
