"""Child processes that stop when told and don't outlive their parent."""

import contextlib
import ctypes
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "PYTHONUNBUFFERED")


class CannotStart(Exception):
    """Something is missing or in the way; the message is a sentence that says what to do."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """What is to run: `ready` says whether it serves, `stop_seconds` how long it may take to stop."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    ready: Callable[[], bool] = lambda: True
    directory: Path | None = None
    start_seconds: float = 60
    stop_seconds: float = 3
    facts: Mapping[str, str] = field(default_factory=dict)


class Process:
    """A running program, in a session of its own: a Ctrl-C in the terminal reaches only the supervisor.

    On Linux it gets `orphan_signal` when the thread that started it is gone, however that ended.
    """

    def __init__(
        self, program: Program, *, output: IO[bytes] | int, orphan_signal: int = signal.SIGTERM
    ) -> None:
        self.program = program
        self.began = time.monotonic()
        self.popen = subprocess.Popen(
            program.command,
            env=dict(program.environment),
            cwd=program.directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_dies_with_parent(orphan_signal),  # noqa: PLW1509 - one prctl, nothing that takes a lock
        )

    @property
    def name(self) -> str:
        return self.program.name

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def is_alive(self) -> bool:
        return self.popen.poll() is None

    def wait_until_ready(self, *, rest: Callable[[], None] = lambda: time.sleep(0.02)) -> None:
        """Raises `CannotStart` when it ends or takes longer than it may. `rest` may raise to give up."""
        end = time.monotonic() + self.program.start_seconds
        while not self.program.ready():
            if not self.is_alive:
                code = self.popen.returncode
                raise CannotStart(f"{self.name} ended at once with exit code {code}; see its lines above.")
            if time.monotonic() > end:
                raise CannotStart(f"{self.name} did not answer within {self.program.start_seconds:.0f} s.")
            rest()

    def stop(self, *, is_patient: Callable[[], bool] = lambda: True) -> bool:
        """Ask it to stop, wait, then kill what is left of its session; whether it stopped by itself."""
        self.signal(signal.SIGTERM)
        end = time.monotonic() + self.program.stop_seconds
        try:
            while self.is_alive and time.monotonic() < end and is_patient():
                time.sleep(0.02)
            return not self.is_alive
        finally:
            self.kill()

    def kill(self) -> None:
        """End it and its children at once."""
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: EPERM for a group of zombies
            os.killpg(self.pid, signal.SIGKILL)
        self.popen.wait()

    def signal(self, number: int) -> None:
        if self.is_alive:
            self.popen.send_signal(number)


def _dies_with_parent(number: int) -> Callable[[], None] | None:
    libc = LIBC
    if libc is None:
        return None
    return lambda: libc.prctl(PR_SET_PDEATHSIG, number)


def inherited() -> dict[str, str]:
    """What a store may know of the environment: nothing of the user's AWS or Java settings."""
    return {name: os.environ[name] for name in INHERITED if name in os.environ}


def answers(port: int) -> bool:
    """Whether something accepts connections on a port of this machine."""
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", port)) == 0


def is_free(port: int) -> bool:
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind(("127.0.0.1", port))
        except OSError:
            return False
    return not answers(port)


def free_port(preferred: int | None = None) -> int:
    """The preferred port, else one below those that the system gives to outgoing connections."""
    if preferred and is_free(preferred):
        return preferred
    for _ in range(1000):
        port = random.randint(15000, 30999)  # noqa: S311 - no secret
        if is_free(port):
            return port
    raise CannotStart("No free port was found on 127.0.0.1.")
