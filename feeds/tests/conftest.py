"""What tests of the feeds share."""

from collections.abc import Iterator

import pytest

from echomate.testing.projecting import Projecting, projecting


@pytest.fixture
def projector() -> Iterator[Projecting]:
    """A projector beside the test; `catch_up` waits until it has handled all that was written before."""
    with projecting() as running:
        yield running
