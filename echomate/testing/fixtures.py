"""Those who call in tests."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from echomate.testing.client import Caller, Person


@pytest.fixture
def api() -> "Caller":
    """One who calls without a token."""
    from echomate.testing.client import Caller

    return Caller()


@pytest.fixture
def sign_up() -> "Callable[..., Person]":
    """`sign_up()`, `sign_up("ann", full_name=…)`: a new person, whose name begins so."""
    from echomate.testing import client

    return client.sign_up
