"""Runs the load generator against a server, and accounts for the CPU that the processes spend meanwhile."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """Requests to a server, sent in turn, over and over or `once`; `pids` are the processes whose CPU counts."""

    requests: Sequence[bytes]
    port: int
    pids: Mapping[str, int]
    once: bool = False
    expected: int = 200

    def load(self, seen: Mapping[str, Any], cpu: Mapping[str, float]) -> Load:
        """Another status than the one that is expected is an error."""
        count = sum(seen["statuses"].values())
        if set(seen["statuses"]) != {str(self.expected)}:
            raise RuntimeError(f"{self.requests[0][:60]!r} was answered {seen['statuses']}")
        return Load(
            count,
            count / seen["seconds"],
            {int(part): 1000 * value for part, value in seen["times"].items()},
            {name: 1000 * value / count for name, value in cpu.items()},
        )


def run(target: Target, *, connections: int, seconds: float) -> Load:
    """Send the requests for some seconds."""
    (load,) = _generate([target], connections=connections, seconds=seconds)
    return load


def run_in_turn(targets: Sequence[Target], *, seconds: float) -> list[Load]:
    """Send those of several servers, some milliseconds each in turn, at one connection."""
    return _generate(targets, connections=1, seconds=seconds)


def _generate(targets: Sequence[Target], *, connections: int, seconds: float) -> list[Load]:
    sides = [
        {"port": each.port, "once": each.once, "sizes": [len(one) for one in each.requests]}
        for each in targets
    ]
    plan = {"connections": connections, "seconds": seconds, "sides": sides}
    before = [_cpu(target) for target in targets]
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=json.dumps(plan).encode() + b"\n" + b"".join(one for each in targets for one in each.requests),
        stdout=subprocess.PIPE,
        check=True,
        timeout=seconds + 60,
    )
    after = [_cpu(target) for target in targets]
    answer = json.loads(done.stdout)
    loads = []
    for target, seen, start, end in zip(targets, answer["sides"], before, after, strict=True):
        cpu = {name: end[name] - start[name] for name in target.pids}
        loads.append(target.load(seen, {**cpu, "generator": answer["cpu"]}))
    return loads


def _cpu(target: Target) -> dict[str, float]:
    return {name: cpu_seconds(pid) for name, pid in target.pids.items()}


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
