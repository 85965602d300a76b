"""The head of a request is read as gunicorn reads it, and that of an answer written as gunicorn writes it."""

from collections.abc import Sequence
from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.http.message import Request
from gunicorn.http.parser import RequestParser
from gunicorn.http.wsgi import Response
from hypothesis import given
from hypothesis import strategies as st

from echomate.serving import PlainRequest, PlainResponse

pytestmark = pytest.mark.pure

PLAIN = b"GET /api/v1/feed?limit=5&a=%20 HTTP/1.1\r\nHost: a.example\r\nAccept:*/*\r\nX-Odd: \t a\xe9 b \t\r\n\r\n"
HEADS = {
    "plain": PLAIN,
    "with a body": PLAIN.replace(b"Accept:", b"Content-Length: 3\r\nAccept:") + b"abcGET",
    "with a body in chunks": PLAIN.replace(b"Accept:", b"Transfer-Encoding: chunked\r\nAccept:")
    + b"0\r\n\r\n",
    "two lengths": PLAIN.replace(b"Accept:", b"Content-Length: 3\r\nContent-Length: 3\r\nAccept:"),
    "a length and chunks": PLAIN.replace(
        b"Accept:", b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\nAccept:"
    ),
    "two hosts": PLAIN.replace(b"Accept:", b"host: b.example\r\nAccept:"),
    "a field twice": PLAIN.replace(b"Accept:", b"X-Odd: c\r\nAccept:"),
    "no fields": b"GET / HTTP/1.1\r\n\r\n",
    "many fields": b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(100)) + b"\r\n",
    "too many fields": b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(101)) + b"\r\n",
    "a long field": PLAIN.replace(b"*/*", b"a" * 8300),
    "a long target": PLAIN.replace(b"limit", b"a" * 8300),
    "an expectation": PLAIN.replace(b"Accept:", b"Expect: 100-continue\r\nAccept:"),
    "a scheme that a proxy says": PLAIN.replace(b"Accept:", b"X-Forwarded-Proto: https\r\nAccept:"),
    "an underscore": PLAIN.replace(b"X-Odd", b"X_Odd"),
    "a folded line": PLAIN.replace(b"X-Odd:", b"X-Odd:\r\n"),
    "a space before the colon": PLAIN.replace(b"X-Odd:", b"X-Odd :"),
    "no colon": PLAIN.replace(b"X-Odd:", b"X-Odd"),
    "no name": PLAIN.replace(b"X-Odd:", b":"),
    "NUL": PLAIN.replace(b"\xe9", b"\0"),
    "a line feed alone": PLAIN.replace(b"\r\nX", b"\nX"),
    "a carriage return alone": PLAIN.replace(b"\r\nX", b"\rX"),
    "a line end before": b"\r\n" + PLAIN,
    "HTTP/1.0": PLAIN.replace(b"HTTP/1.1", b"HTTP/1.0"),
    "HTTP/2": PLAIN.replace(b"HTTP/1.1", b"HTTP/2.0"),
    "small letters": PLAIN.replace(b"GET", b"get"),
    "another host's target": PLAIN.replace(b"/api", b"http://b.example/api"),
    "two slashes": PLAIN.replace(b"/api", b"//api"),
    "a fragment": PLAIN.replace(b"limit", b"#limit"),
    "no ASCII in the target": PLAIN.replace(b"limit", b"\xe9"),
    "a quote in the target": PLAIN.replace(b"limit", b'"[]{}|'),
    "the end of the connection": PLAIN.replace(b"Accept:", b"Connection: close\r\nAccept:"),
    "CONNECT": PLAIN.replace(b"GET", b"CONNECT"),
    "another behind it": PLAIN + PLAIN,
    "half of it": PLAIN[:-20],
    "nothing": b"",
}


class Peer:
    """A socket from which these pieces come."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self.pieces = list(pieces)

    def recv(self, _size: int) -> bytes:
        return self.pieces.pop(0) if self.pieces else b""


def read(kind: type[Request], *pieces: bytes, **settings: int) -> Any:
    """All that gunicorn goes by of a request, or the refusal."""
    gunicorn = Config()
    for name, value in {"limit_request_line": 8190, **settings}.items():
        gunicorn.set(name, value)
    parser = RequestParser(gunicorn, Peer(pieces), ("127.0.0.1", 1))
    parser.mesg_class = kind
    try:
        request = next(parser)
    except Exception as refusal:  # noqa: BLE001 - whatever gunicorn refuses it with
        return type(refusal), str(refusal)
    names = (
        "method",
        "uri",
        "path",
        "query",
        "fragment",
        "version",
        "headers",
        "scheme",
        "_expected_100_continue",
    )
    own = [getattr(request, name) for name in names]
    return [*own, request.should_close(), request.body.read(), parser.unreader.buf.getvalue()]


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_a_head_is_read_as_gunicorn_reads_it(head: bytes) -> None:
    assert read(PlainRequest, head) == read(Request, head)
    assert read(PlainRequest, head[:25], head[25:]) == read(Request, head[:25], head[25:])


@given(st.integers(0, len(PLAIN)), st.integers(0, 3), st.binary(max_size=3))
def test_a_head_that_is_damaged_is_read_as_gunicorn_reads_it(at: int, left_out: int, put_in: bytes) -> None:
    head = PLAIN[:at] + put_in + PLAIN[at + left_out :]
    assert read(PlainRequest, head) == read(Request, head)


@pytest.mark.parametrize(
    "limit", [{"limit_request_fields": 2}, {"limit_request_field_size": 10}, {"limit_request_line": 20}]
)
def test_limits_below_the_usual_ones_hold(limit: dict[str, int]) -> None:
    refusal = read(PlainRequest, PLAIN, **limit)
    assert refusal == read(Request, PLAIN, **limit)
    assert len(refusal) == 2


def test_a_plain_head_is_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = read(Request, PLAIN)
    monkeypatch.setattr(Request, "parse_headers", lambda *_, **__: 1 / 0)
    assert read(PlainRequest, PLAIN) == expected


ANSWERS: dict[str, list[tuple[str, str]]] = {
    "plain": [("Content-Type", "application/json"), ("Content-Length", "2"), ("X-Odd", "a \xe9")],
    "no headers": [],
    "two cookies": [("Set-Cookie", "a=b"), ("Set-Cookie", "c=d")],
    "the connection's": [("connection", "close"), ("Date", "now"), ("Content-Length", "2")],
    "space around a value": [("X-Odd", " a "), ("Content-Length", "2")],
    "no value": [("X-Odd", "")],
    "a line end": [("X-Odd", "a\r\nX-Other: b")],
    "a line feed": [("X-Odd", "a\nb")],
    "a name that is none": [("X Odd", "a")],
    "a colon in a name": [("X-Odd: a\r\nX", "a")],
    "an underscore": [("X_Odd", "a")],
    "beyond Latin": [("X-Odd", "я")],
}


def written(kind: type[Response], status: str, headers: list[tuple[str, str]]) -> Any:
    """The lines of an answer but for its date, and how long it is; or the refusal."""
    parser = RequestParser(Config(), Peer([PLAIN]), ("127.0.0.1", 1))
    answer = kind(next(parser), None, Config())
    try:
        answer.start_response(status, headers)
    except Exception as refusal:  # noqa: BLE001 - whatever gunicorn refuses it with
        return type(refusal), str(refusal)
    return (
        [(name, value.strip(" \t")) for name, value in answer.headers],
        answer.response_length,
        answer.chunked,
    )


@pytest.mark.parametrize("status", ["200 OK", "204 No Content"])
@pytest.mark.parametrize("headers", ANSWERS.values(), ids=ANSWERS)
def test_headers_of_an_answer_are_taken_as_gunicorn_takes_them(
    status: str, headers: list[tuple[str, str]]
) -> None:
    assert written(PlainResponse, status, headers) == written(Response, status, headers)
