"""What the processes say, a line at a time, each with the name of who says it."""

import sys
import threading
from contextlib import suppress
from typing import IO

from echomate.local.processes import Process

WIDTH = 11
COLOURS = (36, 33, 32, 35, 34, 31)


class Lines:
    """Standard output, shared by all processes. Names are coloured where that is a terminal."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._colours: dict[str, int] = {}
        self._readers: list[tuple[Process, threading.Thread]] = []
        self._coloured = sys.stdout.isatty()

    def say(self, text: str, *, name: str = "echomate") -> None:
        """One line for each of the text's. A terminal that is gone is no reason to stop in disorder."""
        with self._lock, suppress(OSError, ValueError):
            for line in text.splitlines():
                sys.stdout.write(f"{self._prefix(name)} {line}\n")
            sys.stdout.flush()

    def _prefix(self, name: str) -> str:
        prefix = f"{name:<{WIDTH}} |"
        if not self._coloured or name == "echomate":
            return prefix
        colour = self._colours.setdefault(name, COLOURS[len(self._colours) % len(COLOURS)])
        return f"\033[{colour}m{prefix}\033[0m"

    def follow(self, process: Process) -> None:
        """Read a process's output to its end, in a thread."""
        output = process.popen.stdout
        if output is None:
            raise ValueError(f"the output of {process.name} goes elsewhere")
        reader = threading.Thread(target=self._read, args=(process.name, output), daemon=True)
        reader.start()
        self._readers.append((process, reader))

    def _read(self, name: str, output: IO[bytes]) -> None:
        with output:
            for line in output:
                self.say(line.decode(errors="replace"), name=name)

    def finish(self, *ended: Process) -> None:
        """Wait for the last lines of processes that have ended: of these, else of all."""
        for process, reader in self._readers:
            if process in ended or not ended:
                reader.join(timeout=1)
