"""The feeds' Redis as a cluster: every command stays within a slot."""

import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import redis

from echomate import cache
from echomate.cache import debts
from echomate.errors import DependencyAway
from echomate.local import redis_server
from echomate.local.processes import Process, free_port, is_free
from echomate.stream import wake
from echomate.testing.client import FastClient
from echomate.testing.configuration import configured
from echomate.testing.projecting import projecting
from feeds.tests.network import person, post, read_home
from social.selectors import relations
from social.services import block, follow

pytestmark = pytest.mark.timed

SLOTS = 16384
NODES = 2
PAUSE_MILLISECONDS = 1500
BUS_OFFSET = 10000
"""The nodes of a cluster talk to each other on a port so much above their own."""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A cluster of two nodes; the port of one of them."""
    nodes = [_node(tmp_path_factory.mktemp("node")) for _ in range(NODES)]
    try:
        for process, _ in nodes:
            process.wait_until_ready()
        _join([port for _, port in nodes])
        yield nodes[0][1]
    finally:
        for process, _ in nodes:
            process.kill()


def _node(directory: Path) -> tuple[Process, int]:
    port = next(
        port for port in iter(free_port, None) if port < BUS_OFFSET * 2 and is_free(port + BUS_OFFSET)
    )
    program = redis_server.feeds(port=port, directory=directory)
    process = replace(program, command=[*program.command, "--cluster-enabled", "yes"])
    with (directory / "log").open("ab") as log:
        return Process(process, output=log.fileno()), port


def _join(ports: list[int]) -> None:
    bounds = [SLOTS * number // NODES for number in range(NODES + 1)]
    clients: list[Any] = [redis.Redis(port=port) for port in ports]
    for client, (first, last) in zip(clients, pairwise(bounds), strict=True):
        client.execute_command("CLUSTER ADDSLOTS", *range(first, last))
        client.execute_command("CLUSTER MEET", "127.0.0.1", ports[0])
    end = time.monotonic() + 60
    while not all(client.cluster("info")["cluster_state"] == "ok" for client in clients):
        assert time.monotonic() < end, "the nodes did not find each other"
        time.sleep(0.1)
    for client in clients:
        client.close()


def test_feeds_are_built_pushed_to_and_ruled_on_a_cluster(cluster: int) -> None:
    with (
        configured(redis_url=f"redis://127.0.0.1:{cluster}/0", redis_cluster=True),
        projecting() as projector,
    ):
        ann, authors = person(), [person() for _ in range(5)]
        for author in authors:
            follow(follower=ann, followed=author)
        old = [post(author) for author in authors]
        assert read_home(ann)[0] == old[::-1]
        projector.catch_up()
        new = [post(author) for author in authors]
        projector.catch_up()
        assert read_home(ann)[0] == [*new[::-1], *old[::-1]][:20]
        block(blocker=authors[0], blocked=ann)
        assert not {old[0], new[0]} & set(read_home(ann)[0])
        assert relations(ann, authors)[authors[1]].following


def test_a_cluster_is_well_when_all_its_nodes_answer_and_forgets_on_all_of_them(cluster: int) -> None:
    with configured(redis_url=f"redis://127.0.0.1:{cluster}/0", redis_cluster=True):
        assert FastClient().get("/health/cache").status_code == 200
        client: Any = cache.client()
        for node in client.get_nodes():
            with redis.Redis(port=node.port) as paused:
                paused.client_pause(PAUSE_MILLISECONDS)
                assert FastClient().get("/health/cache").status_code == 503
                paused.ping()  # when the pause is over
        time.sleep(cache.REST_SECONDS)
        names = [f"fact:{number}" for number in range(20)]
        cache.run([("SET", name, "old") for name in names])
        cache.reach([wake.COMMAND])
        debts._put({debts.EVERYTHING: "token"})
        end = time.monotonic() + 30
        while cache.asked([("GET", name) for name in names]) != [None] * len(names) or debts._read():
            assert time.monotonic() < end
            time.sleep(0.05)


def test_a_cluster_that_was_never_reached_is_away() -> None:
    """A client asks the nodes for their slots when it is made."""
    with configured(redis_url=f"redis://127.0.0.1:{free_port()}/0", redis_cluster=True):
        answer = FastClient().get("/health/cache")
        assert (answer.status_code, answer.json()["checks"]["feeds"]["status"]) == (503, "failed")
        with pytest.raises(DependencyAway):
            cache.reach([("GET", "fact")])
