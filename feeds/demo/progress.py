"""A bar for whoever watches a terminal; a line at the end of each part for logs."""

from django.core.management.base import OutputWrapper

WIDTH = 32


class Progress:
    """One part of the work, from 0 to `total`."""

    def __init__(self, stream: OutputWrapper, name: str, total: int) -> None:
        self._stream = stream
        self._name = name
        self._total = max(total, 1)
        self._done = 0
        self._show()

    def advance(self, by: int) -> None:
        self.reach(self._done + by)

    def reach(self, done: int) -> None:
        self._done = min(done, self._total)
        self._show()

    def finish(self) -> None:
        self._done = self._total
        self._show("\n")

    def _show(self, end: str = "") -> None:
        is_seen = self._stream.isatty()
        if is_seen or end:
            full = WIDTH * self._done // self._total
            bar = "█" * full + "·" * (WIDTH - full)
            start = "\r" if is_seen else ""
            self._stream.write(f"{start}{self._name:<10}{bar} {self._done}/{self._total}{end}", ending="")
            self._stream.flush()
