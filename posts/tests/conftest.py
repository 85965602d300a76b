"""What tests of posts share. It is read before Django is ready, hence the imports in functions."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
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
