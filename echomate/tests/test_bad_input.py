"""Whatever a client sends over HTTP, the answer is the problem document that says so, and never 500."""

import gzip
from collections.abc import Iterator, Mapping

import pytest

from echomate.testing.stack import Stack
from echomate.tests.over_http import JSON, TIMELINE, Case, Server

LOGIN = "/api/v1/auth/login"
ALLOWED, FOREIGN = "http://localhost:5173", "https://evil.example"
BIG = b'{"login": "' + b"x" * 10_000_000 + b'"}'


@pytest.fixture(scope="module", params=[False, True], ids=["as usual", "in DEBUG"])
def server(request: pytest.FixtureRequest, stack: Stack, _empty_tables: None) -> Iterator[Server]:
    server = Server(stack, debug=request.param)
    yield server
    server.process.stop()


def chunked(body: bytes) -> bytes:
    return b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


def login(
    body: bytes, problem: str = "malformed", status: int = 400, headers: Mapping[str, str | None] = JSON
) -> Case:
    return Case(status, problem, "POST", LOGIN, {**JSON, **headers}, body)


CASES: dict[str, Case] = {
    # routes and methods
    "an unknown path": Case(404, "not-found", target="/nope"),
    "an unknown path of the API": Case(404, "not-found", target="/api/v1/nope"),
    "the API's own path": Case(404, "not-found", target="/api/v1/"),
    "a trailing slash": Case(404, "not-found", target=TIMELINE + "/"),
    "two slashes": Case(404, "not-found", target="/api/v1//timeline"),
    "a path that begins with two": Case(404, "not-found", target="//evil.example/"),
    "a line end in the path": Case(404, "not-found", target="/api/v1/%0a"),
    "no UTF-8 in the path": Case(404, "not-found", target="/api/v1/%ff%fe"),
    "a way out of the static files": Case(404, "not-found", target="/static/../echomate/config.py"),
    "the same, encoded": Case(404, "not-found", target="/static/%2e%2e/echomate/config.py"),
    "POST to health": Case(405, "method-not-allowed", "POST", "/health"),
    "PATCH of the front page": Case(405, "method-not-allowed", "PATCH", "/"),
    "POST to metrics": Case(405, "method-not-allowed", "POST", "/metrics"),
    "OPTIONS of the schema": Case(405, "method-not-allowed", "OPTIONS", "/api/schema"),
    "POST to the docs": Case(405, "method-not-allowed", "POST", "/api/docs"),
    "DELETE of the schema": Case(405, "method-not-allowed", "DELETE", "/api/schema"),
    "DELETE of the timeline": Case(405, "method-not-allowed", "DELETE"),
    "a method that asks for a token elsewhere": Case(405, "method-not-allowed", "PUT", "/api/v1/feed"),
    "a method nobody knows": Case(405, "method-not-allowed", "FOO"),
    "TRACE": Case(405, "method-not-allowed", "TRACE"),
    "OPTIONS that is no preflight": Case(405, "method-not-allowed", "OPTIONS"),
    # the request's form
    "a foreign host": Case(400, "bad-request", headers={"Host": "evil.example"}),
    "a host that is none": Case(400, "bad-request", headers={"Host": "a b"}),
    "a target of 9,000 characters": Case(414, "bad-request", target=TIMELINE + "?cursor=" + "a" * 9000),
    "a header of 9,000 characters": Case(431, "bad-request", headers={"X-Long": "a" * 9000}),
    "NUL in a header": Case(400, "bad-request", headers={"X-Bad": "a\0b"}),
    "a length that is no number": login(b"{}", "bad-request", headers={"Content-Length": "two"}),
    "chunks that are none": Case(
        400,
        "bad-request",
        "POST",
        LOGIN,
        {**JSON, "Transfer-Encoding": "chunked"},
        b"zz\r\n",
        lacks_length=True,
    ),
    # what the client wants and sends
    "XML wanted": Case(406, "not-acceptable", headers={"Accept": "text/xml"}),
    "XML wanted of health": Case(406, "not-acceptable", target="/health", headers={"Accept": "text/xml"}),
    "XML wanted of the front page": Case(406, "not-acceptable", target="/", headers={"Accept": "text/xml"}),
    "JSON wanted of the docs": Case(
        406, "not-acceptable", target="/api/docs", headers={"Accept": "application/json"}
    ),
    "text": login(b"{}", "unsupported-media-type", 415, {"Content-Type": "text/plain"}),
    "a form": login(
        b"login=a", "unsupported-media-type", 415, {"Content-Type": "application/x-www-form-urlencoded"}
    ),
    "parts": login(
        b"--a--", "unsupported-media-type", 415, {"Content-Type": "multipart/form-data; boundary=a"}
    ),
    "a compressed body": login(
        gzip.compress(b"{}"), "unsupported-media-type", 415, {"Content-Encoding": "gzip"}
    ),
    "a compressed body that is none": login(b"{}", "unsupported-media-type", 415, {"Content-Encoding": "br"}),
    "no compression": login(b"{}", "invalid", headers={"Content-Encoding": "identity"}),
    "a byte order mark": login(b"\xef\xbb\xbf{}", "invalid"),
    "two byte order marks": login(b"\xef\xbb\xbf" * 2 + b"{}"),
    "JSON in UTF-16": login("{}".encode("utf-16")),
    "no content type": login(b"{}", "unsupported-media-type", 415, {"Content-Type": None}),
    "broken JSON": login(b'{"login": '),
    "a list": login(b"[]"),
    "no UTF-8": login(b'{"login": "\xff"}'),
    "a lone surrogate": login(b'{"login": "\\ud800", "password": "x"}'),
    "NaN": login(b'{"login": NaN}'),
    "100,000 levels": login(b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "100 levels": login(b'{"x": ' + b'{"x": ' * 100 + b"1" + b"}" * 101),
    "10 MB": login(BIG, "too-large", 413),
    "10 MB in chunks": Case(
        413,
        "too-large",
        "POST",
        LOGIN,
        {**JSON, "Transfer-Encoding": "chunked"},
        chunked(BIG),
        lacks_length=True,
    ),
    "broken JSON in chunks": Case(
        400,
        "malformed",
        "POST",
        LOGIN,
        {**JSON, "Transfer-Encoding": "chunked"},
        chunked(b"{"),
        lacks_length=True,
    ),
    "an empty body": login(b"", "invalid"),
    "wrong types": login(b'{"login": 5, "password": ["x"]}', "invalid"),
    "NUL in a text": login(b'{"login": "a\\u0000b", "password": "x"}', "invalid"),
    # queries and paths
    "limit=-1": Case(400, "invalid", target=TIMELINE + "?limit=-1"),
    "limit=51": Case(400, "invalid", target=TIMELINE + "?limit=51"),
    "limit=x": Case(400, "invalid", target=TIMELINE + "?limit=x"),
    "a forged cursor": Case(400, "invalid-cursor", target=TIMELINE + "?cursor=bm9uZQ"),
    "a cursor of 5,000 characters": Case(400, "invalid-cursor", target=TIMELINE + "?cursor=" + "a" * 5000),
    "a cursor that is no ASCII": Case(400, "invalid-cursor", target=TIMELINE + "?cursor=%F0%9F%98%80"),
    "ids that are none": Case(400, "invalid", target="/api/v1/posts?ids=1,x"),
    "a huge id": Case(404, "not-found", target="/api/v1/posts/" + "9" * 30),
    "an id that is none": Case(404, "not-found", target="/api/v1/posts/abc"),
    "NUL in a name": Case(404, "not-found", target="/api/v1/users/%00"),
    "a name that is no ASCII": Case(404, "not-found", target="/api/v1/users/%F0%9F%98%80"),
    # who calls
    "no token": Case(401, "not-authenticated", target="/api/v1/feed"),
    "an empty token": Case(401, "token-invalid", headers={"Authorization": "Bearer "}),
    "no token at all": Case(401, "token-invalid", headers={"Authorization": "Bearer a.b.c"}),
    "no ASCII in a token": Case(401, "token-invalid", headers={"Authorization": "Bearer é"}),
    "an unsigned token": Case(
        401, "token-invalid", headers={"Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."}
    ),
    "another scheme": Case(
        401, "not-authenticated", target="/api/v1/feed", headers={"Authorization": "Basic YTpi"}
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_bad_input_gets_a_problem_document(server: Server, case: Case) -> None:
    answer = server.ask(case)
    assert (answer.status, answer.problem) == (case.status, case.problem), answer.body
    if case.status == 401:
        assert answer.headers["www-authenticate"].startswith("Bearer")
    if case.status == 405:
        assert "allow" in answer.headers


def test_a_body_in_chunks_is_read(server: Server) -> None:
    headers = {**JSON, "Transfer-Encoding": "chunked"}
    body = chunked(b'{"login": "nobody", "password": "correct9horse"}')
    answer = server.ask(Case(0, "", "POST", LOGIN, headers, body, lacks_length=True))
    assert (answer.status, answer.problem) == (401, "bad-credentials")


def test_a_request_id_is_taken_if_it_is_one(server: Server) -> None:
    assert server.send("GET", "/nope", X_Request_ID="my.id-1").headers["x-request-id"] == "my.id-1"
    assert server.send("GET", "/nope", X_Request_ID="a b").headers["x-request-id"] != "a b"


def test_a_cursor_is_good_for_its_own_list_only(server: Server) -> None:
    access = server.sign_up(f"reader{server.port}").json["access"]
    cursor = server.send("GET", TIMELINE).json["previous"].rpartition("=")[2]
    answer = server.send("GET", f"/api/v1/feed?cursor={cursor}", Authorization=f"Bearer {access}")
    assert (answer.status, answer.problem) == (400, "invalid-cursor")


def test_titles_follow_the_language(server: Server) -> None:
    english, german = (server.send("GET", "/nope", Accept_Language=language) for language in ("en", "de"))
    assert english.problem == german.problem
    assert english.json["title"] != german.json["title"]


def test_preflights_need_no_token_are_cached_and_not_limited(server: Server) -> None:
    asks = {"Origin": ALLOWED, "Access_Control_Request_Method": "POST"}
    asks["Access_Control_Request_Headers"] = "authorization"
    answers = [server.send("OPTIONS", "/api/v1/posts", **asks) for _ in range(310)]
    assert {answer.status for answer in answers} == {200}
    answer = answers[-1]
    assert answer.headers["access-control-allow-origin"] == ALLOWED
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert answer.headers["access-control-max-age"] == "7200"
    assert "authorization" in answer.headers["access-control-allow-headers"]


def test_a_foreign_origin_is_allowed_nothing(server: Server) -> None:
    preflight = server.send("OPTIONS", "/api/v1/posts", Origin=FOREIGN, Access_Control_Request_Method="POST")
    for answer in (preflight, server.send("GET", TIMELINE, Origin=FOREIGN)):
        assert not [name for name in answer.headers if name.startswith("access-control-allow")]


def test_refusals_can_be_read_by_pages_of_an_allowed_origin(server: Server) -> None:
    answer = server.send("GET", "/api/v1/feed", Origin=ALLOWED)
    assert answer.problem == "not-authenticated"
    assert answer.headers["access-control-allow-origin"] == ALLOWED
    assert "WWW-Authenticate" in answer.headers["access-control-expose-headers"]


@pytest.mark.parametrize("path", ["refresh-token", "logout"])
def test_the_cookie_needs_an_allowed_origin(server: Server, path: str) -> None:
    cookies = server.sign_up(f"{path[:6]}{server.port}", "cookie").headers["set-cookie"].splitlines()
    (cookie,) = (text.partition(";")[0] for text in cookies if text.startswith("echomate_refresh="))
    for origin in (None, "null", FOREIGN, ALLOWED + ".evil.example"):
        answer = server.send("POST", f"/api/v1/auth/{path}", {}, Cookie=cookie, Origin=origin)
        assert (answer.status, answer.problem) == (403, "csrf")
    assert server.send("POST", f"/api/v1/auth/{path}", {}, Cookie=cookie, Origin=ALLOWED).status in {200, 204}


@pytest.mark.parametrize("path", ["/", "/health", TIMELINE, "/api/schema", "/api/docs"])
def test_head_says_what_get_would_without_a_body(server: Server, path: str) -> None:
    head, get = server.send("HEAD", path), server.send("GET", path)
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-type"] == get.headers["content-type"]
    assert "body bytes on a no-body response" not in server.log.read_text(errors="replace")


@pytest.mark.parametrize("path", ["/", "/api/docs"])
def test_no_other_site_shows_a_page_in_a_frame(server: Server, path: str) -> None:
    assert server.send("GET", path, Accept="text/html").headers["x-frame-options"] == "DENY"


def test_links_take_no_port_that_nobody_serves(server: Server) -> None:
    own = f"127.0.0.1:{server.port}"
    for host, expected in (
        (own, own),
        ("127.0.0.1:1", f"localhost:{server.port}"),
        ("127.0.0.1", f"localhost:{server.port}"),
    ):
        assert (
            server.send("GET", TIMELINE, Host=host)
            .json["previous"]
            .startswith(f"http://{expected}/api/v1/timeline?")
        )


def test_browsers_get_a_front_page_and_programs_json(server: Server) -> None:
    page = server.send("GET", "/", Accept="text/html,application/xhtml+xml,*/*;q=0.8")
    assert page.headers["content-type"].startswith("text/html")
    assert b'href="/api/docs"' in page.body
    assert server.send("GET", "/").json["docs"] == "/api/docs"
