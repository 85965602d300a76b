"""The data directory of a local stack: its secrets and ports, made once, and the settings made of them."""

import base64
import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from echomate.local.processes import CannotStart, free_port

SERVICES = ("redis-feeds", "redis-state", "aws")
SECRETS = ("secret_key", "jwt_secret", "aws_access_key_id", "aws_secret_access_key", "encryption_keys")
SETTINGS_OF_SERVICES = {"AWS_ENDPOINT_URL", "REDIS_URL", "REDIS_STATE_URL"}
# They would lead the client of AWS past the emulator.
FOREIGN = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL_DYNAMODB",
)


class Home:
    """A data directory. `remembered` is its `stack.json`, which only its owner may read."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.remembered: dict[str, Any] = {"secrets": {}, "ports": {}}
        if self._file.exists():
            self.remembered = json.loads(self._file.read_text())

    @classmethod
    def named_by(cls, environment: Mapping[str, str]) -> "Home":
        return cls(Path(environment.get("ECHOMATE_DATA_DIR") or ".local").resolve())

    @property
    def _file(self) -> Path:
        return self.directory / "stack.json"

    @property
    def is_prepared(self) -> bool:
        return all(name in self.remembered["ports"] for name in SERVICES)

    def prepare(self) -> None:
        """Make the secrets that are missing, and choose ports: the last ones where they are still free."""
        kept: dict[str, str] = self.remembered["secrets"]
        ports: dict[str, int] = self.remembered["ports"]
        self.remembered = {
            "secrets": {name: kept.get(name) or _new_secret(name) for name in SECRETS},
            "ports": {name: free_port(ports.get(name)) for name in SERVICES},
        }
        self.directory.mkdir(parents=True, exist_ok=True)
        write_private(self._file, json.dumps(self.remembered, indent=2))

    def port(self, service: str) -> int:
        return int(self.remembered["ports"][service])

    def secret(self, name: str) -> str:
        return str(self.remembered["secrets"][name])

    @property
    def login_file(self) -> Path:
        """Where `manage.py seed_demo` leaves a login."""
        return self.directory / "demo-login.txt"

    def environment(self, outer: Mapping[str, str]) -> dict[str, str]:
        """The settings of Echomate's processes: the stack's own before those of the user."""
        stack = {
            "ENVIRONMENT": "local",
            **{name.upper(): secret for name, secret in self.remembered["secrets"].items()},
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port('aws')}",
            "DYNAMODB_ENDPOINT_URL": f"http://127.0.0.1:{self.port('aws')}",
            "REDIS_URL": f"redis://127.0.0.1:{self.port('redis-feeds')}/0",
            "REDIS_STATE_URL": f"redis://127.0.0.1:{self.port('redis-state')}/0",
            **dict.fromkeys(("REDIS_CLUSTER", "REDIS_SENTINELS", "CELERY_BROKER_URL"), ""),
            "ECHOMATE_DATA_DIR": str(self.directory),
            "DJANGO_SETTINGS_MODULE": "echomate.settings",
        }
        preferences = {
            "RATE_LIMIT_FACTOR": "100",
            "PUBLIC_URL": f"http://localhost:{outer.get('PORT') or 8000}",
            "MAIL_DIR": str(self.directory / "mail"),
            "PROMETHEUS_MULTIPROC_DIR": str(self.directory / "metrics"),
        }
        return {**preferences, **{n: v for n, v in outer.items() if n not in FOREIGN}, **stack}

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One stack at a time uses the directory, which holds addresses and hashes: only its owner may look in."""
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = (self.directory / "lock").open("w")
        except OSError as error:
            raise CannotStart(
                f"{self.directory} can't hold the data ({error.strerror}): "
                "name a directory of yours with ECHOMATE_DATA_DIR."
            ) from None
        with file as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CannotStart(
                    f"Echomate already runs with the data in {self.directory}: stop it there, "
                    "or name another directory with ECHOMATE_DATA_DIR."
                ) from None
            yield


def _new_secret(name: str) -> str:
    if name == "encryption_keys":
        return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    return secrets.token_hex(24)


def join_running_stack(environment: "os._Environ[str]") -> None:
    """Let a command of `manage.py` use the local stack, unless the environment says what it is or names services."""
    names_services = SETTINGS_OF_SERVICES & {name for name, value in environment.items() if value}
    if names_services or (environment.get("ENVIRONMENT") or "local") != "local":
        return
    environment["ENVIRONMENT"] = "local"
    home = Home.named_by(environment)
    if home.is_prepared:
        environment.update(home.environment(environment))
        environment.pop("PROMETHEUS_MULTIPROC_DIR", None)  # a command's figures end with it


def write_private(file: Path, content: str) -> None:
    """Write a file whole, readable by its owner only."""
    new = file.with_suffix(".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(content)
    new.replace(file)
