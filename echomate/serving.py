"""gunicorn's requests and answers, read and written at once where they are of the usual form.

gunicorn goes from header to header, which takes 80 µs of CPU a request (Python 3.11). What isn't plain it still does.
"""

import re
import time
from collections.abc import Iterable
from email.utils import formatdate
from functools import lru_cache
from typing import Any

from gunicorn import util
from gunicorn.http.message import TOKEN_RE, Request
from gunicorn.http.wsgi import Response

HEAD_BYTES, MAX_FIELDS = 8000, 100
"""A head that is no longer than what gunicorn takes as a line or a field, so that neither can be too long."""

_HEAD = re.compile(
    rb"([A-Z]{3,20}+) (/[!\"$-~]*+) HTTP/1\.1\r\n((?:[0-9A-Za-z-]++:[\t -~\x80-\xff]*+\r\n){1,%d}+)\r\n"
    % MAX_FIELDS
)
_VALUES = re.compile(r"[\t\n -~\x80-\xff]*+")


class PlainRequest(Request):  # type: ignore[misc]  # gunicorn has no types
    """A head of HTTP/1.1 that came in one piece, names each field once, and asks nothing of gunicorn itself."""

    def _parse_python(self, unreader: Any, buf: bytearray) -> bytes:
        plain = _HEAD.match(buf, 0, HEAD_BYTES)
        if plain is None or self._has_tighter_limits:
            return super()._parse_python(unreader, buf)  # type: ignore[no-any-return]  # of gunicorn
        method, target, lines = (part.decode("latin-1") for part in plain.groups())
        fields = [line.partition(":") for line in lines.split("\r\n")[:-1]]
        headers = [(name.upper(), value.strip(" \t")) for name, _, value in fields]
        names = {name for name, _ in headers}
        if (
            len(names) < len(headers)
            or "EXPECT" in names
            or not names.isdisjoint(self.cfg.secure_scheme_headers)
        ):
            return super()._parse_python(unreader, buf)  # type: ignore[no-any-return]  # of gunicorn
        self.method, self.uri, self.version, self.headers = method, target, (1, 1), headers
        path, _, query = target.partition("?")
        self.path, self.query = path, query
        self.fragment = ""
        return bytes(buf[plain.end() :])

    @property
    def _has_tighter_limits(self) -> bool:
        """Whether gunicorn was started with limits that a plain head may be beyond; a line of 0 has none."""
        return bool(
            self.limit_request_fields < MAX_FIELDS
            or self.limit_request_field_size < HEAD_BYTES
            or 0 < self.limit_request_line < HEAD_BYTES
        )


class PlainResponse(Response):  # type: ignore[misc]  # as above
    """Headers of usual names and values that say nothing of the connection are looked at together."""

    def process_headers(self, headers: Iterable[tuple[str, str]]) -> None:
        headers = list(headers)
        place = _length_among(tuple([name for name, _ in headers]))
        values = "\n".join([value for _, value in headers])
        if place is None or values.count("\n") >= len(headers) or not _VALUES.fullmatch(values):
            super().process_headers(headers)
            return
        if place < len(headers):
            self.response_length = int(headers[place][1])
        self.headers.extend(headers)


@lru_cache(maxsize=256)
def _length_among(names: tuple[str, ...]) -> int | None:
    """At which place `Content-Length` is, after the last where it isn't there; None where some name isn't plain."""
    if not all(map(TOKEN_RE.fullmatch, names)) or any(map(util.is_hoppish, names)):
        return None
    lower = [name.lower() for name in names]
    return lower.index("content-length") if "content-length" in lower else len(names)


def date() -> str:
    """The `Date` of an answer."""
    return _date_at(int(time.time()))


@lru_cache(maxsize=2)
def _date_at(second: int) -> str:
    return formatdate(second, usegmt=True)
