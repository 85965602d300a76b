"""Writes the figures of a run as Markdown."""

import os
import platform
import statistics
import subprocess
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench.calls import Calls
from bench.delivery import Delivery
from bench.loading import Load
from bench.measuring import CONNECTIONS, SERVERS, Extent, Figures, Measured
from bench.plot import plot
from bench.stack import commit
from echomate.local import redis_server

HERE = Path(__file__).parent
PACKAGES = ("Django", "djangorestframework", "gunicorn", "redis", "hiredis", "pynamodb", "botocore", "orjson")
MAY_TAKE = {10: None, 1000: 150, 10_000: 1000}
AFTER_FLUSH_MAY_TAKE, WEB_MAY_TAKE = 700, 200


def write(figures: Figures, *, quick: bool, minutes: float) -> None:
    """`results.md` and `results.svg`; a quick run writes to `.local`, since it proves little."""
    directory = HERE.parent / ".local" if quick else HERE
    directory.mkdir(exist_ok=True)
    parts = (
        _head(figures, minutes),
        _cpu(figures),
        _calls(figures.calls),
        _deliveries(figures),
        _growth(figures),
        _memory(figures),
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
process apart, shares the cores with the servers. Each figure is that of the quietest of {rounds} rounds of
{figures.extent.seconds:g} s: other processes of the machine took {figures.others:.0%} of its cores meanwhile, and add
to CPU and to times, those of the last two lines of the first table too."""


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


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


# --- CPU --------------------------------------------------------------------------------------------------------------


def _cpu(figures: Figures) -> str:
    head = (
        *("action", "web", "Redis", "web + Redis", "may take"),
        *(f"at {CONNECTIONS}: web", "web + Redis"),
        *("projector + worker", "DynamoDB Local", "generator"),
        *("requests/s at 1", f"at {CONNECTIONS}", "ms at 1: median", f"at {CONNECTIONS}: median", "99 %"),
    )
    rows = [_cpu_row(measured) for measured in (*figures.actions, *figures.floor)]
    return (
        "## CPU of a request, in ms, and requests a second\n\n"
        f"{_table(head, rows)}\n\n"
        "![CPU of a request](results.svg)\n\n"
        "At one connection where nothing else is said. *may take* is of web + Redis for reads, of web for writes. "
        f"A home feed's answer has {figures.answer_bytes:,} bytes; the last line returns the same, "
        "after the same Redis commands, from stock parts."
    )


def _cpu_row(measured: Measured) -> Sequence[object]:
    alone, together = measured.alone, measured.together
    behind = (_of(alone, name) for name in ("projector", "worker"))
    return (
        measured.name,
        *(
            f"{_of(alone, 'web'):.2f}",
            f"{redis_cpu(alone):.2f}",
            f"**{_of(alone, 'web') + redis_cpu(alone):.2f}**",
        ),
        "" if measured.target is None else f"{measured.target:.1f}",
        *(f"{_of(together, 'web'):.2f}", f"{_of(together, 'web') + redis_cpu(together):.2f}"),
        *(f"{sum(behind):.2f}", f"{_of(alone, 'dynamodb'):.2f}", f"{_of(together, 'generator'):.2f}"),
        *(f"{alone.per_second:,.0f}", f"**{together.per_second:,.0f}**"),
        *(f"{alone.times[50]:.1f}", f"{together.times[50]:.1f}", f"{together.times[99]:.1f}"),
    )


def _of(load: Load, name: str) -> float:
    return load.cpu.get(name, 0)


def redis_cpu(load: Load) -> float:
    """Both servers'."""
    return _of(load, "redis-feeds") + _of(load, "redis-state")


# --- calls ------------------------------------------------------------------------------------------------------------


def _calls(calls: Sequence[Calls]) -> str:
    head = ("action", "caches", "units", "projection adds", "DynamoDB calls", "Redis round trips", "commands")
    rows = [
        (
            *(
                one.action,
                one.caches,
                f"{one.units:g}",
                "" if one.projected is None else f"{one.projected:g}",
            ),
            _counted(one.dynamodb) or "none",
            *(len(one.redis), sum(map(len, one.redis))),
        )
        for one in calls
    ]
    return (
        "## What the stores are asked\n\n"
        f"{_table(head, rows)}\n\n"
        "Units are DynamoDB's capacity units as ReturnConsumedCapacity reports them. What the projection adds is for "
        "one event alone; events that come together share the checkpoint. DynamoDB Local counts a transaction "
        "otherwise than AWS does: there each item of it is 2 units."
    )


def _counted(operations: Sequence[str]) -> str:
    return ", ".join(name if n == 1 else f"{n} {name}" for name, n in Counter(operations).items())


# --- times and growth -------------------------------------------------------------------------------------------------


def _deliveries(figures: Figures) -> str:
    rows = [_delivery(one) for one in figures.deliveries]
    after = figures.after_flush
    posts = f"{figures.extent.many_posts:,} posts"
    flush = (
        f"a home feed after a flush of Redis, 200 followed, {posts}",
        *_spread(after),
        AFTER_FLUSH_MAY_TAKE,
    )
    return f"## Times, in ms\n\n{_table(('what', 'median', 'longest', 'may take'), [*rows, flush])}"


def _delivery(one: Delivery) -> Sequence[object]:
    limit = MAY_TAKE.get(one.feeds)
    return (
        f"from a POST's answer until {one.feeds:,} feeds hold it",
        *_spread(one.milliseconds),
        limit or "",
    )


def _spread(values: Sequence[float]) -> tuple[str, str]:
    return f"**{statistics.median(values):.0f}**", f"{max(values):.0f}"


def _growth(figures: Figures) -> str:
    extent: Extent = figures.extent
    rows = [
        (name, *(f"{_of(load, 'web') + redis_cpu(load):.2f}" for load in loads))
        for name, loads in figures.growth.items()
    ]
    head = ("warm, at one connection", f"{extent.posts:,} posts", f"{extent.many_posts:,} posts")
    return f"## Nothing grows: CPU of web + Redis, in ms\n\n{_table(head, rows)}"


def _memory(figures: Figures) -> str:
    rows = [
        (name, one.processes, f"{one.resident:.0f}", f"{one.proportional:.0f}")
        for name, one in figures.memory.items()
        if name == "web, at rest" or name in SERVERS
    ]
    return (
        "## Memory, in MiB\n\n"
        f"{_table(('', 'processes', 'resident', 'proportional'), rows)}\n\n"
        "After all loads, but for the first line. Web is gunicorn's arbiter and its workers, and may take "
        f"{WEB_MAY_TAKE}. Pages that several processes share count whole in *resident* and by their part in "
        "*proportional*. "
        f"A full home feed, 800 ids, takes {figures.full_feed_bytes:,} bytes of Redis."
    )
