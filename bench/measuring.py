"""One run: the network is written, then each figure is taken in turn; the largest network comes last."""

import statistics
import time

from accounts import passwords
from bench import calls, contents, delivery, network, table, uploading
from bench.accounting import cpu_seconds, memory
from bench.actions import LOG_IN, actions, of_floor
from bench.comparing import Side, added, take_turns
from bench.figures import Extent, Figures, LogIn, Measured
from bench.growth import grow, lose_redis
from bench.loading import least, run, say
from bench.network import PASSWORD, Network
from bench.stack import Stack, settle

CONNECTIONS = 16
HASHES = 20
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
    round_trips, body = calls.a_warm_home(people.readers[0])
    figures.answer_bytes = len(body)
    stack.start_floor(round_trips, body.decode(), calls.scripts(round_trips))
    stack.start_applications()


def _measure_actions(stack: Stack, people: Network, figures: Figures) -> None:
    """Each in turn with the floor, and then at many connections."""
    ours = stack.pids(*SERVERS)
    bare, floor = (
        Side(each, stack.floor_port, stack.floor_pids) for each in of_floor(stack.secret, people.readers[0])
    )
    for action in actions(people, writes=figures.extent.writes):
        figures.actions.append(_measured(stack, Side(action, stack.port, ours), floor, figures))
        say(action.name)
    figures.actions += [_measured(stack, side, None, figures) for side in (bare, floor)]


def _measured(stack: Stack, side: Side, floor: Side | None, figures: Figures) -> Measured:
    """A write's requests are shared among all rounds."""
    extent, action = figures.extent, side.action
    parts = extent.turns + extent.rounds
    hashes: list[float] = []

    def after() -> None:
        if action.once:
            settle(stack)
        if action.name == LOG_IN:
            hashes.append(_hash())

    sides = [side, floor] if floor else [side]
    alone, *beside = take_turns(sides, rounds=extent.turns, parts=parts, after=after)
    if hashes:
        figures.log_in = LogIn(statistics.median(hashes), added(alone, hashes))
    together = []
    for number in range(extent.turns, parts):
        target = side.target(number, parts=parts)
        together.append(run(target, connections=CONNECTIONS, seconds=extent.seconds))
        if action.once:
            settle(stack)
    return Measured(action.name, action.may_be, alone, beside[0] if beside else None, least(together))


def _at_rest(stack: Stack, seconds: float) -> dict[str, float]:
    settle(stack)
    pids = stack.pids(*SERVERS)
    before = {name: cpu_seconds(pid) for name, pid in pids.items()}
    time.sleep(seconds)
    return {name: (cpu_seconds(pid) - before[name]) / seconds for name, pid in pids.items()}


def _hash() -> float:
    """Milliseconds of CPU of the hash of a login."""
    stored = passwords.make(PASSWORD)
    began = time.process_time()
    for _ in range(HASHES):
        passwords.matches(PASSWORD, stored)
    return 1000 * (time.process_time() - began) / HASHES
