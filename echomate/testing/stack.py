"""The services of one pytest process: two Redis servers and an emulator of AWS, on ports of their own."""

import os
import secrets
import shutil
import signal
import tempfile
from base64 import urlsafe_b64encode
from functools import cached_property
from pathlib import Path

import pytest
import redis

from echomate.local import dynamodb_local, ministack, redis_server
from echomate.local.processes import Process, Program, free_port
from echomate.testing.timing import needs_mark

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"
ACCESS_KEY = "tests"
SECRET_KEY = "secret-of-one-test-run"
PREFIX = "echomate-test-"
SECRETS = {
    "SECRET_KEY": secrets.token_hex(24),
    "JWT_SECRET": secrets.token_hex(24),
    "ENCRYPTION_KEYS": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
}
"""Of this process, and of those that it starts."""
SERVICES = ("redis-feeds", "redis-state", "aws", "dynamodb")


needs_times_of_records = pytest.mark.skipif(
    os.environ.get("ECHOMATE_TEST_DYNAMODB") == "dynamodb-local",
    reason="DynamoDB Local rounds the times of records down to the minute: what waits for the projector takes minutes",
)


class Stack:
    """Ports and directory are chosen at once, for the environment; the programs start later.

    With `ECHOMATE_TEST_DYNAMODB=dynamodb-local`, DynamoDB is AWS's own DynamoDB Local; S3 stays ministack.
    """

    def __init__(self, *, dynamodb_local: bool | None = None, durable: bool = False) -> None:
        chosen = os.environ.get("ECHOMATE_TEST_DYNAMODB") == "dynamodb-local"
        self.uses_dynamodb_local = chosen if dynamodb_local is None else dynamodb_local
        self.durable = durable
        _remove_abandoned()
        self.directory = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
        self.ports = {
            name: free_port(preferred) for name, preferred in zip(SERVICES, _own_ports(), strict=True)
        }
        self.processes: dict[str, Process] = {}
        self.buckets_of: Process | None = None
        """The emulator in which the buckets were made: another has none."""

    @property
    def environment(self) -> dict[str, str]:
        """The settings under which Echomate uses these services."""
        aws = f"http://127.0.0.1:{self.ports['aws']}"
        dynamodb = f"http://127.0.0.1:{self.ports['dynamodb']}" if self.uses_dynamodb_local else aws
        return {
            "ENVIRONMENT": "test",
            **SECRETS,
            "DJANGO_SETTINGS_MODULE": "echomate.settings",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_ENDPOINT_URL": aws,
            "DYNAMODB_ENDPOINT_URL": dynamodb,
            "REDIS_URL": f"redis://127.0.0.1:{self.ports['redis-feeds']}/0",
            "REDIS_STATE_URL": f"redis://127.0.0.1:{self.ports['redis-state']}/0",
            "MAIL_DIR": str(self.directory / "mail"),
            "FEED_DEPTH": "16",
            "FEED_CAP": "16",
        }

    @cached_property
    def programs(self) -> dict[str, Program]:
        """The services by name: redis-feeds, redis-state, aws, and dynamodb where that is another program."""
        where = self.directory
        programs = [
            redis_server.feeds(port=self.ports["redis-feeds"], directory=where / "redis-feeds"),
            redis_server.state(port=self.ports["redis-state"], directory=where / "redis-state"),
            ministack.program(
                port=self.ports["aws"],
                directory=where / "aws",
                access_key=ACCESS_KEY,
                secret_key=SECRET_KEY,
                keep=False,
            ),
        ]
        if self.uses_dynamodb_local:
            programs.append(
                dynamodb_local.program(
                    port=self.ports["dynamodb"],
                    directory=where / "dynamodb",
                    cache=CACHE,
                    durable=self.durable,
                )
            )
        return {program.name: program for program in programs}

    def launch(self) -> None:
        """Start what doesn't run."""
        for name in self.programs:
            if name not in self.processes:
                self._launch(name)

    def start(self) -> None:
        """Start what doesn't run and wait until all of it serves."""
        self.launch()
        for process in self.processes.values():
            process.wait_until_ready()

    def restart(self, name: str) -> None:
        """Start a service that was killed, on the same port and directory."""
        self._launch(name)
        self.processes[name].wait_until_ready()

    def _launch(self, name: str) -> None:
        with (self.directory / f"{name}.log").open("ab") as log:
            self.processes[name] = Process(
                self.programs[name], output=log.fileno(), orphan_signal=signal.SIGKILL
            )

    def kill(self, name: str) -> None:
        """End it as a loss of power would."""
        needs_mark()
        self.processes.pop(name).kill()

    def freeze(self, name: str) -> None:
        """The service hangs: connections are accepted by the kernel, and nothing answers."""
        needs_mark()
        self.processes[name].signal(signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        self.processes[name].signal(signal.SIGCONT)

    def empty_redis(self) -> None:
        for client in self._redis:
            client.flushall()

    @cached_property
    def _redis(self) -> list[redis.Redis]:
        """Kept, as it takes a client longer to be made than to empty a server."""
        return [redis.Redis(port=self.ports[name]) for name in ("redis-feeds", "redis-state")]

    def log(self, name: str) -> str:
        return (self.directory / f"{name}.log").read_text(errors="replace")

    def close(self) -> None:
        """End all services and remove their files."""
        for client in self.__dict__.pop("_redis", ()):
            client.close()
        for process in self.processes.values():
            process.kill()
        self.processes.clear()
        shutil.rmtree(self.directory, ignore_errors=True)


def _own_ports() -> range:
    """Ports that no other live process prefers, so that parallel runs don't choose the same ones at once."""
    first = 15000 + os.getpid() % 4000 * len(SERVICES)
    return range(first, first + len(SERVICES))


def _remove_abandoned() -> None:
    """Directories of processes that were killed; the kernel ended their services with them."""
    for directory in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
        owner = directory.name.removeprefix(PREFIX).partition("-")[0]
        if owner.isdecimal() and not _is_alive(int(owner)):
            shutil.rmtree(directory, ignore_errors=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
