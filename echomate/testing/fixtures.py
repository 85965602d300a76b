"""Those who call in tests, and what holds for each answer they get."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from echomate.testing.client import Caller, Person


@pytest.fixture(autouse=True)
def _answers_keep_the_contract() -> "Iterator[None]":
    from echomate.testing import contract

    contract.faults.clear()
    yield
    assert not contract.faults, "\n".join(dict.fromkeys(contract.faults))


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
