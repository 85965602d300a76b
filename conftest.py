"""Each pytest process has its own services; the environment names them before Django's settings are read."""

import os
import sys

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
