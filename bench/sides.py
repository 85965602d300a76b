"""Two commits that run beside each other, and what they cost over each other and over the floor."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from bench import calls
from bench.actions import Action, actions, of_floor
from bench.comparing import ROUNDS, SERVERS, Side, cost, factor, take_turns
from bench.growth import lose_redis
from bench.loading import Load, middle, say
from bench.network import Network, Person
from bench.stack import Stack, commit, settle
from bench.tables import table
from echomate.local import programs
from echomate.local.processes import Program

WRITES = 2500


@dataclass(slots=True)
class Commit:
    """A commit's tree, and the stack in which it runs."""

    tree: Path
    stack: Stack
    network: Network = field(default_factory=Network)

    def start(self) -> dict[str, Any]:
        """Its stores, network and processes. Returns what `bench.writing` says."""
        self.stack.start_stores()
        written = self._write()
        for name in ("authors", "readers", "actors", "admirers"):
            setattr(self.network, name, [Person(id_, token) for id_, token in written[name]])
        self.network.posts, self.network.thread = written["posts"], written["thread"]
        for name, command, stop_seconds in written["applications"]:
            self._launch(name, command, stop_seconds)
        return written

    def _write(self) -> dict[str, Any]:
        file = self.stack.home.directory / "written.json"
        program = Path(__file__).with_name("writing.py")
        subprocess.run(
            [sys.executable, "-P", program, file],
            cwd=self.tree, env=self._environment, stdout=subprocess.DEVNULL, check=True,
        )  # fmt: skip
        written: dict[str, Any] = json.loads(file.read_text())
        return written

    def _launch(self, name: str, command: Sequence[str], stop_seconds: float) -> None:
        health = f"http://127.0.0.1:{self.stack.port}/health"
        self.stack.launch(
            Program(
                name=name,
                command=command,
                environment=self._environment,
                directory=self.tree,
                ready=lambda: name != "web" or programs.answers_well(health),
                stop_seconds=stop_seconds,
            )
        )

    @property
    def _environment(self) -> dict[str, str]:
        own = {"PYTHONPATH": str(self.tree), "PYTHONUNBUFFERED": "1", "PORT": str(self.stack.port)}
        return {**self.stack.environment, **own}

    def actions(self) -> list[Action]:
        return actions(self.network, writes=WRITES)

    def side(self, action: Action) -> Side:
        return Side(action, self.stack.port, self.stack.pids(*SERVERS))


def compare(base: Commit, own: Commit, names: Sequence[str]) -> str:
    """A table of the actions whose names have one of these parts."""
    base.start()
    written = own.start()
    own.stack.start_floor(written["pages"], calls.scripts(written["pages"][0]))
    lose_redis(*((each.stack, each.network.readers[0]) for each in (base, own)))
    say("both commits and the floor run")
    *_, stock = of_floor(own.stack.secret, own.network.readers[:-1])
    floor = Side(stock, own.stack.floor_port, own.stack.floor_pids)
    rows = []
    for theirs, ours in zip(base.actions(), own.actions(), strict=True):
        if any(name in ours.name for name in names):
            rest = partial(_settle_both, base, own) if ours.once else None
            loads = take_turns([base.side(theirs), floor, own.side(ours)], rounds=ROUNDS, after=rest)
            rows.append(_row(ours.name, *loads))
            say(ours.name)
    head = ("action", f"{commit(base.tree)}, ms", f"{commit()}, ms")
    ratios = ("former over the floor", "latter over the floor", "latter over former")
    return table((*head, *ratios), rows)


def _settle_both(base: Commit, own: Commit) -> None:
    settle(base.stack)
    settle(own.stack)


def _row(name: str, base: Sequence[Load], floor: Sequence[Load], own: Sequence[Load]) -> Sequence[str]:
    ratios = (factor(base, floor), factor(own, floor), factor(own, base))
    return (
        name,
        *(f"{cost(middle(loads)):.2f}" for loads in (base, own)),
        *(f"**{ratio:.2f}**" for ratio in ratios),
    )
