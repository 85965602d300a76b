"""What the logs tell of a request: its outcome once, an exception with its traceback, and never its query."""

import logging
import os
import sys
import time
from typing import Any

import orjson
import pytest
from django.test import Client

from echomate import logs
from echomate.logs import JSONFormatter
from echomate.testing.configuration import configured

pytestmark = pytest.mark.pure

NOBODY_LISTENS = "http://127.0.0.1:9"


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [orjson.loads(JSONFormatter().format(record)) for record in caplog.records]


def test_a_503_is_told_once_and_without_its_query(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with configured(dynamodb_endpoint_url=NOBODY_LISTENS), caplog.at_level(logging.INFO):
        assert Client().get("/health/db?ticket=opens-a-door").status_code == 503
    written = [orjson.loads(line) for line in capfd.readouterr().out.splitlines()]
    told = [line for line in lines(caplog) + written if 503 in (line.get("status"), line.get("status_code"))]
    assert [line["logger"] for line in told] == ["echomate.requests"]
    assert "opens-a-door" not in str(lines(caplog) + written)


def test_a_line_that_is_written_at_once_is_as_any_other(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_800_000_000.0625)
    logger = logging.getLogger("echomate.tests")
    with caplog.at_level(logging.INFO):
        logger.info("done", extra={"who": 1, "what": None})
        logs.write(logger, "done", who=1, what=None)
    assert [orjson.loads(capfd.readouterr().out.splitlines()[-1])] == lines(caplog)
    with caplog.at_level(logging.WARNING):
        logs.write(logger, "done")
    assert capfd.readouterr().out == ""


def test_a_line_that_cannot_be_written_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "STDOUT", 1_000_000)
    logs.write(logging.getLogger("echomate.tests"), "done")


def test_without_a_standard_output_no_line_is_written(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a service was started with it closed, its descriptor is that of the next file or socket."""
    reading, writing = os.pipe()
    monkeypatch.setattr(logs, "STDOUT", writing)
    with os.fdopen(reading, "rb") as end, caplog.at_level(logging.INFO):
        logs.write(logging.getLogger("echomate.tests"), "first")
        monkeypatch.setattr(sys, "stdout", None)
        logs.write(logging.getLogger("echomate.tests"), "second")
        os.close(writing)
        assert [orjson.loads(line)["message"] for line in end] == ["first"]


def test_an_exception_is_told_with_its_traceback_and_without_its_query(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("echomate.health.render", lambda *_: 1 / 0)
    client = Client(raise_request_exception=False, headers={"Accept": "text/html"})
    assert client.get("/?ticket=opens-a-door").status_code == 500
    (told,) = [line for line in lines(caplog) if "exception" in line]
    assert "ZeroDivisionError" in told["exception"]
    assert "opens-a-door" not in str(lines(caplog))
