"""Writes the figures of a run as Markdown."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench import tables
from bench.figures import Figures
from bench.plot import plot
from bench.stack import commit
from echomate.local import redis_server

HERE = Path(__file__).parent
PACKAGES = ("Django", "djangorestframework", "gunicorn", "redis", "hiredis", "pynamodb", "botocore", "orjson")


def write(figures: Figures, *, quick: bool, minutes: float) -> None:
    """`results.md` and `results.svg`; a quick run writes to `.local`, since it proves little."""
    directory = HERE.parent / ".local" if quick else HERE
    directory.mkdir(exist_ok=True)
    parts = (
        _head(figures, minutes),
        tables.cpu(figures),
        tables.calls(figures.calls),
        tables.times(figures),
        tables.growth(figures),
        tables.at_rest(figures),
        tables.memory(figures),
    )
    text = "\n\n".join(parts) + "\n"
    (directory / "results.md").write_text(text)
    (directory / "results.svg").write_text(plot(figures))
    print(text)


def _head(figures: Figures, minutes: float) -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    rounds = figures.extent.rounds
    return f"""# What Echomate costs

`make bench` wrote this on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, of commit {commit()}, in {minutes:.1f} minutes,
on one machine, over loopback: {_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}.
Python {platform.python_version()}, {_redis()}, DynamoDB Local in memory, {packages}.

CPU is what the kernel accounted to the processes, user and system time, divided by the requests. The load generator, a
process apart, shares the cores with the servers. What isn't taken in turn with the floor is of the quietest of {rounds}
rounds of {figures.extent.seconds:g} s. Other processes of the machine took {figures.others:.0%} of its cores meanwhile,
and add to CPU and to times."""


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _redis() -> str:
    said = subprocess.run(
        [redis_server.find(), "--version"], capture_output=True, text=True, check=True
    ).stdout
    return f"Redis {said.partition('v=')[2].split()[0]}"
