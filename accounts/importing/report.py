"""What came of an import: how many rows of each file were taken, and why others were not."""

from collections import Counter, defaultdict
from typing import Any

EXAMPLES_AT_MOST = 100


class Report:
    """The same however often the import ran: what an earlier run took counts as taken."""

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()
        self.refused: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.left_out: list[str] = []
        """The files that are there, and of which no import takes anything."""
        self._examples: list[dict[str, Any]] = []

    def add(self, name: str, *, line: int, reason: str | None) -> None:
        """A row, by its line from 1 on; no reason: it was taken."""
        if reason is None:
            self.taken[name] += 1
            return
        self.refused[name][reason] += 1
        if len(self._examples) < EXAMPLES_AT_MOST:
            self._examples.append({"file": name, "line": line, "reason": reason})

    def document(self) -> dict[str, Any]:
        """As JSON, with the names of files of which no import takes anything.

        `{"taken": {"posts": 7}, "refused": {"posts": {"content: blank": 1}}, "left_out": ["likes"], "examples": [...]}`
        """
        refused = {name: dict(reasons) for name, reasons in self.refused.items()}
        counts = {"taken": dict(self.taken), "refused": refused}
        return {**counts, "left_out": self.left_out, "examples": self._examples}
