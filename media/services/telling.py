"""What Redis hears of a write at once; best effort."""

from echomate import cache, keys
from echomate.cache import Command
from echomate.stream import wake
from echomate.table import last_id


def tell(*commands: Command) -> None:
    """What it should forget, and the wake-up of the projectors, in one round trip."""
    cache.forget_parts([*commands, wake.COMMAND])


def stale(attached: str | None) -> list[str]:
    """The keys of what is shown with a medium that is bound so."""
    is_post = attached is not None and attached.startswith(keys.POST)
    return [keys.cached_post(last_id(attached))] if attached and is_post else []
