"""The recount after a crash, owed until it has ended well, over further starts too."""

from pathlib import Path
from typing import TYPE_CHECKING

from echomate.local.lines import Lines

if TYPE_CHECKING:
    from echomate.local.processes import Process


class Rebuild:
    def __init__(self, directory: Path) -> None:
        self.note = directory / "rebuild-owed"
        self.process: Process | None = None

    def owe(self) -> None:
        self.note.touch()

    @property
    def is_owed(self) -> bool:
        return self.note.exists()

    def look(self, lines: Lines) -> None:
        """Say how it ended, once it has."""
        if self.process is None or self.process.is_alive:
            return
        code = self.process.popen.returncode
        self.process = None
        if code:
            lines.say(f"The rebuild ended with exit code {code}; the next start does it again.")
        else:
            self.note.unlink(missing_ok=True)
            lines.say("The rebuild is done.")

    def stop(self) -> None:
        if self.process is not None:
            self.process.stop()
