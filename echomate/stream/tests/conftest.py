"""A projector in this process, for the tests of the stream."""

from collections.abc import Iterator

import pytest

from echomate.stream.tests import tallies
from echomate.testing.projecting import Projecting, projecting


@pytest.fixture
def projector() -> Iterator[Projecting]:
    with projecting() as running:
        yield running


@pytest.fixture(autouse=True)
def _forget_faults() -> None:
    tallies.faults.clear()
    tallies.seen.clear()
