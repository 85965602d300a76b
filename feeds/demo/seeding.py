"""Writes a demo's world: accounts one by one, since names are claimed, the rest in bulk; what is there stays."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import TypeVar

from django.core.management.base import OutputWrapper

from accounts.selectors import ids_of
from accounts.services import NewAccount, create_account, hash_of
from echomate.config import config
from echomate.errors import Conflict
from echomate.stream import leases, wake
from feeds.demo.cast import LOGIN, Character, moment_of
from feeds.demo.progress import Progress
from feeds.demo.world import World
from posts.comments.services import import_comments
from posts.services import import_likes, import_posts
from social.services import import_follows

PASSWORD = "echoes-of-2026"  # noqa: S105 - of accounts that anybody may use; production refuses to have them
MINUTE = 60_000
AT_ONCE = 500
PATIENCE_SECONDS = 10.0

T = TypeVar("T")


class NotOurs(Exception):
    """A name of the demo belongs to somebody else."""


def seed(*, users: int, posts: int, output: OutputWrapper) -> int:
    """Write what is missing; how many items that were. Raises `NotOurs`, `DependencyAway`."""
    world = World(users=users, posts=posts, moment=_moment())
    added = _write_people(world.people, Progress(output, "people", users))
    added += _write(world.posts, import_posts, Progress(output, "posts", posts))
    added += _write(world.follows, import_follows, Progress(output, "follows", len(world.follows)))
    likes, comments = list(world.likes()), list(world.comments())
    added += _write(likes, import_likes, Progress(output, "likes", len(likes)))
    return added + _write(comments, import_comments, Progress(output, "comments", len(comments)))


def _moment() -> int:
    """The demo's moment: that of its first account, else now."""
    found = ids_of([LOGIN]).get(LOGIN)
    if found is None:
        return time.time_ns() // 1_000_000 // MINUTE * MINUTE
    moment = moment_of(found)
    if moment is None:
        raise NotOurs(f"the account {LOGIN} is somebody's own")
    return moment


def _write_people(people: list[Character], progress: Progress) -> int:
    known = ids_of([one.username for one in people])
    foreign = [one.username for one in people if known.get(one.username, one.id) != one.id]
    if foreign:
        raise NotOurs(f"accounts of these names are somebody's own: {', '.join(foreign)}")
    password_hash = hash_of(PASSWORD)
    missing = [one for one in people if one.username not in known]
    progress.advance(len(known))
    for one in missing:
        with suppress(Conflict):  # it is there, and suspended
            create_account(_account(one), password_hash=password_hash)
        progress.advance(1)
    progress.finish()
    return len(missing)


def _account(one: Character) -> NewAccount:
    return NewAccount(
        id=one.id,
        username=one.username,
        email=f"{one.username}@demo.example",
        email_verified=True,
        full_name=one.full_name,
        bio=one.bio,
        location=one.location,
    )


def _write(facts: Iterable[T], write: Callable[[list[T]], int], progress: Progress) -> int:
    added = 0
    for part in _parts(facts):
        added += write(part)
        wake.wake()
        progress.advance(len(part))
    progress.finish()
    return added


def _parts(facts: Iterable[T]) -> Iterator[list[T]]:
    left = iter(facts)
    while part := list(islice(left, AT_ONCE)):
        yield part


def wait_for_projector(*, since: float, output: OutputWrapper) -> bool:
    """Wait until all that was written since a moment has had its effects. False: no projector is running."""
    moment = time.time()
    alone_since: float | None = None
    progress = Progress(output, "projector", 100)
    while True:
        found = [lease for lease in leases.read_all() if lease.shard and not lease.is_done]
        passed = min((lease.passed for lease in found), default=0.0)
        if passed >= moment:
            progress.finish()
            return True
        progress.reach(int(100 * max(0.0, passed - since) / (moment - since)))
        is_alone = all(lease.is_free(time.time()) for lease in found)
        alone_since = (alone_since or time.monotonic()) if is_alone else None
        if alone_since and time.monotonic() - alone_since > PATIENCE_SECONDS + config.lease_seconds:
            return False
        wake.wake()
        time.sleep(0.2)
