"""ministack as it is started here: what it keeps, and when."""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from echomate import dynamodb, table
from echomate.config import config
from echomate.local import ministack
from echomate.local.processes import Process, free_port
from echomate.provisioning import create_tables
from echomate.testing.configuration import configured

pytestmark = pytest.mark.timed

Start = Callable[[], Process]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start an emulator that keeps its state; this process talks to it."""
    started: list[Process] = []
    port = free_port()
    program = ministack.program(
        port=port, directory=tmp_path, access_key="a", secret_key="bbbbbbbb", keep=True
    )
    with configured(
        dynamodb_endpoint_url=f"http://127.0.0.1:{port}",
        aws_access_key_id="a",
        aws_secret_access_key="bbbbbbbb",
    ):
        hasty = replace(program, environment={**program.environment, "SAVE_SECONDS": "0.1"})

        def begin() -> Process:
            started.append(Process(hasty, output=subprocess.DEVNULL, orphan_signal=signal.SIGKILL))
            started[-1].wait_until_ready()
            return started[-1]

        yield begin
        for process in started:
            process.kill()


def put(key: str) -> None:
    item = dynamodb.wire_item({"PK": key, "SK": "A", "GSI1PK": "LIST", "GSI1SK": key, "Text": "ä\n\0"})
    dynamodb.call("PutItem", {"TableName": config.table_name, "Item": item})


def listed() -> list[str]:
    return [item["PK"]["S"] for item in table.query("LIST", index="GSI1", newest_first=False)]


def state(directory: Path) -> bytes:
    """What is kept by now."""
    file = directory / "state" / "dynamodb.json"
    return file.read_bytes() if file.exists() else b""


def test_an_orderly_stop_keeps_all(start: Start) -> None:
    process = start()
    create_tables()
    for key in ("one", "two"):
        put(key)
    assert process.stop()
    start()
    assert listed() == ["one", "two"]
    found = table.get_item(("one", "A"))
    assert found is not None
    assert found["Text"]["S"] == "ä\n\0"
    assert create_tables() == []


def test_a_kill_loses_only_the_newest(start: Start, tmp_path: Path) -> None:
    process = start()
    create_tables()
    put("kept")
    end = time.monotonic() + 30
    while b'"kept"' not in state(tmp_path):
        assert time.monotonic() < end, "it is not saved"
        time.sleep(0.05)
    process.kill()
    start()
    assert listed() == ["kept"]


def test_a_key_that_it_does_not_know_is_refused(start: Start) -> None:
    """Only what its own key has signed takes the short way to DynamoDB."""
    start()
    create_tables()
    dynamodb.close()
    with configured(aws_access_key_id="c"), pytest.raises(dynamodb.DynamoDBError) as refused:
        dynamodb.call("DescribeTable", {"TableName": config.table_name})
    assert refused.value.code == "UnrecognizedClientException"
    dynamodb.close()
