"""Everything that `make run` starts: the stores, and Echomate's own processes."""

import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path

from echomate.local import ministack, redis_server
from echomate.local.home import Home
from echomate.local.processes import Program

SOURCE = Path(__file__).resolve().parents[2]
GUNICORN = "deploy/gunicorn.conf.py"


def stores(home: Home) -> list[Program]:
    return [
        redis_server.feeds(port=home.port("redis-feeds"), directory=home.directory / "redis-feeds"),
        redis_server.state(port=home.port("redis-state"), directory=home.directory / "redis-state"),
        ministack.program(
            port=home.port("aws"),
            directory=home.directory / "aws",
            access_key=home.secret("aws_access_key_id"),
            secret_key=home.secret("aws_secret_access_key"),
            keep=True,
        ),
    ]


def applications(environment: Mapping[str, str], *, port: int) -> list[Program]:
    """In the order in which they stop; the projector is the last."""
    web = ["-m", "gunicorn", "--config", GUNICORN, "--bind", f"127.0.0.1:{port}"]
    worker = [
        "-m",
        "celery",
        "--quiet",
        "-A",
        "echomate.celery",
        "worker",
        "--pool",
        "threads",
        "--concurrency",
        "4",
    ]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING"]
    return [
        _python("web", web, environment, health=f"http://127.0.0.1:{port}/health"),
        _python("worker", [*worker, *quiet], environment, stop_seconds=2.5),
        # It drains for four seconds at most; then the interpreter's own end takes half a second of CPU.
        _python("projector", ["manage.py", "project"], environment, stop_seconds=4.5),
    ]


def command(name: str, environment: Mapping[str, str]) -> Program:
    """A command of `manage.py`, which ends by itself."""
    return _python(name, ["manage.py", name], environment)


def _python(
    name: str,
    arguments: list[str],
    environment: Mapping[str, str],
    *,
    health: str | None = None,
    stop_seconds: float = 3,
) -> Program:
    return Program(
        name=name,
        command=[sys.executable, *arguments],
        environment={**environment, "PYTHONUNBUFFERED": "1"},
        directory=SOURCE,
        ready=lambda: health is None or answers_well(health),
        stop_seconds=stop_seconds,
    )


def answers_well(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=3) as answer:  # noqa: S310 - our own http address
            return bool(answer.status == HTTPStatus.OK)
    except (OSError, urllib.error.HTTPError):
        return False
