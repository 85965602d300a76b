import time

import pytest

from echomate.jobs import Sender
from echomate.stream import schedule
from echomate.testing.projecting import projecting


def test_the_schedule_goes_on_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[Sender] = []

    def fail(sender: Sender) -> None:
        tries.append(sender)
        raise ValueError("what nobody thought of")

    monkeypatch.setattr(schedule, "SEND_SECONDS", 0.01)
    monkeypatch.setattr(Sender, "send_due", fail)
    end = time.monotonic() + 30
    with projecting():
        while len(tries) < 3:
            assert time.monotonic() < end
            time.sleep(0.02)
