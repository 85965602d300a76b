"""The figures of a run as tables of Markdown."""

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence

from bench.actions import LOG_IN
from bench.calls import Calls
from bench.comparing import added, cost
from bench.delivery import Delivery
from bench.figures import Extent, Figures, Measured
from bench.loading import Load, middle
from bench.measuring import CONNECTIONS, SERVERS

MAY_TAKE = {10: None, 1000: 30, 10_000: 1000}
AFTER_FLUSH_MAY_TAKE, WEB_MAY_TAKE, READY_MAY_TAKE = 700, 160, 3000
BEYOND_THE_HASH, PROJECTOR_AT_REST_MAY_TAKE = 4, "1 %"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


# --- CPU --------------------------------------------------------------------------------------------------------------


def cpu(figures: Figures) -> str:
    head = (
        *("action", "web", "Redis", "web + Redis", "over the floor", "to reach"),
        *(f"at {CONNECTIONS}: web", "web + Redis"),
        *("projector + worker", "DynamoDB Local", "generator"),
        *("requests/s at 1", f"at {CONNECTIONS}", "ms at 1: median", f"at {CONNECTIONS}: median", "99 %"),
    )
    rows = [_cpu_row(measured) for measured in (*figures.actions, *figures.floor)]
    return (
        "## CPU of a request, in ms, and requests a second\n\n"
        f"{table(head, rows)}\n\n"
        "![CPU of a request](results.svg)\n\n"
        f"At one connection where nothing else is said: medians of {figures.extent.turns} rounds, in each of which the "
        "action and the floor, which has a Redis of its own, were sent in turns of some milliseconds. *Over the floor* "
        "is the median of the rounds' ratios of web + Redis. Redis serves the projector too, whose part is in it. "
        f"A home feed's answer has {figures.answer_bytes:,} bytes; the floor returns the same, after the same Redis "
        "commands, from stock parts: Django, REST framework, Simple JWT, redis-py, and gunicorn's own `gthread` worker "
        "with the processes, threads and keep-alive of Echomate's.\n\n"
        f"{_beyond_the_hash(figures)}"
    )


def _beyond_the_hash(figures: Figures) -> str:
    (log_in,) = (each for each in figures.actions if each.name == LOG_IN)
    bare = cost(middle(figures.floor[0].alone))
    beside = log_in.beside or ()
    return (
        f"A login takes turns with a bare view that computes the hash: **{added(log_in.alone, beside) + bare:.1f}** ms "
        f"are beyond the hash (to reach: {BEYOND_THE_HASH}), which takes {cost(middle(beside)) - bare:.1f} ms."
    )


def _cpu_row(measured: Measured) -> Sequence[object]:
    alone, together = middle(measured.alone), measured.together
    behind = (_of(alone, name) for name in ("projector", "worker"))
    return (
        measured.name,
        *(
            f"{_of(alone, 'web'):.2f}",
            f"{redis_cpu(alone):.2f}",
            f"**{_of(alone, 'web') + redis_cpu(alone):.2f}**",
        ),
        f"**{measured.factor:.2f}**" if measured.factor and measured.name != LOG_IN else "",
        "" if measured.may_be is None else measured.may_be,
        *(f"{_of(together, 'web'):.2f}", f"{_of(together, 'web') + redis_cpu(together):.2f}"),
        *(f"{sum(behind):.2f}", f"{_of(alone, 'dynamodb'):.2f}", f"{_of(together, 'generator'):.2f}"),
        *(f"{alone.per_second:,.0f}", f"**{together.per_second:,.0f}**"),
        *(f"{alone.times[50]:.1f}", f"{together.times[50]:.1f}", f"{together.times[99]:.1f}"),
    )


def _of(load: Load, name: str) -> float:
    return load.cpu.get(name, 0)


def redis_cpu(load: Load) -> float:
    """Both servers'."""
    return _of(load, "redis-feeds") + _of(load, "redis-state")


# --- calls ------------------------------------------------------------------------------------------------------------


def calls(calls: Sequence[Calls]) -> str:
    head = ("action", "caches", "units", "projection adds", "DynamoDB calls", "Redis round trips", "commands")
    rows = [
        (
            *(
                one.action,
                one.caches,
                f"{one.units:g}",
                "" if one.projected is None else f"{one.projected:g}",
            ),
            _counted(one.dynamodb) or "none",
            *(len(one.redis), sum(map(len, one.redis))),
        )
        for one in calls
    ]
    return (
        "## What the stores are asked\n\n"
        f"{table(head, rows)}\n\n"
        "Units are DynamoDB's capacity units as ReturnConsumedCapacity reports them. What the projection adds is for "
        "one event alone; events that come together share the checkpoint. DynamoDB Local counts a transaction "
        "otherwise than AWS does: there each item of it is 2 units."
    )


def _counted(operations: Sequence[str]) -> str:
    return ", ".join(name if n == 1 else f"{n} {name}" for name, n in Counter(operations).items())


# --- times and growth -------------------------------------------------------------------------------------------------


def times(figures: Figures) -> str:
    rows = [_delivery(one) for one in figures.deliveries]
    after = figures.after_flush
    posts = f"{figures.extent.many_posts:,} posts"
    flush = (
        f"a home feed after a flush of Redis, 200 followed, {posts}",
        *_spread(after),
        AFTER_FLUSH_MAY_TAKE,
    )
    uploads = figures.uploads
    ready = (
        "a photo of 12 megapixels, from POST /media until it is ready",
        *_spread(uploads.milliseconds),
        READY_MAY_TAKE,
    )
    return (
        f"## Times, in ms\n\n{table(('what', 'median', 'longest', 'may take'), [*rows, flush, ready])}\n\n"
        f"The photo has {uploads.bytes / 1e6:.1f} MB. It takes the worker and its child "
        f"{statistics.median(uploads.cpu):.0f} ms of CPU, and the child {uploads.peak:.0f} MiB of memory at most."
    )


def _delivery(one: Delivery) -> Sequence[object]:
    limit = MAY_TAKE.get(one.feeds)
    return (
        f"from a POST's answer until {one.feeds:,} feeds hold it",
        *_spread(one.milliseconds),
        limit or "",
    )


def _spread(values: Sequence[float]) -> tuple[str, str]:
    return f"**{statistics.median(values):.0f}**", f"{max(values):.0f}"


def growth(figures: Figures) -> str:
    extent: Extent = figures.extent
    rows = [
        (name, *(f"{_of(load, 'web') + redis_cpu(load):.2f}" for load in loads))
        for name, loads in figures.growth.items()
    ]
    head = ("warm, at one connection", f"{extent.posts:,} posts", f"{extent.many_posts:,} posts")
    return f"## Nothing grows: CPU of web + Redis, in ms\n\n{table(head, rows)}"


def at_rest(figures: Figures) -> str:
    rows = [(name, f"{100 * part:.1f} %") for name, part in figures.at_rest.items()]
    return (
        f"## At rest\n\n{table(('', 'of a core'), rows)}\n\n"
        f"Over {figures.extent.rest_seconds:g} s with nothing to do, after the loads above; "
        f"the projector may take {PROJECTOR_AT_REST_MAY_TAKE}."
    )


def memory(figures: Figures) -> str:
    rows = [
        (name, one.processes, f"{one.resident:.0f}", f"{one.proportional:.0f}")
        for name, one in figures.memory.items()
        if name == "web, at rest" or name in SERVERS
    ]
    return (
        "## Memory, in MiB\n\n"
        f"{table(('', 'processes', 'resident', 'proportional'), rows)}\n\n"
        "After all loads, but for the first line. Web is gunicorn's arbiter and its workers, and may take "
        f"{WEB_MAY_TAKE}. Pages that several processes share count whole in *resident* and by their part in "
        "*proportional*. "
        f"A full home feed, 800 ids, takes {figures.full_feed_bytes:,} bytes of Redis."
    )
