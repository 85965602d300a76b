"""What Redis may answer on a connection that is kept: from a replica, nonsense, and more than was asked for."""

import socket
from collections import deque
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from redis._parsers.base import BaseParser
from redis.exceptions import ClusterDownError, ReadOnlyError, ResponseError, TryAgainError

from echomate import cache
from echomate.cache import connection, debts
from echomate.errors import DependencyAway
from echomate.testing.configuration import configured

pytestmark = pytest.mark.pure

READONLY = b"-READONLY You can't write against a read only replica.\r\n"
SET = ("SET", "a", "1")


class Scripted:
    """A connection of redis-py's; each time that it is opened the next answer waits on it."""

    def __init__(self, *answers: bytes) -> None:
        self._answers = deque(answers)
        self._parser = SimpleNamespace(parse_error=BaseParser.parse_error)
        self._sock: socket.socket | None = None
        self._peer: socket.socket | None = None
        self.opened = 0

    def connect(self) -> None:
        self.opened += 1
        self._sock, self._peer = socket.socketpair()
        self._sock.settimeout(30)
        self.say(self._answers.popleft())

    def say(self, answer: bytes) -> None:
        assert self._peer
        self._peer.sendall(answer)

    def disconnect(self) -> None:
        for end in (self._sock, self._peer):
            if end:
                end.close()
        self._sock = self._peer = None

    @property
    def is_kept(self) -> bool:
        return self in connection._idle and self._sock is not None


Script = Callable[..., Scripted]


@pytest.fixture
def redis(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    """`redis(b"+OK…", …)`: what is asked next is answered so, on a connection that isn't open yet."""
    made = list[Scripted]()

    def script(*answers: bytes) -> Scripted:
        scripted = Scripted(*answers)
        made.append(scripted)
        monkeypatch.setattr(connection, "_idle", deque([scripted]))
        monkeypatch.setattr(connection, "_resting_until", 0.0)
        return scripted

    yield script
    for scripted in made:
        scripted.disconnect()


def test_a_write_that_a_replica_refuses_goes_to_whom_a_new_connection_finds(redis: Script) -> None:
    scripted = redis(READONLY, b"+OK\r\n")
    assert cache.reach([SET]) == [b"OK"]
    assert scripted.opened == 2
    assert scripted.is_kept


def test_where_there_are_only_replicas_redis_is_away_and_no_connection_to_them_is_kept(redis: Script) -> None:
    """So the writer owes its deletions, and the next try asks the sentinels again."""
    scripted = redis(READONLY, READONLY)
    with pytest.raises(DependencyAway):
        cache.reach([SET])
    assert not connection._idle
    assert not scripted.is_kept


def test_a_reply_that_is_none_ends_the_connection_and_is_not_asked_for_again(redis: Script) -> None:
    scripted = redis(b"+OK\r\n")
    assert cache.reach([SET]) == [b"OK"]
    scripted.say(b"@nonsense\r\n")
    with pytest.raises(DependencyAway):
        cache.reach([SET])
    assert not connection._idle
    assert scripted.opened == 1


def test_half_a_message_behind_the_replies_ends_the_connection_but_spoils_no_reply(redis: Script) -> None:
    """Its other half would be taken for the reply to the next command."""
    scripted = redis(b"+OK\r\n>2\r\n$10\r\ninvali", b"+OK again\r\n")
    assert cache.reach([SET]) == [b"OK"]
    assert not scripted.is_kept
    assert cache.reach([SET]) == [b"OK again"]
    assert scripted.opened == 2


def test_a_whole_message_that_nobody_asked_for_is_no_reply(redis: Script) -> None:
    scripted = redis(b">2\r\n$10\r\ninvalidate\r\n$1\r\na\r\n+OK\r\n")
    assert cache.reach([SET]) == [b"OK"]
    scripted.say(b">1\r\n+invalidate\r\n+OK\r\n$1\r\n1\r\n")
    assert cache.reach([SET, ("GET", "a")]) == [b"OK", b"1"]
    assert scripted.opened == 1
    assert scripted.is_kept


@pytest.mark.parametrize("reply", [ClusterDownError, ReadOnlyError, TryAgainError])
def test_a_cluster_that_changes_just_now_is_away_and_refuses_nothing(
    reply: type[ResponseError], monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = SimpleNamespace(
        execute_command=lambda *_: None, execute=lambda **_: [reply("for the moment"), b"OK"]
    )
    monkeypatch.setattr(connection, "client", lambda: SimpleNamespace(pipeline=lambda: pipeline))
    monkeypatch.setattr(connection, "_resting_until", 0.0)
    with configured(redis_cluster=True), pytest.raises(DependencyAway):
        cache.reach([SET, SET])


@pytest.mark.parametrize("reply", [ClusterDownError, ReadOnlyError, TryAgainError, ResponseError])
def test_only_a_redis_that_refuses_to_be_emptied_is_in_the_log(
    reply: type[ResponseError], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def flush() -> None:
        raise reply("no")

    monkeypatch.setattr(debts, "_flush", flush)
    assert not debts.Watch()._pay({debts.EVERYTHING: "token"})
    assert [record.levelname for record in caplog.records] == ["ERROR"] * (reply is ResponseError)
