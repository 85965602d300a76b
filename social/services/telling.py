"""What the services do once a write stands."""

from echomate import cache
from echomate.stream import wake


def tell(*commands: cache.Command) -> None:
    """Invalidate, and wake the projectors, in one round trip."""
    cache.forget_parts([*commands, wake.COMMAND])
