"""One run: the network is written, then each figure is taken in turn; the largest network comes last."""

import time
from collections.abc import Mapping

from bench import calls, contents, delivery, network, table, uploading
from bench.accounting import memory
from bench.actions import Action, actions
from bench.comparing import compare, pairs
from bench.figures import Extent, Figures, Measured
from bench.growth import grow, lose_redis
from bench.loading import least, request, run, say
from bench.network import Network
from bench.stack import Stack, settle
from echomate.config import config

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
    figures.memory["web, at rest"] = memory(stack.pid("web"))
    figures.floor = _floor(stack, figures, people)
    pids = {name: stack.pid(name) for name in SERVERS}
    lose_redis(stack, people)
    for action in actions(people, writes=extent.writes):
        figures.actions.append(_measured(action, port=stack.port, pids=pids, extent=extent))
        settle(stack)
        say(action.name)
    figures.memory |= {name: memory(stack.pid(name)) for name in SERVERS}
    figures.deliveries = [
        delivery.measure(stack.redis(), people, feeds=feeds, port=stack.port, tries=extent.tries)
        for feeds in extent.crowds
    ]
    say("deliveries are timed")
    figures.uploads = uploading.measure(stack, people.actors[0], tries=extent.tries)
    say("photos are uploaded")
    figures.compared = [
        compare(pair, port=stack.port, pids=pids, rounds=3 * extent.rounds) for pair in pairs(people)
    ]
    say("alternatives are compared")
    grow(stack, people, figures)
    return figures


def _serve(stack: Stack, people: Network, figures: Figures) -> None:
    """Start the floor and Echomate's processes, whose clients are made after this one's are closed."""
    round_trips, body = calls.a_warm_home(people.readers[0])
    figures.answer_bytes = len(body)
    stack.start_floor(
        {
            "secret": config.secret_key,
            "redis_url": config.redis_url,
            "round_trips": round_trips,
            "body": body.decode(),
        }
    )
    stack.start_applications()


def _floor(stack: Stack, figures: Figures, people: Network) -> list[Measured]:
    import jwt

    claims = {
        "token_type": "access",
        "exp": int(time.time()) + 3600,
        "jti": "1",
        "user_id": str(people.readers[0].id),
    }
    token = jwt.encode(claims, config.secret_key, algorithm="HS256")
    floor = [
        Action("bare Django view", [request("GET", "/bare")]),
        Action(
            "stock DRF view, JWT, the same Redis calls and bytes", [request("GET", "/stock", token=token)]
        ),
    ]
    pids = {"web": stack.pid("floor"), "redis-feeds": stack.pid("redis-feeds")}
    return [_measured(one, port=stack.floor_port, pids=pids, extent=figures.extent) for one in floor]


def _measured(action: Action, *, port: int, pids: Mapping[str, int], extent: Extent) -> Measured:
    """At one connection, then at sixteen, with warm caches. A write's requests are shared among the rounds."""
    loads = []
    share = len(action.requests) // (2 * extent.rounds)
    if action.warming:
        run(action.warming, port=port, connections=4, seconds=30, pids={}, once=True)
    elif not action.once:
        run(action.requests, port=port, connections=4, seconds=30, pids={}, once=True)
    for n, connections in enumerate((1, CONNECTIONS) * extent.rounds):
        load = run(
            action.requests[n * share : (n + 1) * share] if action.once else action.requests,
            port=port,
            connections=connections,
            seconds=extent.seconds,
            pids=pids,
            once=action.once,
            expected=action.expected,
        )
        loads.append(load)
    return Measured(action.name, action.target, least(loads[0::2]), least(loads[1::2]))
