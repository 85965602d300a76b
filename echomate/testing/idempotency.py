"""Processes that die in the middle of a creation, and the time after which another takes it over."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from echomate import dynamodb, keys, transactions


class Death(BaseException):
    """As of the process: nothing catches it, so nothing is tidied up."""


@contextmanager
def dying_at(where: Any, name: str) -> Iterator[None]:
    """The call that this block makes gets as far as a function of a module, and no further."""

    def die(*args: Any, **named: Any) -> None:
        raise Death

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(where, name, die)
        with pytest.raises(Death):
            yield


def set_claim(user: int, key: str, change: str, **values: Any) -> None:
    """Change the claim of a user's key by an update expression."""
    expressions = transactions.expressions("attribute_exists(PK)", change=change, values=values)
    dynamodb.call("UpdateItem", {**transactions.of(keys.idempotency(user, key)), **expressions})


def let_lapse(user: int, key: str) -> None:
    """Whoever holds the claim of a key has had their time."""
    set_claim(user, key, "SET #HeldUntil = :then", then=1)
