"""The note that a stack runs. Found at a start, it says that the last run ended without order."""

import json
import os
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

LEFTOVER_SECONDS = 15


class Marker:
    def __init__(self, directory: Path) -> None:
        self.file = directory / "running.json"
        self.began = datetime.now(UTC)

    def write(self, pids: Iterable[int]) -> None:
        """Note the processes of this run, with their start times: a reused pid is not taken for one."""
        note = {
            "began": f"{self.began:%Y-%m-%d %H:%M:%S} UTC",
            "processes": [[pid, _started(pid)] for pid in pids],
        }
        new = self.file.with_suffix(".new")
        new.write_text(json.dumps(note))
        new.replace(self.file)

    def remove(self) -> None:
        self.file.unlink(missing_ok=True)

    def began_last(self) -> str | None:
        """When the run began that didn't end in order; None where the last one did."""
        return str(self._note()["began"]) if self.file.exists() else None

    def end_leftovers(self) -> None:
        """Processes of that run that still stop have some time for it; then they are ended."""
        self._signal(signal.SIGTERM)
        end = time.monotonic() + LEFTOVER_SECONDS
        while self._leftovers() and time.monotonic() < end:
            time.sleep(0.2)
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        for pid in self._leftovers():
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def _leftovers(self) -> list[int]:
        if not self.file.exists():
            return []
        return [pid for pid, started in self._note()["processes"] if started and _started(pid) == started]

    def _note(self) -> dict[str, Any]:
        try:
            note: dict[str, Any] = json.loads(self.file.read_text())
        except ValueError:  # the machine went down while it was written
            return {"began": "at an unknown time", "processes": []}
        return note


def _started(pid: int) -> str:
    """The time a process began, as the kernel counts; "" where there is none (or no /proc)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    state, *rest = stat.rpartition(")")[2].split()
    return "" if state == "Z" else rest[18]
