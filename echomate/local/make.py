"""Signals that reach only the `make` above: GNU make passes SIGTERM on, but keeps SIGINT and SIGHUP and waits."""

import os
import signal
from pathlib import Path

KEPT = sum(1 << (number - 1) for number in (signal.SIGINT, signal.SIGHUP))


class Make:
    """The parent process, where that is make. It takes back its handler of a signal that it has got."""

    def __init__(self) -> None:
        self.pid = os.getppid()
        self.status = Path(f"/proc/{self.pid}/status")
        self.caught = self._caught() if self._name() == "make" else 0

    def was_told_to_stop(self) -> bool:
        return bool(self.caught) and bool(self.caught & ~self._caught())

    def _name(self) -> str:
        return self._field("Name")

    def _caught(self) -> int:
        """Which of the kept signals it has handlers for, as bits; unknown without /proc or when it is gone."""
        return int(self._field("SigCgt") or "0", 16) & KEPT

    def _field(self, name: str) -> str:
        try:
            lines = self.status.read_text().splitlines()
        except OSError:
            return ""
        return next((line.partition(":")[2].strip() for line in lines if line.startswith(f"{name}:")), "")
