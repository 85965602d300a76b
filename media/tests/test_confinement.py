"""What a child process that opens an upload can't do, whoever has taken it over."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from media.processing import children
from media.processing.limits import Allowance
from media.processing.outcome import Refused

ROOT = Path(__file__).parent.parent.parent
LINUX_ONLY = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's means are Linux's")
DEADLINE = 30

ATTEMPTS = """
import ctypes, json, os, signal, socket, sys
from pathlib import Path
from media.processing import landlock
from media.processing.confinement import confine
from media.processing.limits import Allowance

def ended(attempt):
    try:
        attempt()
    except BaseException as error:
        return type(error).__name__
    return "done"

original, out, other = map(Path, sys.argv[1:])
allowance = Allowance(seconds=30, cpu_seconds=30, file_bytes=1000)
confine(allowance, parent=os.getppid(), readable=[original], writable=[out])
attempts = {
    "socket": lambda: socket.socket(),
    "unix socket": lambda: socket.socket(socket.AF_UNIX),
    "pair": lambda: socket.socketpair(),
    "signal": lambda: os.kill(os.getppid(), signal.SIGTERM),
    "memory": lambda: bytearray(600_000_000),
    "large file": lambda: (out / "large").write_bytes(bytes(2000)),
    "read original": lambda: original.read_bytes(),
    "write out": lambda: (out / "small").write_bytes(b"x"),
    "read other": lambda: other.read_bytes(),
    "write other": lambda: other.write_bytes(b"x"),
    "link": lambda: (out / "link").symlink_to(other),
    "secrets of the parent": lambda: Path(f"/proc/{os.getppid()}/environ").read_bytes(),
    "many files": lambda: [os.dup(0) for _ in range(100)],
}
print(json.dumps({name: ended(attempt) for name, attempt in attempts.items()}))
"""
IN_ANY_CASE = {
    "socket": "PermissionError",
    "unix socket": "PermissionError",
    "pair": "PermissionError",
    "signal": "PermissionError",
    "memory": "MemoryError",
    "many files": "OSError",
    "large file": "OSError",
    "read original": "done",
    "write out": "done",
}
WITH_LANDLOCK = {
    "read other": "PermissionError",
    "write other": "PermissionError",
    "link": "PermissionError",
    "secrets of the parent": "PermissionError",
}


@pytest.fixture
def original(tmp_path: Path) -> Path:
    file = tmp_path / "original"
    file.write_bytes(b"upload")
    return file


@pytest.fixture
def out(tmp_path: Path) -> Path:
    directory = tmp_path / "out"
    directory.mkdir()
    return directory


def allowance(*, seconds: float = 600, cpu_seconds: int = 60) -> Allowance:
    return Allowance(seconds=seconds, cpu_seconds=cpu_seconds)


def ran(
    original: Path,
    out: Path,
    *program: str,
    watch: Callable[[str], None] = lambda _output: None,
    **allowed: Any,
) -> children.Said:
    found = shutil.which(program[0])
    assert found
    order = {"program": [str(Path(found).resolve()), *program[1:]]}
    return children.run(order, original=original, out=out, allowance=allowance(**allowed), watch=watch)


@LINUX_ONLY
def test_a_child_has_no_sockets_no_other_files_and_no_more_memory_than_it_may(
    original: Path, out: Path
) -> None:
    from media.processing import landlock

    other = out.parent / "other"
    other.write_bytes(b"of somebody else")
    done = subprocess.run(
        [sys.executable, "-c", ATTEMPTS, str(original), str(out), str(other)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
        timeout=300,
    )
    ends = json.loads(done.stdout)
    expected = IN_ANY_CASE | (WITH_LANDLOCK if landlock.version() else {})
    assert {name: end for name, end in ends.items() if name in expected} == expected


def test_a_child_gets_no_secret_with_its_environment(original: Path, out: Path) -> None:
    names = {line.partition("=")[0] for line in ran(original, out, "env").output.splitlines()}
    assert names <= {"PYTHONPATH", "LC_ALL", "LC_CTYPE", "MALLOC_ARENA_MAX", "PWD", "_"}


def test_a_child_that_never_ends_is_killed(original: Path, out: Path) -> None:
    with pytest.raises(children.NotProcessed):
        ran(original, out, "sleep", "3600", seconds=1)


def test_what_a_child_has_started_is_killed_with_it(original: Path, out: Path) -> None:
    started = out / "started"

    def end(_output: str) -> None:
        if started.exists() and started.read_text():
            raise InterruptedError

    with pytest.raises(InterruptedError):
        ran(original, out, "sh", "-c", "sleep 3600 & echo $! > started; sleep 3600", watch=end)
    until(lambda: not is_alive(int(started.read_text())))


def test_a_child_that_computes_too_long_is_killed(original: Path, out: Path) -> None:
    with pytest.raises(Refused, match="too-demanding"):
        ran(original, out, "sh", "-c", "while :; do :; done", cpu_seconds=1)


def test_a_child_that_crashes_rejects_the_file(original: Path, out: Path) -> None:
    with pytest.raises(Refused, match="damaged"):
        ran(original, out, "bash", "-c", "f() { f; }; f")  # until its stack is full


def children_of(process: int) -> list[int]:
    found = Path(f"/proc/{process}/task").glob("*/children")
    return [int(child) for file in found for child in file.read_text().split()]


def is_alive(process: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except FileNotFoundError:
        return False


@LINUX_ONLY
def test_a_child_that_somebody_else_ended_rejects_nothing(original: Path, out: Path) -> None:
    before = set(children_of(os.getpid()))

    def end(_output: str) -> None:
        for child in set(children_of(os.getpid())) - before:
            os.kill(child, signal.SIGTERM)

    with pytest.raises(children.NotProcessed):
        ran(original, out, "sleep", "3600", watch=end)


@LINUX_ONLY
def test_a_child_dies_with_its_worker(original: Path, out: Path) -> None:
    sleep = shutil.which("sleep")
    program = (
        "import sys; from pathlib import Path; from media.processing import children;"
        "from media.processing.limits import Allowance;"
        "children.run({'program': [sys.argv[1], '3600']}, original=Path(sys.argv[2]), out=Path(sys.argv[3]),"
        " allowance=Allowance(seconds=3600, cpu_seconds=60))"
    )
    assert sleep
    command = [sys.executable, "-c", program, str(Path(sleep).resolve()), str(original), str(out)]
    with subprocess.Popen(command, cwd=ROOT) as worker:
        until(lambda: any("sleep" in name_of(child) for child in children_of(worker.pid)))
        (child,) = children_of(worker.pid)
        worker.kill()
    until(lambda: not is_alive(child))


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def name_of(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
