"""Settings come from the environment; production refuses weak ones."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from echomate.config import config, example, load
from echomate.production import PUBLISHED

pytestmark = pytest.mark.pure

Private = Ed25519PrivateKey | Ed448PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def pems(private: Private) -> tuple[str, str]:
    """PEM keys, the private one first."""
    hidden = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    shown = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return hidden.decode(), shown.decode()


def signing(algorithm: str, private: Private) -> dict[str, str]:
    hidden, shown = pems(private)
    return {"JWT_ALGORITHM": algorithm, "JWT_PRIVATE_KEY": hidden, "JWT_PUBLIC_KEY": shown}


def openssh(public: Ed25519PublicKey) -> str:
    return public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def rsa_key(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


KEY = Ed25519PrivateKey.generate()
PRIVATE, PUBLIC = pems(KEY)
OTHERS = pems(Ed25519PrivateKey.generate())[1]
CURVE = ec.generate_private_key(ec.SECP256R1())

STRONG = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": "0123456789abcdef0123456789abcdef-x",
    "JWT_ALGORITHM": "EdDSA",
    "JWT_PRIVATE_KEY": PRIVATE,
    "JWT_PUBLIC_KEY": PUBLIC,
    "ALLOWED_HOSTS": "echomate.example",
    "PUBLIC_URL": "https://echomate.example",
    "ENCRYPTION_KEYS": "YS1rZXktb2YtdGhpcnR5LXR3by1ieXRlcy1mb3Itbm8=",
    "MAIL_BACKEND": "ses",
    "MAIL_FROM": "Echomate <no-reply@echomate.example>",
}


def start(
    environment: dict[str, str],
    *,
    untold: str = "local",
    asked: str = "from echomate.config import config; print(config)",
) -> subprocess.CompletedProcess[str]:
    """A process that reads its settings; `untold` is its ENVIRONMENT where they don't say."""
    kept = {"ENVIRONMENT": untold} | {
        name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ
    }
    command = [sys.executable, "-c", asked]
    return subprocess.run(
        command, env=kept | environment, cwd=config.source_dir, capture_output=True, text=True, check=False
    )


@contextmanager
def given(environment: dict[str, str]) -> Iterator[None]:
    """What `load` reads in this process, which is quicker than in one that is started for it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "environ", environment)
        yield


def test_the_example_of_the_environment_names_every_setting_as_it_is() -> None:
    assert (config.source_dir / ".env.example").read_text() == example()


def test_production_starts_with_secrets_of_its_own_and_shows_none() -> None:
    secrets = {"JWT_SECRET": "a-secret-of-tokens", "AWS_SECRET_ACCESS_KEY": "a-key-of-aws"}
    started = start(STRONG | secrets)
    assert started.returncode == 0, started.stderr
    for secret in (STRONG["SECRET_KEY"], STRONG["JWT_PRIVATE_KEY"], *secrets.values()):
        assert secret not in started.stdout


LOCAL = {"ENVIRONMENT": "local"}
SENTINELS = {"REDIS_SENTINELS": "sentinel.example:26379", "CELERY_BROKER_URL": "sqs://"}
WEAK: dict[str, list[dict[str, str]]] = {
    "SECRET_KEY": [
        {"SECRET_KEY": value}
        for value in (
            "",
            "short",
            "a" * 64,
            "ab" * 32,
            "django-insecure-0123456789abcdef0123456789",
            *PUBLISHED,
        )
    ],
    "ENCRYPTION_KEYS": [
        {"ENCRYPTION_KEYS": ""},
        {"ENCRYPTION_KEYS": f"{'A' * 43}="},
        *(
            {"ENCRYPTION_KEYS": f"{STRONG['ENCRYPTION_KEYS']},{one}"}
            for one in PUBLISHED
            if one.endswith("=")
        ),
    ],
    "JWT_ALGORITHM": [{"JWT_ALGORITHM": "HS256"}],
    "JWT_PRIVATE_KEY": [
        {"JWT_PRIVATE_KEY": ""},
        {"JWT_PRIVATE_KEY": "no key"},
        {"JWT_PUBLIC_KEY": OTHERS},
        signing("RS256", rsa_key(2048)) | {"JWT_PUBLIC_KEY": pems(rsa_key(2048))[1]},
        signing("RS256", rsa_key(2048)) | {"JWT_PRIVATE_KEY": PRIVATE},
    ],
    "JWT_PUBLIC_KEY": [
        {"JWT_PUBLIC_KEY": ""},
        {"JWT_PUBLIC_KEY": PRIVATE},
        {"JWT_PUBLIC_KEY": openssh(KEY.public_key())},
        {"JWT_ALGORITHM": "RS256"},
        signing("RS256", rsa_key(1024)),
        signing("EdDSA", rsa_key(2048)),
        signing("EdDSA", CURVE),
        signing("EdDSA", Ed448PrivateKey.generate()),
    ],
    "JWT_FORMER_KEYS": [
        {"JWT_FORMER_KEYS": json.dumps({"old": key})}
        for key in ("a secret", pems(CURVE)[1], pems(rsa_key(1024))[1], openssh(KEY.public_key()), PRIVATE)
    ],
    "PUBLIC_URL": [
        {"PUBLIC_URL": url}
        for url in (
            "http://echomate.example",
            "https://",
            "https://echomate.example/below",
            "https://echomate.example?",
            "https://echomate.example@evil.example",
        )
    ],
    "WEB_URL": [{"WEB_URL": "http://echomate.example"}, {"WEB_URL": "https://echomate.example?x"}],
    "CLOUDFRONT_URL": [
        {
            "CLOUDFRONT_URL": "http://media.example",
            "CLOUDFRONT_KEY_ID": "K1",
            "CLOUDFRONT_PRIVATE_KEY": pems(rsa_key(2048))[0],
        }
    ],
    "MEDIA_PUBLIC_URL": [{"MEDIA_PUBLIC_URL": "http://media.example"}],
    "AWS_ENDPOINT_URL": [{"AWS_ENDPOINT_URL": "http://dynamodb.example"}],
    "DYNAMODB_ENDPOINT_URL": [{"DYNAMODB_ENDPOINT_URL": "http://10.0.0.1:8000"}],
    "ALLOWED_HOSTS": [
        {"ALLOWED_HOSTS": hosts}
        for hosts in (
            "",
            "*",
            "echomate.example,*",
            "localhost,[::1]",
            "another.example",
            "https://echomate.example",
            "echomate.example,*.example",
        )
    ],
    "CORS_ALLOWED_ORIGINS": [
        {"CORS_ALLOWED_ORIGINS": origins}
        for origins in ("*", "null", "http://web.example", "https://web.example,null", "https://web.example/")
    ],
    "OIDC_ISSUERS": [
        {"OIDC_ISSUERS": json.dumps([{"issuer": "https://a.example", "client_id": "x"} | more])}
        for more in ({"issuer": "http://a.example"}, {"redirect_uris": ["http://app.example/back"]})
    ],
    "METRICS_NETWORKS": [
        {"METRICS_NETWORKS": networks}
        for networks in (
            "0.0.0.0/0",
            "::/0",
            "10.0.0.0/8,0.0.0.0/1",
            "10.0.0.0/7",
            "203.0.0.0/16",
            "2000::/3",
        )
    ],
    "TRUSTED_PROXIES": [{"TRUSTED_PROXIES": value} for value in ("-1", "1000", "all")],
    "RATE_LIMIT_FACTOR": [{"RATE_LIMIT_FACTOR": "100"}, {"RATE_LIMIT_FACTOR": "inf"}],
    "DEBUG": [{"DEBUG": "1"}],
    "MAIL_BACKEND": [{"MAIL_BACKEND": "file"}],
    "MAIL_FROM": [{"MAIL_FROM": ""}, {"MAIL_FROM": "Echomate"}, {"MAIL_FROM": "x@127.0.0.1"}],
    "TEST_INDEX_DELAY_SECONDS": [{"TEST_INDEX_DELAY_SECONDS": "2"}],
    "REDIS_URL": [
        {"REDIS_URL": url} for url in ("http://redis.example", "redis.example:6379", "redis://r:x")
    ],
    "REDIS_STATE_URL": [
        {"REDIS_STATE_URL": "memcached://redis.example"},
        *(
            {"REDIS_URL": "redis://redis.example", "REDIS_STATE_URL": url}
            for url in (
                "redis://redis.example",
                "redis://redis.example/",
                "redis://redis.example:6379/0",
                "rediss://user:secret@REDIS.example:6379?ssl_cert_reqs=none",
                "redis://redis.example/7?db=0",
            )
        ),
        {"REDIS_URL": "redis://", "REDIS_STATE_URL": "redis://127.0.0.1:6379/0"},
        {"REDIS_URL": "redis://[::1]:6379/2", "REDIS_STATE_URL": "redis://localhost/2"},
        {"REDIS_URL": "unix:///run/redis.sock", "REDIS_STATE_URL": "unix:///run/redis.sock?db=0"},
        {"REDIS_CLUSTER": "1", "REDIS_URL": "redis://a.example", "REDIS_STATE_URL": "redis://a.example/1"},
        SENTINELS | {"REDIS_URL": "redis://feeds/0", "REDIS_STATE_URL": "redis://feeds:6380"},
    ],
    "CELERY_BROKER_URL": [
        {"REDIS_URL": "redis://redis.example:6380", "CELERY_BROKER_URL": "redis://redis.example:6380/0"},
        {
            "REDIS_URL": "redis://b.example",
            "CELERY_BROKER_URL": "redis://a.example/1;redis://b.example/0",
        },
        {
            "REDIS_URL": "unix:///run/redis.sock?db=2",
            "CELERY_BROKER_URL": "redis+socket:///run/redis.sock?virtual_host=2",
        },
    ],
}


@pytest.mark.parametrize("name", WEAK)
def test_production_refuses_a_weak_setting_by_its_name(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    for change in WEAK[name]:
        with given(STRONG | change), pytest.raises(SystemExit) as refusal:
            load()
        assert refusal.value.code == 78, change
        message = capsys.readouterr().err
        assert name in message, change
        for secret in (STRONG["SECRET_KEY"], PRIVATE.splitlines()[1]):
            assert secret not in message


def test_production_takes_strong_settings() -> None:
    strong = [
        signing("RS256", rsa_key(2048)),
        {"JWT_FORMER_KEYS": json.dumps({"old": OTHERS, "older": pems(rsa_key(2048))[1]})},
        {"WEB_URL": "https://echomate.example/app", "PUBLIC_URL": "https://api.echomate.example:8443"}
        | {"ALLOWED_HOSTS": ".echomate.example,localhost"},
        {"CORS_ALLOWED_ORIGINS": "https://web.example,https://web.example:8443"},
        {"METRICS_NETWORKS": "10.1.0.0/16,fd00::/8,203.0.113.7/32,2001:db8::/64", "TRUSTED_PROXIES": "2"},
        {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566", "DYNAMODB_ENDPOINT_URL": "https://dynamodb.example"},
        {"REDIS_URL": "redis://redis.example/0", "REDIS_STATE_URL": "redis://redis.example/1"},
        {"REDIS_URL": "redis://redis.example", "REDIS_STATE_URL": "redis://redis.example:6380"},
        {"REDIS_URL": "unix:///run/feeds.sock", "REDIS_STATE_URL": "unix:///run/state.sock"},
        {
            "REDIS_URL": "unix:///run/redis.sock",
            "CELERY_BROKER_URL": "redis+socket:///run/redis.sock?virtual_host=1;redis://redis.example",
        },
        {"REDIS_CLUSTER": "1", "REDIS_URL": "redis://a.example", "REDIS_STATE_URL": "redis://b.example"},
        SENTINELS | {"REDIS_URL": "redis://feeds/0", "REDIS_STATE_URL": "redis://state/0"},
        SENTINELS | {"REDIS_URL": "redis://feeds/0", "REDIS_STATE_URL": "redis://feeds/1"},
    ]
    for change in strong:
        with given(STRONG | change):
            assert load().environment == "production"


def test_a_process_that_is_not_told_its_environment_is_production() -> None:
    refused = start({}, untold="")
    assert refused.returncode == 78
    assert "ENVIRONMENT is not set, so this is production" in refused.stderr
    assert (
        start({name: value for name, value in STRONG.items() if name != "ENVIRONMENT"}, untold="").returncode
        == 0
    )


def test_no_two_processes_have_the_same_secrets_where_none_are_given() -> None:
    asked = "from echomate.config import config as c; print(c.secret_key, c.jwt_secret, *c.encryption_keys)"
    secrets = [start({}, asked=asked).stdout.split() for _ in range(2)]
    assert len({secret for one in secrets for secret in one}) == 6


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
        ("CORS_ALLOWED_ORIGINS", "null"),
        ("CORS_ALLOWED_ORIGINS", "*"),
        ("CORS_ALLOWED_ORIGINS", "http://localhost:3000/"),
        ("RATE_LIMITS", "posts"),
        ("RATE_LIMITS", '{"posts": "many"}'),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_at_the_start(
    name: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with given(LOCAL | {name: value}), pytest.raises(SystemExit) as refusal:
        load()
    assert refusal.value.code == 78
    assert name in capsys.readouterr().err.upper()


def test_cloudfront_asks_for_an_rsa_key_and_its_id(capsys: pytest.CaptureFixture[str]) -> None:
    cloudfront = {"CLOUDFRONT_URL": "https://media.example.org", "CLOUDFRONT_KEY_ID": "K1"}
    for key in (PRIVATE, "no key", "", pems(rsa_key(1024))[0]):
        with given(LOCAL | cloudfront | {"CLOUDFRONT_PRIVATE_KEY": key}), pytest.raises(SystemExit):
            load()
        assert "CLOUDFRONT_PRIVATE_KEY" in capsys.readouterr().err
    pem = pems(rsa_key(2048))[0]
    with given(LOCAL | cloudfront | {"CLOUDFRONT_PRIVATE_KEY": pem}):
        assert pem.splitlines()[1] not in str(load())


def test_an_empty_setting_takes_its_default() -> None:
    example_as_it_is = [
        line.split("=", 1) for line in example().splitlines() if "=" in line and line[0] != "#"
    ]
    with given(dict(example_as_it_is) | LOCAL):
        as_it_is = load()
    with given(LOCAL):
        assert str(as_it_is) == str(load())


def test_sentinels_ask_for_a_broker_that_needs_none() -> None:
    sentinels = {"REDIS_SENTINELS": "10.0.0.1:26379, 10.0.0.2:26379"}
    assert start(sentinels | {"CELERY_BROKER_URL": "sqs://"}).returncode == 0
    assert "CELERY_BROKER_URL" in start(sentinels).stderr
    assert "REDIS_SENTINELS" in start({"REDIS_SENTINELS": "10.0.0.1"}).stderr


def test_at_aws_the_streams_have_an_endpoint_of_their_own() -> None:
    at_aws = config.model_copy(
        update={"aws_endpoint_url": "", "dynamodb_endpoint_url": "", "aws_region": "eu-west-1"}
    )
    at_aws.__dict__.pop("dynamodb_url", None)
    assert at_aws.dynamodb_url == "https://dynamodb.eu-west-1.amazonaws.com"
    assert at_aws.streams_url == "https://streams.dynamodb.eu-west-1.amazonaws.com"


def test_an_emulator_has_one_endpoint_for_both() -> None:
    emulated = config.model_copy(
        update={"aws_endpoint_url": "http://127.0.0.1:9", "dynamodb_endpoint_url": ""}
    )
    emulated.__dict__.pop("dynamodb_url", None)
    assert emulated.dynamodb_url == emulated.streams_url == "http://127.0.0.1:9"
