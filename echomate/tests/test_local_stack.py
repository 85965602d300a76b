"""The supervisor of `make run`: order, signals, orphans, crashes, and what it says in trouble."""

import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import pytest
from cryptography.fernet import Fernet

from echomate.local import redis_server
from echomate.local.home import Home
from echomate.local.processes import CannotStart, free_port
from echomate.local.programs import SOURCE

pytestmark = pytest.mark.timed

RUNS = "Ctrl-C stops it"
STUB = (sys.executable, "-m", "echomate.tests.stub_stack")
SECONDS = 60


class Run:
    """A stack in the background; its lines are in `said`."""

    def __init__(self, data: Path, port: int, *, command: Sequence[str] = STUB) -> None:
        self.data = data
        self.output = data.with_suffix(".log")
        environment = {**os.environ, "ECHOMATE_DATA_DIR": str(data), "PORT": str(port)}
        with self.output.open("wb") as output:
            self.popen = subprocess.Popen(
                command,
                cwd=SOURCE,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_hear_signals,  # noqa: PLW1509 - two calls that take no lock
            )

    @property
    def said(self) -> str:
        return self.output.read_text()

    def wait_for(self, text: str) -> None:
        end = time.monotonic() + SECONDS
        while text not in self.said:
            assert time.monotonic() < end, f"{text!r} is not in:\n{self.said}"
            assert self.popen.poll() is None, self.said
            time.sleep(0.05)

    def end(self, number: int = signal.SIGTERM) -> int:
        self.popen.send_signal(number)
        return self.popen.wait(SECONDS)

    def pids(self) -> dict[str, int]:
        """The processes, by name, as the kernel knows them."""
        note = json.loads((self.data / "running.json").read_text())
        return {_command(pid): pid for pid, _ in note["processes"] if _command(pid)}

    def kill_all(self) -> None:
        for pid in [self.popen.pid, *self.pids().values()]:
            os.kill(pid, signal.SIGKILL)
        self.popen.wait()

    def close(self) -> None:
        """End what a failed test left."""
        if self.popen.poll() is None:
            with suppress(OSError):
                self.kill_all()
            self.popen.kill()
            self.popen.wait()


def _hear_signals() -> None:
    """A run in the background ignores SIGINT, one under nohup SIGHUP; their children would too."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def _wait_until_gone(pids: dict[str, int]) -> None:
    end = time.monotonic() + 30
    while left := [name for name, pid in pids.items() if _command(pid)]:
        assert time.monotonic() < end, f"left over: {left}"
        time.sleep(0.05)


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


class Begin(Protocol):
    def __call__(self, *, port: int | None = None, command: Sequence[str] = STUB) -> Run: ...


@pytest.fixture
def begin(data: Path, port: int) -> Iterator[Begin]:
    """Start a stack on the test's data; all of them end with the test."""
    runs: list[Run] = []

    def start(*, port: int | None = port, command: Sequence[str] = STUB) -> Run:
        runs.append(Run(data, port or free_port(), command=command))
        return runs[-1]

    yield start
    for run in runs:
        run.close()


@pytest.fixture
def running(begin: Begin) -> Run:
    run = begin()
    for sentence in (RUNS, "worker begins", "projector begins"):  # which listen to signals from then on
        run.wait_for(sentence)
    return run


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything_in_order_and_leaves_no_process(running: Run, number: int) -> None:
    pids = running.pids()
    assert len(pids) == 7
    assert running.end(number) == 0
    _wait_until_gone(pids)
    assert not (running.data / "running.json").exists()
    ends = re.findall(r"^(\S+) .*(?: ends|Received SIGTERM)", running.said, re.MULTILINE)
    assert ends == ["web", "worker", "projector", "redis-feeds", "redis-state"]


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_make_stops_everything(begin: Begin, data: Path, number: int) -> None:
    makefile = data.with_suffix(".mk")
    makefile.write_text(f"run:\n\t@exec {' '.join(STUB)}\n")
    run = begin(command=("make", "-C", str(SOURCE), "-f", str(makefile), "run"))
    run.wait_for(RUNS)
    pids = run.pids()
    run.end(number)
    _wait_until_gone(pids)
    assert run.said.rstrip().endswith(("Stopped.", "Terminated", "Interrupt", "Hangup"))
    assert not (data / "running.json").exists()


def test_a_killed_supervisor_leaves_no_orphan(running: Run) -> None:
    pids = running.pids()
    running.end(signal.SIGKILL)
    _wait_until_gone(pids)


def test_after_a_crash_it_says_so_and_rebuilds(running: Run, begin: Begin) -> None:
    running.kill_all()
    again = begin()
    again.wait_for(RUNS)
    assert "did not end in order" in again.said
    again.wait_for("The rebuild is done")
    assert "ran rebuild" in again.said
    assert again.end() == 0


def test_a_rebuild_that_a_stop_cut_short_is_done_at_the_next_start(
    running: Run, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.kill_all()
    monkeypatch.setenv("STUB_REBUILD_SECONDS", "60")
    second = begin()
    second.wait_for("ran rebuild")
    assert second.end() == 0
    monkeypatch.delenv("STUB_REBUILD_SECONDS")
    third = begin()
    third.wait_for("The rebuild is done")
    assert "did not end in order" not in third.said
    assert third.end() == 0


def test_an_orderly_stop_needs_no_rebuild(running: Run, begin: Begin) -> None:
    assert running.end() == 0
    again = begin()
    again.wait_for(RUNS)
    assert "rebuild" not in again.said
    assert again.end() == 0


def test_a_projector_that_a_stop_had_to_kill_leaves_a_rebuild_to_the_next_start(
    running: Run, begin: Begin
) -> None:
    projector = next(pid for name, pid in running.pids().items() if "projector begins" in name)
    os.kill(projector, signal.SIGSTOP)
    assert running.end() == 0
    assert "projector did not stop" in running.said
    again = begin()
    again.wait_for("The rebuild is done")
    assert "did not end in order" not in again.said
    assert again.end() == 0


def test_a_process_that_dies_is_started_again(running: Run) -> None:
    worker = next(pid for name, pid in running.pids().items() if "worker begins" in name)
    os.kill(worker, signal.SIGKILL)
    running.wait_for("again in 1 s")
    end = time.monotonic() + SECONDS
    while running.said.count("worker begins") < 2:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_store_that_dies_ends_the_run(running: Run) -> None:
    pids = running.pids()
    os.kill(next(pid for name, pid in pids.items() if "redis-server" in name), signal.SIGKILL)
    assert running.popen.wait(SECONDS) == 1
    assert re.search(r"redis-\w+ ended with exit code -9; all stops", running.said)
    _wait_until_gone(pids)


def test_after_the_death_of_a_store_the_next_start_says_so_and_rebuilds(running: Run, begin: Begin) -> None:
    emulator = next(pid for name, pid in running.pids().items() if "emulator" in name)
    os.kill(emulator, signal.SIGKILL)
    assert running.popen.wait(SECONDS) == 1
    again = begin()
    again.wait_for("The rebuild is done")
    assert "did not end in order" in again.said
    assert again.end() == 0


def test_a_busy_port_is_a_sentence(begin: Begin, port: int) -> None:
    with socket.create_server(("127.0.0.1", port)):
        run = begin()
        assert run.popen.wait(SECONDS) == 1
    assert f"Port {port} is in use: choose another one" in run.said
    assert "Traceback" not in run.said


def test_a_data_directory_that_is_none_is_a_sentence(begin: Begin, data: Path) -> None:
    data.write_text("a file")
    run = begin()
    assert run.popen.wait(SECONDS) == 1
    assert "name a directory of yours with ECHOMATE_DATA_DIR" in run.said
    assert "Traceback" not in run.said


def test_a_second_stack_on_the_same_data_is_a_sentence(running: Run, begin: Begin) -> None:
    assert running.said
    second = begin(port=None)
    assert second.popen.wait(SECONDS) == 1
    assert "already runs with the data in" in second.said


def test_a_machine_without_redis_gets_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_server, "_candidates", list)
    with pytest.raises(CannotStart, match="install it"):
        redis_server.find()


def test_secrets_are_made_once_and_kept_private(data: Path) -> None:
    first, second = Home(data), Home(data)
    first.prepare()
    second = Home(data)
    second.prepare()
    assert first.secret("jwt_secret") == second.secret("jwt_secret") != first.secret("secret_key")
    assert stat.S_IMODE((data / "stack.json").stat().st_mode) == stat.S_IRUSR | stat.S_IWUSR


def test_data_from_before_there_was_an_encryption_key_get_one_at_the_next_start(data: Path) -> None:
    home = Home(data)
    home.prepare()
    del home.remembered["secrets"]["encryption_keys"]
    assert "ENCRYPTION_KEYS" not in home.environment({})
    jwt_secret = home.secret("jwt_secret")
    home.prepare()
    Fernet(home.environment({})["ENCRYPTION_KEYS"])  # raises where it is none
    assert home.secret("jwt_secret") == jwt_secret


def test_a_command_of_this_machine_needs_no_environment(tmp_path: Path) -> None:
    bare = {"PATH": os.environ["PATH"], "ECHOMATE_DATA_DIR": str(tmp_path)}
    command = [sys.executable, "manage.py", "create_signing_key"]
    made = subprocess.run(command, cwd=SOURCE, env=bare, capture_output=True, text=True, check=False)
    assert (made.returncode, made.stderr) == (0, "")
    elsewhere = {**bare, "REDIS_URL": "redis://redis.example:6379/0"}
    refused = subprocess.run(command, cwd=SOURCE, env=elsewhere, capture_output=True, text=True, check=False)
    assert (refused.returncode, "ENVIRONMENT" in refused.stderr) == (78, True)
