"""pytest's part: the services of the process, empty tables for each module, an empty Redis for each test."""

import gc
import logging
from collections.abc import Iterator

import pytest

from echomate.testing import timing
from echomate.testing.proxy import Proxy
from echomate.testing.stack import Stack

stack_key = pytest.StashKey[Stack]()


WAITING = {"redis_proxy", "dynamodb_proxy", "storage_proxy", "lagging_index"}
"""Fixtures of tests that wait until something takes too long, or is shown."""
NOT_IN_CI = ("kill", "long", "browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if WAITING & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.timed)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    timing.marked = any(item.get_closest_marker(name) for name in ("timed", *NOT_IN_CI))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Services begin to start when a test of this process asks for them, and the first that does waits for them."""
    config = session.config
    gc.collect()
    gc.freeze()  # thousands of tests and all modules: to look through them again and again took a seventh of the CPU
    is_controller = bool(config.getoption("numprocesses", None)) and not hasattr(config, "workerinput")
    if config.option.collectonly or is_controller or all(_is_pure(item) for item in session.items):
        return
    config.stash[stack_key].launch()


def _is_pure(node: pytest.Item | pytest.Collector) -> bool:
    return node.get_closest_marker("pure") is not None


def pytest_unconfigure(config: pytest.Config) -> None:
    from echomate.testing.configuration import reconnect_all

    if stack := config.stash.get(stack_key, None):
        stack.close()
    reconnect_all()  # after it, or a thread that looks for debts would connect anew


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest) -> Stack:
    """The services of this process: `kill`, `restart`, `freeze`, `thaw` by name."""
    stack = request.config.stash[stack_key]
    stack.start()
    return stack


@pytest.fixture(autouse=True, scope="module")
def _empty_tables(request: pytest.FixtureRequest) -> None:
    """No module finds another's items. The stream is a new one too."""
    if not _is_pure(request.node):
        _create_tables_anew(request.getfixturevalue("stack"))


def _create_tables_anew(stack: Stack) -> None:
    from echomate import dynamodb, objects, provisioning
    from echomate.config import config

    for name in (config.table_name, config.lease_table_name):
        try:
            dynamodb.call("DeleteTable", {"TableName": name})
        except dynamodb.DynamoDBError as error:
            if error.code != "ResourceNotFoundException":
                raise
    assert provisioning.create_tables() == []
    if stack.buckets_of is not stack.processes["aws"]:
        objects.create_buckets()
        stack.buckets_of = stack.processes["aws"]


@pytest.fixture(autouse=True)
def _empty_redis(request: pytest.FixtureRequest) -> None:
    from echomate import celery

    celery.resting_until = 0.0
    if not _is_pure(request.node):
        request.getfixturevalue("stack").empty_redis()
        _forget_debts()


def _forget_debts() -> None:
    """Redis is empty, so that a test pays for nothing of the one before."""
    from echomate import dynamodb
    from echomate.cache import debts

    try:
        owed = dynamodb.call("DeleteItem", {**debts._item(), "ReturnValues": "ALL_OLD"}).get("Attributes")
    except dynamodb.DynamoDBError as error:
        if error.code != "ResourceNotFoundException":  # a test of tables has left none
            raise
        owed = None
    if owed or debts.watch.has_debts:
        debts.watch.reset()


@pytest.fixture
def redis_proxy(stack: Stack) -> Iterator[Proxy]:
    """A proxy before the Redis of feeds and caches; this process goes through it."""
    from echomate.testing.configuration import configured

    with (
        Proxy(stack.ports["redis-feeds"]) as proxy,
        configured(redis_url=f"redis://127.0.0.1:{proxy.port}/0"),
    ):
        yield proxy


@pytest.fixture
def dynamodb_proxy(stack: Stack) -> Iterator[Proxy]:
    """A proxy before DynamoDB; this process goes through it."""
    from echomate.testing.configuration import configured

    port = stack.ports["dynamodb" if stack.uses_dynamodb_local else "aws"]
    with Proxy(port) as proxy, configured(dynamodb_endpoint_url=f"http://127.0.0.1:{proxy.port}"):
        yield proxy


@pytest.fixture
def storage_proxy(stack: Stack) -> Iterator[Proxy]:
    """A proxy before S3 alone; this process goes through it."""
    from echomate.config import config
    from echomate.testing.configuration import configured

    with (
        Proxy(stack.ports["aws"]) as proxy,
        configured(
            aws_endpoint_url=f"http://127.0.0.1:{proxy.port}", dynamodb_endpoint_url=config.dynamodb_url
        ),
    ):
        yield proxy


@pytest.fixture
def lagging_index() -> Iterator[None]:
    """Indexes show nothing that is younger than 2 s, as AWS's may."""
    from echomate.testing.configuration import configured

    with configured(test_index_delay_seconds=2):
        yield


@pytest.fixture(autouse=True)
def _quiet_clients() -> None:
    """Debug lines of the clients would drown those of a failing test."""
    for name in ("botocore", "urllib3", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)
