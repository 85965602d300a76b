"""POSTs to a JSON service of AWS, signed by its version 4, over connections that are kept.

Written out because each write waits for them: 60 µs of CPU a round trip, where botocore's signer and urllib3 take 600
(Python 3.11, two cores).
"""

import hashlib
import hmac
import select
import socket
import ssl
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import urlsplit

from botocore.credentials import Credentials

from echomate.credentials import signing_key

LINE_AT_MOST = PART_BYTES = 65_536
QUIET_SECONDS = 60


class Answer(NamedTuple):
    status: int
    body: bytes


class Service:
    """A service at a URL and the connections to it, for one process and all its threads."""

    def __init__(self, url: str, *, name: str, region: str, credentials: Credentials) -> None:
        parts = urlsplit(url)
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._address = (parts.hostname or "", parts.port or (443 if self._tls else 80))
        self._host = parts.netloc
        self._name = name
        self._region = region
        self._credentials = credentials
        self._is_closed = False
        self._idle: deque[_Connection] = deque()  # a thread holds one at a time: no more of them than threads

    def post(self, target: str, body: bytes, *, connect_seconds: float, read_seconds: float) -> Answer:
        """Raises `OSError`; then the service may have done all the same what it was asked.

        A kept connection that turns out to be closed is replaced at once, and the request sent again. All of it takes
        no longer than both times together, but for the look at the service's address.
        """
        request = self.request(target, body)
        end = time.monotonic() + connect_seconds + read_seconds
        while kept := self._kept():
            try:
                return self._ask(kept, request, min(end, time.monotonic() + read_seconds))
            except TimeoutError:  # the others may lead nowhere, too
                self._forget_kept()
                raise
            except (ConnectionError, ssl.SSLError):
                pass
        connection = _Connection(self._address, self._tls, min(end, time.monotonic() + connect_seconds))
        return self._ask(connection, request, min(end, time.monotonic() + read_seconds))

    def _kept(self) -> "_Connection | None":
        """A connection on which nothing has come since its last answer: neither its end, nor what nobody asked for."""
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return None
            if connection.is_quiet:
                return connection
            connection.close()

    def _ask(self, connection: "_Connection", request: bytes, end: float) -> Answer:
        try:
            answer = connection.ask(request, end)
        except BaseException:
            connection.close()
            raise
        if not connection.stays:
            connection.close()
            return answer
        self._idle.append(connection)
        if self._is_closed:  # meanwhile, by another thread
            self.close()
        return answer

    def request(self, target: str, body: bytes) -> bytes:
        """The signed request as it is sent."""
        keys = self._credentials.get_frozen_credentials()
        moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        scope = f"{moment[:8]}/{self._region}/{self._name}/aws4_request"
        signed = {
            "content-type": "application/x-amz-json-1.0",
            "host": self._host,
            "x-amz-date": moment,
            **({"x-amz-security-token": keys.token} if keys.token else {}),
            "x-amz-target": target,
        }
        headers = [f"{name}:{value}" for name, value in signed.items()]
        names = ";".join(signed)
        canonical = "\n".join(["POST", "/", "", *headers, "", names, hashlib.sha256(body).hexdigest()])
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        to_sign = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{digest}"
        key = signing_key(keys.secret_key, moment[:8], self._region, self._name)
        signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
        credential = f"Credential={keys.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
        head = [
            "POST / HTTP/1.1",
            *headers,
            f"authorization:AWS4-HMAC-SHA256 {credential}",
            f"content-length:{len(body)}",
        ]
        return "\r\n".join([*head, "", ""]).encode() + body

    def close(self) -> None:
        """Calls that are being made may end; then their connections are closed, too."""
        self._is_closed = True
        self._forget_kept()

    def _forget_kept(self) -> None:
        while self._idle:
            with suppress(IndexError):  # another thread has it
                self._idle.pop().close()


class _Connection:
    """`stays` says whether it may be used again after an answer. Moments are by the monotonic clock."""

    def __init__(self, address: tuple[str, int], tls: ssl.SSLContext | None, end: float) -> None:
        self._socket = socket.create_connection(address, timeout=_left(end))
        try:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if tls is not None:
                self._socket.settimeout(_left(end))
                self._socket = tls.wrap_socket(self._socket, server_hostname=address[0])
        except BaseException:
            self._socket.close()
            raise
        self._arrivals = select.poll()
        self._arrivals.register(self._socket, select.POLLIN)
        self._end = end
        self._received = b""
        self._answered_at = 0.0
        self.stays = True

    @property
    def is_quiet(self) -> bool:
        """Also not for long: what forwards it may have forgotten it without a word."""
        return time.monotonic() - self._answered_at < QUIET_SECONDS and not self._arrivals.poll(0)

    def ask(self, request: bytes, end: float) -> Answer:
        self._end = end
        self._socket.settimeout(_left(end))
        self._socket.sendall(request)
        try:
            answer = self._answer()
        except ValueError as error:  # no number where HTTP has one
            raise ConnectionError("that is no answer of HTTP") from error
        if self._received:
            raise ConnectionError("more than an answer came")
        self._answered_at = time.monotonic()
        return answer

    def _answer(self) -> Answer:
        status = int(self._line()[9:12])  # HTTP/1.1 200 OK
        headers = {}
        while line := self._line():
            name, _, value = line.partition(b":")
            headers[name.lower()] = value.strip()
        self.stays = headers.get(b"connection", b"").lower() != b"close"
        if b"transfer-encoding" in headers:
            return Answer(status, b"".join(self._chunks()))
        return Answer(status, self._bytes(int(headers.get(b"content-length", b""))))

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self._line().partition(b";")[0], 16):
            yield self._bytes(size)
            self._line()
        while self._line():
            pass

    def _line(self) -> bytes:
        while (end := self._received.find(b"\n")) < 0:
            if len(self._received) > LINE_AT_MOST:
                raise ConnectionError("a line of the answer has no end")
            self._receive()
        line, self._received = self._received[:end], self._received[end + 1 :]
        return line.rstrip()

    def _bytes(self, size: int) -> bytes:
        while len(self._received) < size:
            self._receive()
        part, self._received = self._received[:size], self._received[size:]
        return part

    def _receive(self) -> None:
        self._socket.settimeout(_left(self._end))
        part = self._socket.recv(PART_BYTES)
        if not part:
            raise ConnectionError("the answer is cut off")
        self._received += part

    def close(self) -> None:
        self._socket.close()


def _left(end: float) -> float:
    """Seconds until a moment. Raises `TimeoutError` where it is over."""
    seconds = end - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds
