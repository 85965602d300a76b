"""Redis: round trips of commands, and values, sets and hash fields that readers fill by lease.

What is here can be rebuilt from the table. A writer deletes (`forget`), and the projector does so again; a reader that
finds nothing puts a number of its own in the place, reads the table and fills only where that number still stands. So
no old value survives a write, a flush or an eviction.
"""

import hashlib
import logging
import os
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

import hiredis
import redis
from redis.backoff import NoBackoff
from redis.cluster import RedisCluster
from redis.exceptions import NoScriptError, RedisError, ResponseError
from redis.retry import Retry

from echomate import metering
from echomate.config import config
from echomate.errors import DependencyAway

Command = tuple[Any, ...]
K = TypeVar("K")
V = TypeVar("V")

CONNECT_SECONDS = 0.25
ANSWER_SECONDS = 0.5
POOL_SIZE = 64
REST_SECONDS = 0.5
LEASE_SECONDS = 5
ABSENT = b"-"
COMPLETE = 1
SET_PART = 5000

logger = logging.getLogger(__name__)


class Script:
    """A Lua script on one key's slot. `command(keys, args)` is what `run` takes."""

    _known: dict[str, str] = {}

    def __init__(self, source: str) -> None:
        self.source = source
        self.sha = hashlib.sha1(source.encode()).hexdigest()  # noqa: S324 - Redis names scripts by SHA-1
        Script._known[self.sha] = source

    def command(self, *, keys: Sequence[str], args: Sequence[Any] = ()) -> Command:
        return ("EVALSHA", self.sha, len(keys), *keys, *args)

    @staticmethod
    def spelled_out(command: Command) -> Command:
        """The same call with its source, for a Redis that doesn't know the script (yet, or any more)."""
        return ("EVAL", Script._known[command[1]], *command[2:])


_lock = threading.Lock()
_client: "redis.Redis | RedisCluster | None" = None
_state: "redis.Redis | None" = None
_resting_until = 0.0
_idle: deque[Any] = deque()
"""Connections of `run`, which is spared what redis-py's pool does for each loan: 25 µs of CPU. A thread holds one at a
time, so there are no more of them than threads."""
os.register_at_fork(after_in_child=lambda: _idle.clear())  # noqa: PLW0108 - `close` gives the name another list


def _connection_options() -> dict[str, Any]:
    return {
        "socket_connect_timeout": CONNECT_SECONDS,
        "socket_timeout": ANSWER_SECONDS,
        "max_connections": POOL_SIZE,
        "retry": Retry(NoBackoff(), 0),
    }


def client() -> "redis.Redis | RedisCluster":
    """The client of REDIS_URL, for what `run` can't do (pub/sub needs a connection and timeout of its own)."""
    global _client
    if _client is None:
        with _lock:
            if _client is None:
                kind = RedisCluster if config.redis_cluster else redis.Redis
                _client = kind.from_url(config.redis_url, **_connection_options())
    return _client


def state() -> redis.Redis:
    """The client of REDIS_STATE_URL."""
    global _state
    if _state is None:
        with _lock:
            if _state is None:
                _state = redis.Redis.from_url(config.redis_state_url, **_connection_options())
    return _state


def close() -> None:
    """Forget the clients and their connections; the next use makes new ones."""
    global _client, _state, _resting_until, _idle
    with _lock:
        for one in (_client, _state):
            if one is not None:
                one.close()
        for connection in _idle:
            connection.disconnect()
        _idle = deque()
        _client = _state = None
        _resting_until = 0.0


def run(commands: Sequence[Command]) -> list[Any]:
    """One round trip: the replies in the commands' order, an error reply as an exception among them.

    After a failure Redis is left alone for half a second, so that a Redis that hangs doesn't hold every request.
    Raises `DependencyAway`.
    """
    global _resting_until
    if not commands:
        return []
    if time.monotonic() < _resting_until:
        raise DependencyAway("redis")
    if metering.is_metering():
        metering.saw_redis([str(command[0]) for command in commands])
    try:
        replies = _run_on_cluster(commands) if config.redis_cluster else _run_on_one(commands)
        unknown = [n for n, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
        if unknown:
            spelled = [Script.spelled_out(commands[n]) for n in unknown]
            again = _run_on_cluster(spelled) if config.redis_cluster else _run_on_one(spelled)
            for n, reply in zip(unknown, again, strict=True):
                replies[n] = reply
        return replies
    except (RedisError, OSError) as failure:
        _resting_until = time.monotonic() + REST_SECONDS
        logger.warning("redis is away: %s", failure)
        raise DependencyAway("redis") from failure


def _run_on_one(commands: Sequence[Command]) -> list[Any]:
    idle = _idle
    try:
        connection = idle.pop()
    except IndexError:
        pool = cast("redis.Redis", client()).connection_pool
        connection = pool.connection_class(**pool.connection_kwargs)
    try:
        replies = _converse_at_last(connection, commands)
    except BaseException:
        connection.disconnect()
        raise
    idle.append(connection)
    return replies


def _converse_at_last(connection: Any, commands: Sequence[Command]) -> list[Any]:
    """Over a new connection where Redis has closed this one meanwhile."""
    try:
        return _converse(connection, commands)
    except (redis.ConnectionError, OSError) as failure:
        connection.disconnect()
        if isinstance(failure, redis.TimeoutError | TimeoutError):
            raise
        return _converse(connection, commands)


def _converse(connection: Any, commands: Sequence[Command]) -> list[Any]:
    connection.connect()
    connection.send_packed_command([b"".join(map(hiredis.pack_command, commands))])
    return [_reply(connection) for _ in commands]


def _reply(connection: Any) -> Any:
    try:
        return connection.read_response()
    except ResponseError as error:
        return error


def _run_on_cluster(commands: Sequence[Command]) -> list[Any]:
    """The same over a cluster, where an MGET of several slots is as many GETs."""
    pipeline = cast("Any", client()).pipeline()
    for command in commands:
        for part in [("GET", key) for key in command[1:]] if command[0] == "MGET" else [command]:
            pipeline.execute_command(*part)
    replies = iter(pipeline.execute(raise_on_error=False))
    return [
        [next(replies) for _ in command[1:]] if command[0] == "MGET" else next(replies)
        for command in commands
    ]


def ask(*commands: Command) -> list[Any]:
    """Like `run`, with an error reply raised: for callers that have nothing to do with half an answer."""
    replies = run(commands)
    for reply in replies:
        if isinstance(reply, ResponseError):
            raise reply
    return replies


def forget(*keys: str) -> None:
    """Delete keys after a write. Redis away means no harm: the projector deletes them again when it is back."""
    forget_parts([("DEL", key) for key in keys])


def forget_parts(commands: Sequence[Command]) -> None:
    """The same for other deletions (HDEL, SREM), in one round trip."""
    try:
        run(commands)
    except DependencyAway:
        logger.info("cached keys stay until the projector deletes them")


# --- values -----------------------------------------------------------------------------------------------------------

_FILL_VALUE = Script(
    "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3]) return 1 end "
    "return 0"
)


def new_lease() -> int:
    """The number of a reader's own."""
    return secrets.randbelow(2**52) + 2


def known(value: bytes | None) -> bool:
    """Whether a reply of GET is a value (an absence that is remembered included), not nothing or a lease."""
    return value is not None and not value.startswith(b"~")


class Leases:
    """Leases on values: `take` before the table is read, `fill` after it. All methods are a round trip each."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        self.mark = b"~%d" % new_lease()
        self.held: set[str] = set()

    def take(self, keys: Sequence[str]) -> None:
        """Put this reader's number in each empty place."""
        replies = run([("SET", key, self.mark, "NX", "EX", LEASE_SECONDS) for key in keys])
        self.held.update(key for key, reply in zip(keys, replies, strict=True) if reply == b"OK")

    def fill(self, values: Mapping[str, bytes]) -> None:
        """Put values where this reader's number still stands."""
        run(
            [
                _FILL_VALUE.command(keys=[key], args=[self.mark, value, self.seconds])
                for key, value in values.items()
                if key in self.held
            ]
        )


def read_through(
    wanted: Mapping[K, str],
    load: Callable[[list[K]], Mapping[K, bytes]],
    *,
    seconds: int,
    found: Mapping[K, bytes | None] | None = None,
) -> dict[K, bytes | None]:
    """Values by the name the caller knows them by; `wanted` gives each one's Redis key.

    `load` reads the table for the names that Redis doesn't know; what it leaves out is remembered as absent. `found`
    holds replies that the caller has already. Redis away: all come from the table. None: there is no such thing.
    """
    replies: dict[K, bytes | None]
    try:
        replies = dict(found) if found is not None else _get(wanted)
    except DependencyAway:
        return _loaded(wanted, load, list(wanted))
    missing = [name for name in wanted if not known(replies.get(name))]
    if missing:
        replies.update(_fill(wanted, load, missing, seconds))
    return {name: None if (value := replies.get(name)) == ABSENT else value for name in wanted}


def _get(wanted: Mapping[K, str]) -> dict[K, bytes | None]:
    (replies,) = ask(("MGET", *wanted.values())) if wanted else [[]]
    return dict(zip(wanted, replies, strict=True))


def _loaded(
    wanted: Mapping[K, str], load: Callable[[list[K]], Mapping[K, bytes]], names: list[K]
) -> dict[K, bytes | None]:
    values = load(names)
    return {name: values.get(name) for name in names}


def _fill(
    wanted: Mapping[K, str], load: Callable[[list[K]], Mapping[K, bytes]], names: list[K], seconds: int
) -> dict[K, bytes | None]:
    leases = Leases(seconds)
    try:
        leases.take([wanted[name] for name in names])
    except DependencyAway:
        return _loaded(wanted, load, names)
    values = _loaded(wanted, load, names)
    try:
        leases.fill({wanted[name]: ABSENT if value is None else value for name, value in values.items()})
    except DependencyAway:
        logger.info("values that were read stay unfilled")
    return values


# --- sets of ids ------------------------------------------------------------------------------------------------------

_LEASE_SET = Script(
    "if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end "
    "redis.call('SADD', KEYS[1], ARGV[1]) redis.call('EXPIRE', KEYS[1], ARGV[2]) return 1"
)
_FILL_SET = Script(
    "if redis.call('SISMEMBER', KEYS[1], ARGV[1]) == 0 then return 0 end "
    "if #ARGV > 3 then redis.call('SADD', KEYS[1], unpack(ARGV, 4)) end "
    "if ARGV[2] == '1' then redis.call('SREM', KEYS[1], ARGV[1]) redis.call('SADD', KEYS[1], 1) end "
    "redis.call('EXPIRE', KEYS[1], ARGV[3]) return 1"
)


def set_contains(key: str, members: Sequence[int]) -> Command:
    """The command whose reply `membership` reads: whether the set is complete, and which members it has."""
    return ("SMISMEMBER", key, COMPLETE, *members)


def membership(reply: Any, members: Sequence[int]) -> set[int] | None:
    """Which of the members a set holds; None where the set isn't complete and the table has to be asked."""
    if not isinstance(reply, list) or not reply[0]:
        return None
    return {member for member, holds in zip(members, reply[1:], strict=True) if holds}


def fill_set(key: str, load: Callable[[], Iterable[int]], *, seconds: int) -> set[int]:
    """Read a whole set from the table and leave it in Redis, if nobody else is at it."""
    lease = -new_lease()
    try:
        (leased,) = ask(_LEASE_SET.command(keys=[key], args=[lease, LEASE_SECONDS]))
    except DependencyAway:
        leased = 0
    members = set(load())
    if leased:
        try:
            _put_set(key, lease, sorted(members), seconds)
        except DependencyAway:
            logger.info("a set that was read stays unfilled")
    return members


def _put_set(key: str, lease: int, members: list[int], seconds: int) -> None:
    parts = [members[start : start + SET_PART] for start in range(0, len(members), SET_PART)] or [[]]
    for number, part in enumerate(parts, 1):
        last = number == len(parts)
        args = [lease, int(last), seconds if last else LEASE_SECONDS, *part]
        (stands,) = ask(_FILL_SET.command(keys=[key], args=args))
        if not stands:
            return


# --- fields of a hash -------------------------------------------------------------------------------------------------

_LEASE_FIELDS = Script(
    "local now = redis.call('TIME')[1] local taken = {} "
    "for n = 2, #ARGV do local value = redis.call('HGET', KEYS[1], ARGV[n]) "
    "if not value or (string.sub(value, 1, 1) == '~' and now - string.match(value, ':(%d+)$') >= 5) then "
    "redis.call('HSET', KEYS[1], ARGV[n], ARGV[1] .. ':' .. now) taken[#taken + 1] = ARGV[n] end end "
    "return taken"
)
_FILL_FIELDS = Script(
    "for n = 3, #ARGV, 2 do local value = redis.call('HGET', KEYS[1], ARGV[n]) "
    "if value and string.sub(value, 1, #ARGV[1] + 1) == ARGV[1] .. ':' then "
    "redis.call('HSET', KEYS[1], ARGV[n], ARGV[n + 1]) end end "
    "if redis.call('TTL', KEYS[1]) == -1 then redis.call('EXPIRE', KEYS[1], ARGV[2]) end return 1"
)


def read_fields(
    key: str,
    fields: Sequence[int],
    load: Callable[[list[int]], Mapping[int, bytes]],
    *,
    seconds: int,
    found: Sequence[bytes | None] | None = None,
) -> dict[int, bytes]:
    """Fields of a hash, those it lacks read by `load` (which answers each) and filled by lease; `found`: an HMGET."""
    if not fields:
        return {}
    try:
        replies = found if found is not None else ask(("HMGET", key, *fields))[0]
    except DependencyAway:
        return dict(load(list(fields)))
    values = {f: v for f, v in zip(fields, replies, strict=True) if v is not None and not v.startswith(b"~")}
    missing = [field for field in fields if field not in values]
    if missing:
        values.update(_fill_fields(key, missing, load, seconds))
    return values


def _fill_fields(
    key: str, fields: list[int], load: Callable[[list[int]], Mapping[int, bytes]], seconds: int
) -> Mapping[int, bytes]:
    mark = f"~{new_lease()}"
    try:
        (taken,) = ask(_LEASE_FIELDS.command(keys=[key], args=[mark, *fields]))
    except DependencyAway:
        return load(fields)
    values = load(fields)
    pairs = [part for field in taken for part in (field, values[int(field)])]
    try:
        ask(_FILL_FIELDS.command(keys=[key], args=[mark, seconds, *pairs]))
    except DependencyAway:
        logger.info("fields that were read stay unfilled")
    return values


# --- what an app declares ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CachedValues(Generic[V]):
    """A kind of value cached by id: its Redis key, how misses are read (many at once), and what the bytes mean.

    `load` leaves out what doesn't exist. Views that join several kinds in one round trip take `key` and give the
    replies back as `found`.
    """

    key: Callable[[int], str]
    load: Callable[[list[int]], Mapping[int, bytes]]
    parse: Callable[[bytes], V]
    seconds: int

    def get(self, ids: Iterable[int], *, found: Mapping[int, bytes | None] | None = None) -> dict[int, V]:
        """The values that exist, by id."""
        wanted = {id_: self.key(id_) for id_ in ids}
        values = read_through(wanted, self.load, seconds=self.seconds, found=found)
        return {id_: self.parse(value) for id_, value in values.items() if value is not None}

    def one(self, id_: int, *, found: bytes | None = None) -> V | None:
        return self.get([id_], found={id_: found} if found is not None else None).get(id_)


@dataclass(frozen=True, slots=True)
class CachedSet:
    """A set of ids of an owner (whom a user follows, who is blocked either way), filled whole."""

    key: Callable[[int], str]
    load: Callable[[int], Iterable[int]]
    seconds: int

    def command(self, owner: int, members: Sequence[int]) -> Command:
        """The command whose reply `among` takes."""
        return set_contains(self.key(owner), members)

    def among(self, owner: int, members: Sequence[int], *, reply: Any = None) -> set[int]:
        """Which of the members the owner's set holds."""
        if not members:
            return set()
        if reply is None:
            try:
                (reply,) = run([self.command(owner, members)])
            except DependencyAway:
                return set(members) & set(self.load(owner))
        held = membership(reply, members)
        if held is not None:
            return held
        return set(members) & fill_set(self.key(owner), lambda: self.load(owner), seconds=self.seconds)


def ping_state() -> None:
    """Raises `DependencyAway` where the Redis of REDIS_STATE_URL does not answer."""
    try:
        state().ping()
    except (RedisError, OSError) as failure:
        raise DependencyAway("redis-state") from failure
