"""Each pytest process has its own services; the environment names them before Django's settings are read."""

import os
import sys
from collections.abc import Iterator
from functools import cache
from types import SimpleNamespace

import pytest

from echomate.testing.stack import Stack

pytest_plugins = [
    "echomate.testing.examples",  # before any test: what has no settings of its own takes those of then
    "echomate.testing.plugin",
    "echomate.testing.fixtures",
    "echomate.testing.retrying",
]

# Tests start hundreds of processes: where the machine keeps no bytecode, each would compile everything anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

_stack = Stack()
os.environ.update(_stack.environment)


def pytest_configure(config: pytest.Config) -> None:
    from django.conf import settings

    from echomate.testing.plugin import stack_key

    assert not settings.DATABASES  # reads the settings now
    settings.MIDDLEWARE.insert(0, "echomate.testing.contract.ContractMiddleware")
    os.environ.pop(
        "DJANGO_SETTINGS_MODULE"
    )  # or workers of a parallel run would read them before their conftest
    config.stash[stack_key] = _stack


@pytest.fixture(autouse=True, scope="session")
def _each_password_is_hashed_once() -> Iterator[None]:
    """Thousands of people sign up with the same one, and a hash takes 13 ms. The salt is the same one then."""
    from nacl.pwhash import argon2id

    from accounts import passwords

    once = SimpleNamespace(str=cache(argon2id.str), verify=cache(argon2id.verify))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "argon2id", once)
        yield
