"""Those who call in tests, what holds for each answer they get, a browser, and a projector beside them."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from echomate.testing.chromium import Tab
    from echomate.testing.client import Caller, Person
    from echomate.testing.projecting import Projecting
    from echomate.testing.stack import Stack
    from echomate.tests.over_http import Server


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


@pytest.fixture
def ann() -> "Person":
    from echomate.testing.client import sign_up

    return sign_up("ann")


@pytest.fixture
def bob() -> "Person":
    from echomate.testing.client import sign_up

    return sign_up("bob")


@pytest.fixture
def web(stack: "Stack", _empty_tables: None) -> "Iterator[Server]":
    """A web server as in production, on the stack of this process."""
    from echomate.tests.over_http import Server

    server = Server(stack, debug=False)
    yield server
    server.process.stop()


@pytest.fixture
def tab() -> "Iterator[Tab]":
    """A tab of a real Chromium."""
    from echomate.testing import chromium

    executable = chromium.executable()
    if executable is None:
        pytest.fail(chromium.MISSING)
    with chromium.browsing(executable) as tab:
        yield tab


@pytest.fixture
def projector() -> "Iterator[Projecting]":
    """A projector beside the test; `catch_up` waits until it has handled all that was written before."""
    from echomate.testing.projecting import projecting

    with projecting() as running:
        yield running
