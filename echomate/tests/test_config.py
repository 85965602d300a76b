"""Settings come from the environment; production refuses weak ones."""

import os
import subprocess
import sys

from echomate.config import config, example

STRONG = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": "0123456789abcdef0123456789abcdef-x",
    "JWT_ALGORITHM": "EdDSA",
    "JWT_PRIVATE_KEY": "private",
    "JWT_PUBLIC_KEY": "public",
    "ALLOWED_HOSTS": "echomate.example",
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
    started = start(STRONG)
    assert started.returncode == 0, started.stderr
    assert STRONG["SECRET_KEY"] not in started.stdout


def test_production_refuses_missing_and_development_secrets() -> None:
    weak = [
        {"SECRET_KEY": ""},
        {"SECRET_KEY": "short"},
        {"JWT_ALGORITHM": "HS256"},
        {"JWT_PRIVATE_KEY": ""},
        {"DEBUG": "1"},
        {"ALLOWED_HOSTS": "*"},
        {"TEST_INDEX_DELAY_SECONDS": "2"},
    ]
    for change in weak:
        refused = start(STRONG | change)
        assert refused.returncode == 78, change
        assert "production refuses to start" in refused.stderr
        assert STRONG["SECRET_KEY"] not in refused.stderr


def test_a_setting_of_the_wrong_type_is_named() -> None:
    refused = start({"FEED_DEPTH": "many"})
    assert refused.returncode == 78
    assert "FEED_DEPTH" in refused.stderr
