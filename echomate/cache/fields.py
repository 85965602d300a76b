"""Fields of a hash that readers fill by lease, each for itself."""

import logging
from collections.abc import Callable, Mapping, Sequence

from echomate.cache.commands import ask
from echomate.cache.connection import Script
from echomate.cache.values import new_lease
from echomate.errors import DependencyAway

logger = logging.getLogger(__name__)


_LEASE_FIELDS = Script(
    "local now = redis.call('TIME')[1] local taken = {} "
    "for n = 2, #ARGV do local value = redis.call('HGET', KEYS[1], ARGV[n]) "
    "if not value or (string.sub(value, 1, 1) == '~' and now - string.match(value, ':(%d+)$') >= 5) then "
    "redis.call('HSET', KEYS[1], ARGV[n], ARGV[1] .. ':' .. now) taken[#taken + 1] = ARGV[n] end end "
    "return taken"
)
_FILL_FIELDS = Script(
    "for n = 3, #ARGV, 2 do local value = redis.call('HGET', KEYS[1], ARGV[n]) "
    "if value and string.sub(value, 1, #ARGV[1] + 1) == ARGV[1] .. ':' then "
    "redis.call('HSET', KEYS[1], ARGV[n], ARGV[n + 1]) end end "
    "if redis.call('TTL', KEYS[1]) == -1 then redis.call('EXPIRE', KEYS[1], ARGV[2]) end return 1"
)


def read_fields(
    key: str,
    fields: Sequence[int],
    load: Callable[[list[int]], Mapping[int, bytes]],
    *,
    seconds: int,
    found: Sequence[bytes | None] | None = None,
) -> dict[int, bytes]:
    """Fields of a hash, those it lacks read by `load` (which answers each) and filled by lease; `found`: an HMGET."""
    if not fields:
        return {}
    try:
        replies = found if found is not None else ask(("HMGET", key, *fields))[0]
    except DependencyAway:
        return dict(load(list(fields)))
    values = {f: v for f, v in zip(fields, replies, strict=True) if v is not None and not v.startswith(b"~")}
    missing = [field for field in fields if field not in values]
    if missing:
        values.update(_fill_fields(key, missing, load, seconds))
    return values


def _fill_fields(
    key: str, fields: list[int], load: Callable[[list[int]], Mapping[int, bytes]], seconds: int
) -> Mapping[int, bytes]:
    mark = f"~{new_lease()}"
    try:
        (taken,) = ask(_LEASE_FIELDS.command(keys=[key], args=[mark, *fields]))
    except DependencyAway:
        return load(fields)
    values = load(fields)
    pairs = [part for field in taken for part in (field, values[int(field)])]
    try:
        ask(_FILL_FIELDS.command(keys=[key], args=[mark, seconds, *pairs]))
    except DependencyAway:
        logger.info("fields that were read stay unfilled")
    return values
