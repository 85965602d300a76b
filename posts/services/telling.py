"""What Redis hears of a write at once, so that one's own writes show to oneself; best effort."""

from echomate import cache
from echomate.cache import Command
from echomate.stream import wake


def tell(*commands: Command) -> None:
    """What it should forget or hold, and the wake-up of the projectors, in one round trip."""
    cache.forget_parts([*commands, wake.COMMAND])
