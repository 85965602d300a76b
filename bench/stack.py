"""All of Echomate on this machine for one run: fresh stores, DynamoDB Local for the table, ministack for S3 alone."""

import json
import os
import runpy
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import botocore.session
import redis

from echomate.local import dynamodb_local, ministack, programs, redis_server
from echomate.local.home import Home
from echomate.local.processes import Process, Program, free_port

SOURCE = Path(__file__).resolve().parents[1]


class Stack:
    """`environment` is that of `make run`, but for the emulator and for rate limits that nobody reaches."""

    def __init__(self) -> None:
        self.home = Home(Path(tempfile.mkdtemp(prefix="echomate-bench-")))
        self.home.prepare()
        (self.home.directory / "metrics").mkdir()
        self.port, self.floor_port, self.s3_port = free_port(), free_port(), free_port()
        own = {"RATE_LIMIT_FACTOR": "1000000", "FEED_DEPTH": "400", "FEED_CAP": "800"}
        self.environment = self.home.environment({**os.environ, **own})
        self.environment["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{self.s3_port}"
        self.processes: dict[str, Process] = {}

    def start_stores(self) -> None:
        directory = self.home.directory
        stores = [
            redis_server.feeds(port=self.home.port("redis-feeds"), directory=directory / "redis-feeds"),
            redis_server.state(port=self.home.port("redis-state"), directory=directory / "redis-state"),
            dynamodb_local.program(
                port=self.home.port("aws"),
                directory=directory / "dynamodb",
                cache=SOURCE / ".cache",
                durable=False,
            ),
            ministack.program(
                port=self.s3_port,
                directory=directory / "aws",
                access_key=self.home.secret("aws_access_key_id"),
                secret_key=self.home.secret("aws_secret_access_key"),
                keep=False,
            ),
        ]
        for store in stores:
            self.launch(store)
        self._warm_up()

    def _warm_up(self) -> None:
        """DynamoDB Local's first table takes seconds on a busy machine, longer than Echomate waits."""
        client: Any = botocore.session.get_session().create_client(
            "dynamodb",
            endpoint_url=f"http://127.0.0.1:{self.home.port('aws')}",
            region_name=self.environment["AWS_REGION"],
            aws_access_key_id=self.home.secret("aws_access_key_id"),
            aws_secret_access_key=self.home.secret("aws_secret_access_key"),
        )
        client.create_table(
            TableName="warming-up",
            AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        client.delete_table(TableName="warming-up")

    def start_applications(self) -> None:
        for program in programs.applications(self.environment, port=self.port):
            self.launch(program)

    def start_floor(self, pages: Sequence[Mapping[str, Any]], scripts: Sequence[str]) -> None:
        """Stock gunicorn, with as many processes and threads as Echomate's, and a Redis of its own.

        It answers the pages that `calls.warm_homes` makes. Its Redis holds for good what redis-feeds holds now, so that
        it finds the same as long as it runs.
        """
        ours = runpy.run_path(str(SOURCE / programs.GUNICORN))
        port = free_port()
        server = redis_server.feeds(port=port, directory=self.home.directory / "redis-floor")
        self.launch(replace(server, name="redis-floor"))
        url = f"redis://127.0.0.1:{port}/0"
        copy, source = redis.Redis.from_url(url), self.redis()
        for key in source.scan_iter():
            copy.restore(key, 0, source.dump(key) or b"", replace=True)
        for script in scripts:
            copy.script_load(script)
        file = self.home.directory / "floor.json"
        from accounts import passwords
        from bench.network import PASSWORD

        password = {"password": PASSWORD, "password_hash": passwords.make(PASSWORD)}
        given = {"secret": self.secret, "redis_url": url, **password}
        file.write_text(json.dumps({**given, "pages": pages}))
        self.launch(
            Program(
                name="floor",
                command=[
                    sys.executable,
                    "-m",
                    "gunicorn",
                    "--preload",
                    *("--worker-class", "gthread"),
                    *("--workers", str(ours["workers"]), "--threads", str(ours["threads"])),
                    *("--keep-alive", str(ours["keepalive"])),
                    *("--bind", f"127.0.0.1:{self.floor_port}"),
                    "--no-control-socket",
                    "bench.floor",
                ],
                environment={**self.environment, "ECHOMATE_FLOOR": str(file)},
                directory=SOURCE,
                ready=lambda: programs.answers_well(f"http://127.0.0.1:{self.floor_port}/bare"),
            )
        )

    def launch(self, program: Program) -> None:
        with (self.home.directory / f"{program.name}.log").open("wb") as log:
            process = Process(program, output=log)
        self.processes[program.name] = process
        process.wait_until_ready()

    @property
    def secret(self) -> str:
        return self.environment["SECRET_KEY"]

    def pid(self, name: str) -> int:
        return self.processes[name].pid

    @property
    def floor_pids(self) -> dict[str, int]:
        return {"web": self.pid("floor"), "redis-feeds": self.pid("redis-floor")}

    def pids(self, *names: str) -> dict[str, int]:
        return {name: self.pid(name) for name in names}

    def stop(self, name: str) -> None:
        self.processes.pop(name).stop()

    def close(self) -> None:
        """Stop all that was started, the youngest first, and remove its files."""
        for name in reversed(list(self.processes)):
            self.stop(name)
        shutil.rmtree(self.home.directory, ignore_errors=True)

    def redis(self) -> redis.Redis:
        return redis.Redis.from_url(self.environment["REDIS_URL"])

    def log(self, name: str) -> str:
        return (self.home.directory / f"{name}.log").read_text(errors="replace")


def commit(tree: Path = SOURCE) -> str:
    """The commit of a tree, and whether its sources differ from it."""
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--exclude", "*"],
        cwd=tree, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return described.stdout.strip() or "no commit"


def settle(stack: Stack, *, quiet_seconds: float = 0.5) -> None:
    """Wait, half a minute at most, until the projector and the worker are at rest."""
    from bench.accounting import cpu_seconds

    end = time.monotonic() + 30
    last = -1.0
    while time.monotonic() < end:
        now = sum(cpu_seconds(stack.pid(name)) for name in ("projector", "worker"))
        if now - last <= 0.1 * quiet_seconds:
            return
        last = now
        time.sleep(quiet_seconds)
