"""One run: the network is written, then each figure is taken in turn; the largest network comes last."""

import time
from collections.abc import Mapping
from functools import partial

from accounts import passwords
from bench import calls, contents, delivery, network, table, uploading
from bench.accounting import cpu_seconds, memory
from bench.actions import LOG_IN, Action, actions, of_floor
from bench.comparing import Turn, added, compare, cost, pairs, slices, take_turns
from bench.figures import Extent, Figures, LogIn, Measured
from bench.growth import grow, lose_redis
from bench.loading import Load, least, middle, run, say
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
    pids = stack.pids(*SERVERS)
    figures.compared = [
        compare(pair, port=stack.port, pids=pids, rounds=extent.turns) for pair in pairs(people)
    ]
    say("alternatives are compared")
    figures.memory |= {name: memory(pid) for name, pid in pids.items()}
    grow(stack, people, figures)
    return figures


def _serve(stack: Stack, people: Network, figures: Figures) -> None:
    """Start the floor and Echomate's processes, whose clients are made after this one's are closed."""
    round_trips, body = calls.a_warm_home(people.readers[0])
    figures.answer_bytes = len(body)
    stack.start_floor(round_trips, body.decode())
    stack.start_applications()


def _measure_actions(stack: Stack, people: Network, figures: Figures) -> None:
    """Each in turn with the floor, the floor with itself too; each at many connections then."""
    bare, stock = of_floor(stack.secret, people.readers[0])
    ours = stack.pids(*SERVERS)
    theirs = {**stack.pids("redis-feeds", "redis-state"), "web": stack.pid("floor")}
    turns = figures.extent.turns
    floor = slices(stock, port=stack.floor_port, pids=theirs, parts=turns)
    for action in actions(people, writes=figures.extent.writes):
        figures.actions.append(_measured(stack, action, floor, port=stack.port, pids=ours, figures=figures))
        say(action.name)
    for action in (bare, stock):
        figures.actions.append(
            _measured(stack, action, floor, port=stack.floor_port, pids=theirs, figures=figures)
        )


def _measured(
    stack: Stack, action: Action, floor: Turn, *, port: int, pids: Mapping[str, int], figures: Figures
) -> Measured:
    """A write's requests are shared among all rounds."""
    extent = figures.extent
    parts = extent.turns + extent.rounds
    after = partial(settle, stack) if action.once else None
    turns = [slices(action, port=port, pids=pids, parts=parts, after=after), floor]
    if action.name == LOG_IN:
        alone, beside, hashing = take_turns([*turns, _hash], rounds=extent.turns)
        figures.log_in = LogIn(cost(middle(hashing)), added(alone, hashing))
    else:
        alone, beside = take_turns(turns, rounds=extent.turns)
    together = []
    for number in range(extent.turns, parts):
        load = run(
            action.part(number, of=parts),
            port=port,
            connections=CONNECTIONS,
            seconds=extent.seconds,
            pids=pids,
            once=action.once,
            expected=action.expected,
        )
        together.append(load)
        if after:
            after()
    return Measured(action.name, action.may_be, alone, beside, least(together))


def _at_rest(stack: Stack, seconds: float) -> dict[str, float]:
    settle(stack)
    pids = stack.pids(*SERVERS)
    before = {name: cpu_seconds(pid) for name, pid in pids.items()}
    time.sleep(seconds)
    return {name: (cpu_seconds(pid) - before[name]) / seconds for name, pid in pids.items()}


def _hash(_number: int) -> Load:
    """What the hash of a login takes, as if web had computed it."""
    stored = passwords.make(PASSWORD)
    began = time.process_time()
    for _ in range(HASHES):
        passwords.matches(PASSWORD, stored)
    each = (time.process_time() - began) / HASHES
    return Load(HASHES, 1 / each, {}, {"web": 1000 * each})
