"""What tests of media share. It is read before Django is ready, hence the imports in functions."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from echomate.testing.client import Person
    from echomate.testing.projecting import Projecting


@pytest.fixture
def ann() -> "Person":
    from echomate.testing.client import sign_up

    return sign_up("ann")


@pytest.fixture
def bob() -> "Person":
    from echomate.testing.client import sign_up

    return sign_up("bob")


@pytest.fixture
def projector() -> Iterator["Projecting"]:
    """A projector beside the test."""
    from echomate.testing.projecting import projecting

    with projecting() as running:
        yield running
