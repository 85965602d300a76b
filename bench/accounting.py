"""What processes cost, as the kernel accounts for it: CPU of whole trees, and memory. Linux only."""

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")
CPUCLOCK_SCHED = 2


@dataclass(frozen=True, slots=True)
class Memory:
    """MiB of a tree of processes: resident, and with shared pages divided among those who share them."""

    processes: int
    resident: float
    proportional: float


def tree(pid: int) -> list[int]:
    """A process and its descendants."""
    found = [pid]
    for parent in found:
        with suppress(OSError):
            for task in (PROC / str(parent) / "task").iterdir():
                found += [int(child) for child in (task / "children").read_text().split()]
    return found


def cpu_seconds(pid: int) -> float:
    """User and system time of a process, its descendants, and those of them that ended."""
    return sum(_own_seconds(each) + _ended_seconds(each) for each in tree(pid))


def _own_seconds(pid: int) -> float:
    """By the clock that Linux keeps for each process: `/proc` counts in hundredths of a second."""
    with suppress(OSError):
        return time.clock_gettime(~pid << 3 | CPUCLOCK_SCHED)
    return 0


def _ended_seconds(pid: int) -> float:
    """Of the children that a process has waited for."""
    with suppress(OSError):
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[13]) + int(fields[14])) / TICKS
    return 0


def machine_seconds() -> float:
    """CPU that all processes of the machine, its kernel and its hypervisor took since it started."""
    fields = (PROC / "stat").read_text().splitlines()[0].split()
    return sum(int(fields[n]) for n in (1, 2, 3, 6, 7, 8)) / TICKS


def memory(pid: int) -> Memory:
    pids = tree(pid)
    return Memory(len(pids), sum(_kilobytes(pids, "Rss")) / 1024, sum(_kilobytes(pids, "Pss")) / 1024)


def _kilobytes(pids: Iterable[int], name: str) -> Iterable[int]:
    for pid in pids:
        with suppress(OSError):
            for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
                if line.startswith(f"{name}:"):
                    yield int(line.split()[1])
