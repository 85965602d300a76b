"""Starts confined children, waits no longer than they may take, and never believes what they say."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from media.processing.limits import Allowance
from media.processing.outcome import Refused

_ROOT = Path(__file__).parent.parent.parent
_ENVIRONMENT = {"PYTHONPATH": str(_ROOT), "LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "2"}
"""All that a child gets of it: no secret, no proxy."""
_SAID_AT_MOST = 256 * 1024
"""Bytes of what it prints that are read."""
_TICK = 0.25

_FROM_OUTSIDE = {-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP, -signal.SIGQUIT}
_EXHAUSTED = {-signal.SIGXCPU, -signal.SIGXFSZ}


class NotProcessed(OSError):
    """This machine's fault and not the file's: another attempt may succeed."""


@dataclass(frozen=True)
class Said:
    """What a child that has ended printed, as far as it is read."""

    code: int
    output: str
    errors: str


def run(
    order: dict[str, Any],
    *,
    original: Path,
    out: Path,
    allowance: Allowance,
    watch: Callable[[str], None] = lambda _output: None,
) -> Said:
    """Let a child do this; what it has printed so far is shown to `watch` now and then.

    Raises `Refused` where it broke or took too much, `NotProcessed` where somebody else ended it, or where the
    machine had no time for it.
    """
    whole = order | {"original": str(original), "out": str(out), "allowance": asdict(allowance)}
    with TemporaryFile() as output, TemporaryFile() as errors:
        child = _start(whole, output, errors)
        try:
            _wait(child, allowance, lambda: watch(_end_of(output)))
        finally:
            _kill(child)
        said = Said(child.returncode, _end_of(output), _end_of(errors))
    if said.code < 0:
        _broken(said)
    return said


def _start(order: dict[str, Any], output: IO[bytes], errors: IO[bytes]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", "-m", "media.processing.child"]
    return subprocess.Popen(  # noqa: S603 - this interpreter, and a module of ours
        [*command, json.dumps(order | {"parent": os.getpid()})],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=errors,
        env=_ENVIRONMENT,
        cwd=order["out"],
        start_new_session=True,
    )


def _wait(child: subprocess.Popen[bytes], allowance: Allowance, tick: Callable[[], None]) -> None:
    end = time.monotonic() + allowance.seconds
    while True:
        with suppress(subprocess.TimeoutExpired):
            child.wait(_TICK)
            return
        if time.monotonic() > end:
            raise _late(child, allowance)
        tick()


def _late(child: subprocess.Popen[bytes], allowance: Allowance) -> Refused | NotProcessed:
    """Whose fault it is: a child that has computed all the time took too much; another one got too little."""
    os.killpg(child.pid, signal.SIGKILL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if used.ru_utime + used.ru_stime > allowance.seconds / 2:
        return Refused("too-demanding")
    return NotProcessed(f"no end after {allowance.seconds:.0f} s, of which it computed little")


def _kill(child: subprocess.Popen[bytes]) -> None:
    """It, and whatever it may have started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _end_of(file: IO[bytes]) -> str:
    size = file.seek(0, os.SEEK_END)
    position = max(0, size - _SAID_AT_MOST)
    return os.pread(file.fileno(), _SAID_AT_MOST, position).decode(errors="replace")


def _broken(said: Said) -> None:
    if said.code in _FROM_OUTSIDE:
        raise NotProcessed(f"a child was ended by signal {-said.code}")
    raise Refused("too-demanding" if said.code in _EXHAUSTED else "damaged")
