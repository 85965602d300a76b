"""Runs the load generator against a server, and accounts for the CPU that the processes spend meanwhile."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.accounting import cpu_seconds


@dataclass(frozen=True, slots=True)
class Load:
    """What one run of the generator saw. `cpu` is milliseconds a request, by process; `times` are milliseconds."""

    requests: int
    per_second: float
    times: Mapping[int, float]
    cpu: Mapping[str, float]


def request(
    method: str, path: str, *, token: str | None = None, body: Mapping[str, object] | None = None
) -> bytes:
    """The bytes of a request as a browser's fetch would send them, without its decoration."""
    content = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: application/json"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if method in ("POST", "PUT", "PATCH"):
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def run(
    requests: Sequence[bytes],
    *,
    port: int,
    connections: int,
    seconds: float,
    pids: Mapping[str, int],
    once: bool = False,
    expected: int = 200,
) -> Load:
    """Send the requests in turn, over and over or `once`, for some seconds. Another status is an error."""
    plan = {
        "host": "127.0.0.1",
        "port": port,
        "connections": connections,
        "seconds": seconds,
        "once": once,
        "sizes": [len(one) for one in requests],
    }
    generator = [sys.executable, "-m", "bench.load"]
    before = {name: cpu_seconds(pid) for name, pid in pids.items()}
    done = subprocess.run(
        generator,
        input=json.dumps(plan).encode() + b"\n" + b"".join(requests),
        stdout=subprocess.PIPE,
        check=True,
        timeout=seconds + 60,
    )
    spent = {name: cpu_seconds(pid) - before[name] for name, pid in pids.items()}
    seen = json.loads(done.stdout)
    count = sum(seen["statuses"].values())
    if set(seen["statuses"]) != {str(expected)}:
        raise RuntimeError(f"{requests[0][:60]!r} was answered {seen['statuses']}")
    return Load(
        count,
        count / seen["seconds"],
        {int(part): 1000 * value for part, value in seen["times"].items()},
        {name: 1000 * value / count for name, value in {**spent, "generator": seen["cpu"]}.items()},
    )


def middle(loads: Sequence[Load]) -> Load:
    """The median of each figure."""
    return Load(
        sum(load.requests for load in loads),
        statistics.median(load.per_second for load in loads),
        {part: statistics.median(load.times[part] for load in loads) for part in loads[0].times},
        {name: statistics.median(load.cpu[name] for load in loads) for name in loads[0].cpu},
    )


def least(loads: Sequence[Load]) -> Load:
    return min(loads, key=lambda load: load.cpu["web"])


def say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)
