"""POSTs over HTTP/1.1 connections that are kept alive: what DynamoDB's JSON protocol needs, and no more.

urllib3 and http.client spend 200 µs of CPU on a call, this 45.
"""

import re
import select
import socket
import ssl
from collections import deque
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

PIECE = 65_536
LARGEST_HEAD = 65_536

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)[ \t]*\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[ \t]*chunked[ \t]*\r\n", re.IGNORECASE)
_CLOSES = re.compile(rb"\r\nconnection:[ \t]*close[ \t]*\r\n", re.IGNORECASE)


class BrokenAnswer(OSError):
    """The connection ended amid an answer, or what came isn't an answer of HTTP/1.1."""


class Answer(NamedTuple):
    status: int
    body: bytes


class Connections:
    """Connections to one service. A thread holds one at a time, so there are no more of them than threads."""

    def __init__(self, url: str, *, connect_seconds: float) -> None:
        parts = urlsplit(url)
        self.host = parts.netloc
        self._address = (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._connect_seconds = connect_seconds
        self._idle: deque[socket.socket] = deque()

    def post(self, headers: Mapping[str, str], body: bytes, *, timeout: float) -> Answer:
        """Raises `OSError`. `timeout` is for connecting, and for each silence of the service."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"POST / HTTP/1.1\r\n{lines}Content-Length: {len(body)}\r\n\r\n".encode("ascii")
        connection = self._connection(timeout)
        try:
            connection.settimeout(timeout)
            connection.sendall(head + body)
            answer, stays = _receive(connection)
        except BaseException:
            connection.close()
            raise
        if stays:
            self._idle.append(connection)
        else:
            connection.close()
        return answer

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _connection(self, timeout: float) -> socket.socket:
        """One that is idle and that the service hasn't closed meanwhile, else a new one."""
        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:  # another thread was faster
                break
            if not _is_readable(connection):
                return connection
            connection.close()
        return self._connect(min(timeout, self._connect_seconds))

    def _connect(self, timeout: float) -> socket.socket:
        connection = socket.create_connection(self._address, timeout=timeout)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._tls is None:
            return connection
        return self._tls.wrap_socket(connection, server_hostname=self._address[0])


def _is_readable(connection: socket.socket) -> bool:
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(0))


def _receive(connection: socket.socket) -> tuple[Answer, bool]:
    """An answer, and whether the connection stays open after it."""
    incoming = _Incoming(connection)
    head = incoming.until(b"\r\n\r\n") + b"\r\n"
    if not head.startswith(b"HTTP/1.1 "):
        raise BrokenAnswer("not an answer of HTTP/1.1")
    if length := _LENGTH.search(head):
        body = incoming.exactly(int(length[1]))
    elif _CHUNKED.search(head):
        body = b"".join(_chunks(incoming))
    else:
        raise BrokenAnswer("an answer without its length")
    return Answer(int(head[9:12]), body), not incoming.rest and _CLOSES.search(head) is None


def _chunks(incoming: "_Incoming") -> Iterator[bytes]:
    """The parts of a body whose length wasn't known at its beginning (DynamoDB Local: from 64 KB on)."""
    while size := _size(incoming.until(b"\r\n")):
        yield incoming.exactly(size)
        incoming.until(b"\r\n")
    while incoming.until(b"\r\n"):
        """Lines after the body say nothing that is needed."""


def _size(line: bytes) -> int:
    try:
        return int(line.partition(b";")[0], 16)
    except ValueError as error:
        raise BrokenAnswer("a chunk without its size") from error


class _Incoming:
    """What a connection brings, a piece at a time; `rest` has been read and not yet taken."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.rest = b""

    def until(self, end: bytes) -> bytes:
        """All before an end that comes soon, which is taken too."""
        while (at := self.rest.find(end)) < 0:
            if len(self.rest) > LARGEST_HEAD:
                raise BrokenAnswer("an answer's head has no end")
            self.rest += self._piece()
        taken, self.rest = self.rest[:at], self.rest[at + len(end) :]
        return taken

    def exactly(self, size: int) -> bytes:
        pieces, missing = [self.rest], size - len(self.rest)
        while missing > 0:
            pieces.append(self._piece())
            missing -= len(pieces[-1])
        whole = b"".join(pieces)
        self.rest = whole[size:]
        return whole[:size]

    def _piece(self) -> bytes:
        piece = self.connection.recv(PIECE)
        if not piece:
            raise BrokenAnswer("the connection ended amid an answer")
        return piece
