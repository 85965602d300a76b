"""A web server with the settings of production: what browsers are told, and where links lead."""

from collections.abc import Iterator

import pytest

from echomate.testing.stack import Stack
from echomate.tests.over_http import TIMELINE, Server
from echomate.tests.test_config import STRONG

HTTPS = {"Host": "echomate.example", "X_Forwarded_Proto": "https"}


@pytest.fixture(scope="module")
def server(stack: Stack, _empty_tables: None) -> Iterator[Server]:
    own = {"ALLOWED_HOSTS": "echomate.example,127.0.0.1", "TRUSTED_PROXIES": "1"}
    server = Server(stack, debug=False, **{**STRONG, **own})
    yield server
    server.process.stop()


@pytest.mark.parametrize("path", ["/", "/health", "/api/docs", TIMELINE, "/nowhere"])
def test_browsers_are_told_to_come_by_https_alone_and_what_a_page_may_load(server: Server, path: str) -> None:
    answer = server.send("GET", path, Accept="text/html, */*", **HTTPS)
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; ")
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_an_answer_over_http_promises_no_https(server: Server) -> None:
    answer = server.send("GET", TIMELINE, Host="echomate.example")
    assert "strict-transport-security" not in answer.headers


@pytest.mark.parametrize("host", ["echomate.example", "echomate.example:8443", "ECHOMATE.example:1"])
def test_links_lead_to_the_public_address_whatever_the_host_was_called(server: Server, host: str) -> None:
    answer = server.send("GET", TIMELINE, **{**HTTPS, "Host": host})
    assert answer.json["previous"].startswith("https://echomate.example/api/v1/timeline?")
    assert "<https://echomate.example/api/v1/timeline?" in answer.headers["link"]


def test_another_host_is_refused(server: Server) -> None:
    assert server.send("GET", TIMELINE, Host="evil.example").problem == "bad-request"
