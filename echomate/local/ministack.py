"""AWS on this machine: ministack, for DynamoDB with its streams, and S3.

It keeps its items at an orderly stop and every half a minute, and its streams never.
"""

import sys
import urllib.request
from http import HTTPStatus
from pathlib import Path

from echomate.local.processes import Program, inherited

SERVICES = "dynamodb,dynamodbstreams,s3,sqs,sns,ses"


def program(*, port: int, directory: Path, access_key: str, secret_key: str, keep: bool) -> Program:
    """`keep`: state is written to the directory at an orderly stop and found again at the next start."""
    directory.mkdir(parents=True, exist_ok=True)
    return Program(
        name="aws",
        command=[sys.executable, "-m", "echomate.local.emulator"],
        environment={
            **inherited(),
            "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "AUTH": "true",
            "AWS_ACCESS_KEY_ID": access_key,
            "AWS_SECRET_ACCESS_KEY": secret_key,
            "SERVICES": SERVICES,
            "PERSIST_STATE": str(int(keep)),
            "STATE_DIR": str(directory / "state"),
            "S3_PERSIST": str(int(keep)),
            "S3_DATA_DIR": str(directory / "s3"),
            "TMPDIR": str(directory),
            "LOG_LEVEL": "WARNING",
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            # It would remove containers of other ministacks from this machine's Docker.
            "DOCKER_HOST": "unix:///nonexistent",
        },
        directory=directory,
        ready=lambda: _is_ready(port),
        stop_seconds=60,  # it writes its state now
        facts={"url": f"http://127.0.0.1:{port}"},
    )


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_ministack/ready", timeout=2) as answer:
            return bool(answer.status == HTTPStatus.OK)
    except OSError:
        return False
