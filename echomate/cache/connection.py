"""Connections to Redis, a round trip over them, and how long a Redis that is away is left alone."""

import hashlib
import logging
import os
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

import hiredis
import redis
from django_redis import get_redis_connection
from django_redis.pool import ConnectionFactory
from redis.exceptions import (
    ClusterDownError,
    InvalidResponse,
    NoScriptError,
    ReadOnlyError,
    RedisClusterException,
    RedisError,
    ResponseError,
    TryAgainError,
)

from echomate import metering
from echomate.cache.clusters import ClusterFactory
from echomate.config import config
from echomate.errors import DependencyAway

if TYPE_CHECKING:
    from redis.cluster import RedisCluster

Command = tuple[Any, ...]

REST_SECONDS = 0.5
READ_BYTES = 65_536
_NOT_YET = object()

AWAY = (RedisError, RedisClusterException, OSError)
"""What the libraries raise where Redis, or a part of a cluster, does not answer."""
FOR_THE_MOMENT = (ClusterDownError, TryAgainError, ReadOnlyError)
"""Replies that refuse no command: a cluster, or who is its master, changes just now."""

logger = logging.getLogger(__name__)


class Script:
    """A Lua script on one key's slot. `command(keys, args)` is what `reach` takes."""

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
_resting_until = 0.0
_idle: deque[Any] = deque()
"""Connections of `reach`, made as django-redis's pool makes its own. A round trip of three reads takes 43 µs of CPU on
them, 89 with the pool's loans, 137 with redis-py's pipeline. A thread holds one at a time, so there are no more of them
than threads."""
os.register_at_fork(after_in_child=lambda: _idle.clear())  # noqa: PLW0108 - `close` gives the name another list


def client() -> "redis.Redis | RedisCluster":
    """The client of REDIS_URL, for what `reach` can't do (pub/sub needs a connection and timeout of its own)."""
    return cast("redis.Redis | RedisCluster", get_redis_connection("feeds"))


def state() -> redis.Redis:
    """The client of REDIS_STATE_URL."""
    return cast("redis.Redis", get_redis_connection("default"))


def close() -> None:
    """Close the connections; the next use makes new ones."""
    global _resting_until, _idle
    with _lock:
        for pool in list(ConnectionFactory._pools.values()):
            pool.disconnect()
        ClusterFactory.close_all()
        idle, _idle = _idle, deque()
        _disconnect(idle)
        _resting_until = 0.0


def reach(commands: Sequence[Command]) -> list[Any]:
    """One round trip, whether or not Redis is trusted: the replies in the commands' order, error replies among them.

    After a failure Redis is left alone for half a second, so that a Redis that hangs doesn't hold every request.
    Raises `DependencyAway`.
    """
    global _resting_until
    if time.monotonic() < _resting_until:
        raise DependencyAway("redis")
    connections = _idle
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
    except AWAY as failure:
        if connections is _idle:  # else they were closed meanwhile, and the next ones may lead elsewhere
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
    if idle is not _idle:  # `close` came meanwhile
        _disconnect(idle)
    return replies


def _disconnect(connections: deque[Any]) -> None:
    while connections:
        with suppress(IndexError):  # another thread has it
            connections.pop().disconnect()


def _converse_at_last(connection: Any, commands: Sequence[Command]) -> list[Any]:
    """Over a new connection where Redis has closed this one meanwhile."""
    try:
        return _converse(connection, commands)
    except (redis.ConnectionError, OSError) as failure:
        connection.disconnect()
        if isinstance(failure, redis.TimeoutError | TimeoutError | BlockingIOError):
            raise
        return _converse(connection, commands)


def _converse(connection: Any, commands: Sequence[Command]) -> list[Any]:
    """redis-py opens the connection and hiredis knows the protocol; redis-py's own way to a reply costs 5 µs each."""
    if connection._sock is None:
        connection.connect()
        _let_the_kernel_time(connection._sock)
    server = connection._sock
    reader = hiredis.Reader(
        protocolError=InvalidResponse,
        replyError=connection._parser.parse_error,
        notEnoughData=_NOT_YET,
    )
    replies: list[Any] = []
    server.sendall(b"".join(map(hiredis.pack_command, commands)))
    while len(replies) < len(commands):
        reply = reader.gets()
        if reply is _NOT_YET:
            received = server.recv(READ_BYTES)
            if not received:
                raise redis.ConnectionError("Redis has closed the connection")
            reader.feed(received)
        elif isinstance(reply, redis.ConnectionError):  # too many clients, say
            raise reply
        elif isinstance(reply, redis.ReadOnlyError):  # a replica now: the next connection asks the sentinels
            raise redis.ConnectionError(str(reply))
        elif not isinstance(reply, hiredis.PushNotification):
            replies.append(reply)
    if reader.has_data():  # the beginning of a message that nobody asked for
        connection.disconnect()
    return replies


def _let_the_kernel_time(server: Any) -> None:
    """Python asks before each call of a socket with a timeout whether it is ready: 2 µs, four times a request."""
    patience = server.gettimeout()
    if patience is None or type(server) is not socket.socket:  # TLS does its own reading
        return
    seconds, microseconds = divmod(round(patience * 1_000_000), 1_000_000)
    server.settimeout(None)
    for direction in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
        server.setsockopt(socket.SOL_SOCKET, direction, struct.pack("@ll", seconds, microseconds))


def _run_on_cluster(commands: Sequence[Command]) -> list[Any]:
    """The same over a cluster, where an MGET of several slots is as many GETs."""
    pipeline = cast("Any", client()).pipeline()
    for command in commands:
        for part in [("GET", key) for key in command[1:]] if command[0] == "MGET" else [command]:
            pipeline.execute_command(*part)
    answers = pipeline.execute(raise_on_error=False)
    for answer in answers:  # a node that hangs is among the replies
        if isinstance(answer, FOR_THE_MOMENT) or (
            isinstance(answer, Exception) and not isinstance(answer, ResponseError)
        ):
            raise answer
    replies = iter(answers)
    return [
        [next(replies) for _ in command[1:]] if command[0] == "MGET" else next(replies)
        for command in commands
    ]


def ping_feeds() -> None:
    """Raises `DependencyAway` where the Redis of REDIS_URL, or a node of the cluster, does not answer."""
    if not config.redis_cluster:
        (reply,) = reach([("PING",)])
        if isinstance(reply, Exception):
            raise DependencyAway("redis", str(reply))
        return
    try:
        cluster = cast("Any", client())
        for node in cluster.get_nodes():  # the cluster's own ping tries again for seconds
            cluster.get_redis_connection(node).ping()
    except AWAY as failure:
        raise DependencyAway("redis") from failure


def ping_state() -> None:
    """Raises `DependencyAway` where the Redis of REDIS_STATE_URL does not answer."""
    try:
        state().ping()
    except (RedisError, OSError) as failure:
        raise DependencyAway("redis-state") from failure
