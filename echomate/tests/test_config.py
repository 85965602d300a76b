"""Settings come from the environment; production refuses weak ones."""

import os
import subprocess
import sys

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from echomate.config import DEVELOPMENT_ENCRYPTION_KEY, config, example


def key_pair() -> tuple[str, str]:
    """PEM keys for EdDSA, the private one first."""
    private = Ed25519PrivateKey.generate()
    hidden = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    shown = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return hidden.decode(), shown.decode()


PRIVATE, PUBLIC = key_pair()

STRONG = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": "0123456789abcdef0123456789abcdef-x",
    "JWT_ALGORITHM": "EdDSA",
    "JWT_PRIVATE_KEY": PRIVATE,
    "JWT_PUBLIC_KEY": PUBLIC,
    "ALLOWED_HOSTS": "echomate.example",
    "PUBLIC_URL": "https://echomate.example",
    "ENCRYPTION_KEYS": "YS1rZXktb2YtdGhpcnR5LXR3by1ieXRlcy1mb3Itbm8=",
}


def start(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = [sys.executable, "-c", "from echomate.config import config; print(config)"]
    return subprocess.run(
        command, env=kept | environment, cwd=config.source_dir, capture_output=True, text=True, check=False
    )


def test_the_example_of_the_environment_names_every_setting_as_it_is() -> None:
    assert (config.source_dir / ".env.example").read_text() == example()


def test_production_starts_with_secrets_of_its_own_and_shows_none() -> None:
    secrets = {"JWT_SECRET": "a-secret-of-tokens", "AWS_SECRET_ACCESS_KEY": "a-key-of-aws"}
    started = start(STRONG | secrets)
    assert started.returncode == 0, started.stderr
    for secret in (STRONG["SECRET_KEY"], STRONG["JWT_PRIVATE_KEY"], *secrets.values()):
        assert secret not in started.stdout


def test_production_refuses_missing_and_development_secrets() -> None:
    weak = [
        {"SECRET_KEY": ""},
        {"SECRET_KEY": "short"},
        {"JWT_ALGORITHM": "HS256"},
        {"JWT_PRIVATE_KEY": ""},
        {"JWT_PRIVATE_KEY": "no key"},
        {"JWT_PUBLIC_KEY": key_pair()[1]},
        {"ENCRYPTION_KEYS": ""},
        {"ENCRYPTION_KEYS": f"{STRONG['ENCRYPTION_KEYS']},{DEVELOPMENT_ENCRYPTION_KEY}"},
        {"PUBLIC_URL": "http://echomate.example"},
        {"DEBUG": "1"},
        {"ALLOWED_HOSTS": "*"},
        {"ALLOWED_HOSTS": ""},
        {"TEST_INDEX_DELAY_SECONDS": "2"},
    ]
    for change in weak:
        refused = start(STRONG | change)
        assert refused.returncode == 78, change
        assert "production refuses to start" in refused.stderr
        assert STRONG["SECRET_KEY"] not in refused.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FEED_DEPTH", "many"),
        ("FEED_CAP", "399"),
        ("LOG_LEVEL", "loud"),
        ("METRICS_NETWORKS", "10.0.0.0/8,everyone"),
        ("PASSWORD_HASHES_AT_ONCE", "0"),
        ("ENCRYPTION_KEYS", "a secret"),
        ("ENCRYPTION_KEYS", ","),
        ("ENCRYPTION_KEYS", f"{STRONG['ENCRYPTION_KEYS']},c2hvcnQ="),
        ("PASSKEY_RP_ID", "example.org"),
        ("CLOUDFRONT_URL", "https://media.example.org"),
        ("RATE_LIMITS", "posts"),
        ("RATE_LIMITS", '{"posts": "many"}'),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_at_the_start(name: str, value: str) -> None:
    refused = start({name: value})
    assert refused.returncode == 78
    assert name in refused.stderr.upper()
    assert "Traceback" not in refused.stderr


def test_cloudfront_asks_for_an_rsa_key_and_its_id() -> None:
    cloudfront = {"CLOUDFRONT_URL": "https://media.example.org", "CLOUDFRONT_KEY_ID": "K1"}
    for key in (PRIVATE, "no key", ""):
        refused = start(cloudfront | {"CLOUDFRONT_PRIVATE_KEY": key})
        assert (refused.returncode, "CLOUDFRONT_PRIVATE_KEY" in refused.stderr) == (78, True)
    rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = rsa_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    started = start(cloudfront | {"CLOUDFRONT_PRIVATE_KEY": pem})
    assert started.returncode == 0, started.stderr
    assert pem.splitlines()[1] not in started.stdout


def test_an_empty_setting_takes_its_default() -> None:
    example_as_it_is = [
        line.split("=", 1) for line in example().splitlines() if "=" in line and line[0] != "#"
    ]
    assert start(dict(example_as_it_is)).stdout == start({}).stdout


def test_sentinels_ask_for_a_broker_that_needs_none() -> None:
    sentinels = {"REDIS_SENTINELS": "10.0.0.1:26379, 10.0.0.2:26379"}
    assert start(sentinels | {"CELERY_BROKER_URL": "sqs://"}).returncode == 0
    assert "CELERY_BROKER_URL" in start(sentinels).stderr
    assert "REDIS_SENTINELS" in start({"REDIS_SENTINELS": "10.0.0.1"}).stderr
