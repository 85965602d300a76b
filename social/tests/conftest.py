"""What tests of the graph share."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from echomate.stream import wake
from echomate.stream.projector import Projector

Settle = Callable[[], None]


@pytest.fixture
def settle() -> Iterator[Settle]:
    """A projector runs beside the test; the call waits until it has handled all that was written before."""
    projector = Projector()
    thread = threading.Thread(target=projector.run, name="projector", daemon=True)
    thread.start()

    def wait() -> None:
        moment = time.time()
        while not _has_passed(projector, moment):
            assert time.time() < moment + 30, "the projector doesn't catch up"
            wake.wake()
            time.sleep(0.05)

    yield wait
    projector.stop()
    thread.join(20)
    assert not thread.is_alive()


def _has_passed(projector: Projector, moment: float) -> bool:
    workers = [held.worker for held in projector._held.values()]  # noqa: SLF001 - the lease tells it only each 2 s
    return bool(workers) and all(worker.passed > moment for worker in workers)
