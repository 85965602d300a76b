"""A projector in this process, for the tests of the stream."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pytest

from echomate import dynamodb
from echomate.stream.tests import tallies
from echomate.testing.configuration import configured
from echomate.testing.projecting import Projecting, projecting

Forge = Callable[[str, Iterable[dynamodb.Wire | Exception]], None]


@pytest.fixture
def projector() -> Iterator[Projecting]:
    with configured(lease_seconds=2), projecting() as running:
        yield running


@pytest.fixture(autouse=True)
def _forget_faults() -> None:
    tallies.faults.clear()
    tallies.slowness.clear()
    tallies.seen.clear()


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Forge:
    """Forged answers of an operation, one by one; when they are used up, the real service answers.

    For what no emulator does: conflicts, throttling, shards that split.
    """

    def forge(operation: str, answers: Iterable[dynamodb.Wire | Exception]) -> None:
        call, forged = dynamodb.call, iter(answers)

        def answer(name: str, parameters: Mapping[str, Any], **options: Any) -> dynamodb.Wire:
            said = next(forged, None) if name == operation else None
            if isinstance(said, Exception):
                raise said
            return call(name, parameters, **options) if said is None else said

        monkeypatch.setattr(dynamodb, "call", answer)

    return forge
