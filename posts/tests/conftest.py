"""What tests of posts share. It is read before Django is ready, hence the imports in functions."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from echomate.testing.projecting import Projecting
    from posts.tests.actor import Actor, Person


@pytest.fixture
def ann() -> "Person":
    from posts.tests.actor import Person

    return Person()


@pytest.fixture
def bob() -> "Person":
    from posts.tests.actor import Person

    return Person()


@pytest.fixture
def nobody() -> "Actor":
    """Without a token."""
    from posts.tests.actor import Actor

    return Actor()


@pytest.fixture
def projector() -> Iterator["Projecting"]:
    """A projector beside the test; `catch_up` waits until it has handled all that was written before."""
    from echomate.testing.projecting import projecting

    with projecting() as running:
        yield running
