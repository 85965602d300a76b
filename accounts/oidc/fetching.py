"""HTTP to login providers, who are not trusted: bounded in time and size, never redirected, to safe addresses only."""

import http.client
import io
import logging
import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import orjson

from accounts.oidc.hosts import Place, UnsafeAddress, locate

SECONDS = 3.0
"""For all of it: name, connection, TLS, headers, body."""
MOST_BYTES = 65_536
USER_AGENT = "Echomate"

logger = logging.getLogger(__name__)


class ProviderAway(Exception):
    """No answer that could be used."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    document: dict[str, Any]


def get(url: str) -> dict[str, Any]:
    """The JSON object at a URL. Raises `ProviderAway`."""
    answer = _fetch(url, "GET", None, {})
    if answer.status != http.client.OK:
        raise ProviderAway(f"status {answer.status}")
    return answer.document


def post(url: str, form: str, headers: Mapping[str, str]) -> Answer:
    """The JSON object that answers a form, with whatever status below 500. Raises `ProviderAway`."""
    form_headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return _fetch(url, "POST", form.encode(), {**form_headers, **headers})


def _fetch(url: str, method: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
    end = time.monotonic() + SECONDS
    try:
        place = locate(url, seconds=SECONDS)
        status, content = _converse(place, method, body, headers, end)
        document = orjson.loads(content) if status < http.client.INTERNAL_SERVER_ERROR else None
    except (OSError, http.client.HTTPException, orjson.JSONDecodeError, UnsafeAddress) as error:
        logger.warning("login provider at %s: %s: %s", _host(url), type(error).__name__, error)
        raise ProviderAway(type(error).__name__) from error
    if not isinstance(document, dict) or http.client.MULTIPLE_CHOICES <= status < http.client.BAD_REQUEST:
        logger.warning("login provider at %s: no JSON object, status %d", _host(url), status)
        raise ProviderAway(f"status {status}")
    return Answer(status, document)


def _host(url: str) -> str:
    """As much of a URL as a log may hold."""
    return url.partition("://")[2].partition("/")[0][:100]


def _converse(
    place: Place, method: str, body: bytes | None, headers: Mapping[str, str], end: float
) -> tuple[int, bytes]:
    common = {"Host": place.netloc, "Accept": "application/json", "User-Agent": USER_AGENT}
    connection = _Pinned(place, end)
    try:
        connection.request(method, place.target, body=body, headers={**common, **headers})
        timed = cast("socket.socket", _Timed(connection.sock, end))
        response = http.client.HTTPResponse(timed, method=method)
        response.begin()
        content = response.read(MOST_BYTES + 1)
    finally:
        connection.close()
    if len(content) > MOST_BYTES:
        raise http.client.HTTPException("too large")
    return response.status, content


class _Pinned(http.client.HTTPConnection):
    """To the addresses that were looked at; the certificate is that of the name."""

    def __init__(self, place: Place, end: float) -> None:
        super().__init__(place.host, place.port)
        self.place, self.end = place, end

    def connect(self) -> None:
        self.sock = self._first_that_answers()
        if self.place.is_secure:
            self.sock.settimeout(_left(self.end))
            self.sock = _tls().wrap_socket(self.sock, server_hostname=self.place.host)
        self.sock.settimeout(_left(self.end))

    def _first_that_answers(self) -> socket.socket:
        *others, last = self.place.addresses
        for address in others:
            with suppress(OSError):
                return socket.create_connection((address, self.place.port), timeout=_left(self.end) / 2)
        return socket.create_connection((last, self.place.port), timeout=_left(self.end))


class _Timed:
    """A socket read under one deadline, however little comes at a time."""

    def __init__(self, connected: socket.socket, end: float) -> None:
        self._reader = _TimedReader(connected, end)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(self._reader)


class _TimedReader(io.RawIOBase):
    def __init__(self, connected: socket.socket, end: float) -> None:
        super().__init__()
        self._socket, self._end = connected, end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._socket.settimeout(_left(self._end))
        return self._socket.recv_into(buffer)


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError("too slow")
    return left


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
