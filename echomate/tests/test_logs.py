"""What the logs tell of a request: its outcome once, an exception with its traceback, and never its query."""

import logging
from typing import Any

import orjson
import pytest
from django.test import Client

from echomate.logs import JSONFormatter
from echomate.testing.configuration import configured

pytestmark = pytest.mark.pure

NOBODY_LISTENS = "http://127.0.0.1:9"


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [orjson.loads(JSONFormatter().format(record)) for record in caplog.records]


def test_a_503_is_told_once_and_without_its_query(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with configured(dynamodb_endpoint_url=NOBODY_LISTENS):
        assert Client().get("/health/db?ticket=opens-a-door").status_code == 503
    told = [line for line in lines(caplog) if 503 in (line.get("status"), line.get("status_code"))]
    assert [line["logger"] for line in told] == ["echomate.requests"]
    assert "opens-a-door" not in str(lines(caplog))


def test_an_exception_is_told_with_its_traceback_and_without_its_query(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("echomate.health.render", lambda *_: 1 / 0)
    client = Client(raise_request_exception=False, headers={"Accept": "text/html"})
    assert client.get("/?ticket=opens-a-door").status_code == 500
    (told,) = [line for line in lines(caplog) if "exception" in line]
    assert "ZeroDivisionError" in told["exception"]
    assert "opens-a-door" not in str(lines(caplog))
