"""What tests of accounts share. It is read before Django is ready, hence the import in the function."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from accounts.tests.factors import Clock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> "Clock":
    from accounts.tests.factors import Clock

    return Clock(monkeypatch)
