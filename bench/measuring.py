"""One run: the network is written, then each figure is taken in turn; the largest network comes last."""

import time
from functools import partial

from bench import calls, contents, delivery, network, table, uploading
from bench.accounting import cpu_seconds, memory
from bench.actions import LOG_IN, actions, of_floor
from bench.comparing import Side, take_turns
from bench.figures import Extent, Figures, Measured
from bench.growth import grow, lose_redis
from bench.loading import least, run, say
from bench.network import Network
from bench.stack import Stack, settle

CONNECTIONS = 16
SERVERS = ("web", "redis-feeds", "redis-state", "dynamodb", "projector", "worker")


def measure(stack: Stack, extent: Extent) -> Figures:
    figures = Figures(extent)
    table.prepare()
    people = network.settle_people(extent.crowds)
    contents.publish(people, extent.posts)
    contents.publish_pictures(people)
    contents.publish_thread(people)
    table.set_stream(enabled=True)
    say(f"{extent.posts} posts are written")
    figures.calls = calls.count(people)
    say("units and calls are counted")
    _serve(stack, people, figures)
    say("all processes run")
    settle(stack)  # until then a worker may not be there yet
    figures.memory["web, at rest"] = memory(stack.pid("web"))
    lose_redis((stack, people.readers[0]))
    _measure_actions(stack, people, figures)
    figures.deliveries = [
        delivery.measure(stack.redis(), people, feeds=feeds, port=stack.port, tries=extent.tries)
        for feeds in extent.crowds
    ]
    say("deliveries are timed")
    figures.at_rest = _at_rest(stack, extent.rest_seconds)
    say("all processes rested")
    figures.uploads = uploading.measure(stack, people.actors[0], tries=extent.tries)
    say("photos are uploaded")
    figures.memory |= {name: memory(pid) for name, pid in stack.pids(*SERVERS).items()}
    grow(stack, people, figures)
    return figures


def _serve(stack: Stack, people: Network, figures: Figures) -> None:
    """Start the floor and Echomate's processes, whose clients are made after this one's are closed."""
    pages = calls.warm_homes(people.readers[:-1])
    figures.answer_bytes = len(pages[0]["body"])
    stack.start_floor(pages, calls.scripts(pages[0]))
    stack.start_applications()


def _measure_actions(stack: Stack, people: Network, figures: Figures) -> None:
    """Each in turn with the floor, a login with its hash; and then at many connections."""
    ours = stack.pids(*SERVERS)
    of_the_floor = of_floor(stack.secret, people.readers[:-1])
    bare, hashing, floor = (Side(each, stack.floor_port, stack.floor_pids) for each in of_the_floor)
    for action in actions(people, writes=figures.extent.writes):
        beside = hashing if action.name == LOG_IN else floor
        figures.actions.append(_measured(stack, Side(action, stack.port, ours), beside, figures.extent))
        say(action.name)
    figures.floor = [_measured(stack, side, None, figures.extent) for side in (bare, floor)]


def _measured(stack: Stack, side: Side, beside: Side | None, extent: Extent) -> Measured:
    """A write's requests are shared among all rounds."""
    action = side.action
    parts = extent.turns + extent.rounds
    after = partial(settle, stack) if action.once else None
    sides = [side, beside] if beside else [side]
    alone, *other = take_turns(sides, rounds=extent.turns, parts=parts, after=after)
    together = []
    for number in range(extent.turns, parts):
        target = side.target(number, parts=parts)
        together.append(run(target, connections=CONNECTIONS, seconds=extent.seconds))
        if after:
            after()
    return Measured(action.name, action.may_be, alone, other[0] if other else None, least(together))


def _at_rest(stack: Stack, seconds: float) -> dict[str, float]:
    settle(stack)
    pids = stack.pids(*SERVERS)
    before = {name: cpu_seconds(pid) for name, pid in pids.items()}
    time.sleep(seconds)
    return {name: (cpu_seconds(pid) - before[name]) / seconds for name, pid in pids.items()}
