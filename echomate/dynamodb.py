"""The wire to DynamoDB, in place of botocore's client; PynamoDB's models come through here too, by `LeanConnection`."""

import os
import random
import re
import threading
import time
from collections.abc import Mapping
from typing import Any

import orjson
from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.connection import Connection
from pynamodb.exceptions import CancellationReason, VerboseClientError

from echomate import credentials, ids, metering
from echomate.aws_json import Answer, Service
from echomate.config import config
from echomate.errors import DependencyAway
from echomate.outages import Outage

Wire = dict[str, Any]

DEADLINE_SECONDS = 3.5
"""A request may wait for a second more before its first call: until it is known whether Redis can be trusted."""
CONNECT_SECONDS = 1.0
READ_SECONDS = 2.5
LAST_TRY_SECONDS = 0.1
"""No try has less time than this, however long the process was held up before it."""
STREAM_OPERATIONS = frozenset({"ListStreams", "DescribeStream", "GetShardIterator", "GetRecords"})
TRY_AGAIN = frozenset(
    {
        "InternalServerError",
        "InternalFailure",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
_LAST_ID = re.compile(r"(\d{19})$")


class DynamoDBError(Exception):
    """DynamoDB answered with an error of the request's own: `code`, `message`, and the whole `response`."""

    def __init__(self, operation: str, code: str, message: str, response: Wire) -> None:
        super().__init__(f"{operation}: {code}: {message}")
        self.operation = operation
        self.code = code
        self.message = message
        self.response = response

    @property
    def reasons(self) -> list[str]:
        """The code of each part of a cancelled transaction, "None" where a part was fine."""
        return [reason.get("Code", "None") for reason in self.response.get("CancellationReasons", [])]


_clients: dict[str, Service] = {}
"""By their URL: at AWS the streams have one of their own."""
_client_lock = threading.Lock()


def _client(operation: str) -> Service:
    """Raises `DependencyAway` where a local run names no emulator: what it would find else is somebody's AWS."""
    if config.is_local and not (config.dynamodb_endpoint_url or config.aws_endpoint_url):
        raise DependencyAway("dynamodb", "There is no local stack here: start it with make run.")
    url = config.streams_url if operation in STREAM_OPERATIONS else config.dynamodb_url
    client = _clients.get(url)
    if client is None:
        keys = credentials.aws("dynamodb")  # not under the lock, as a machine's role may be long in coming
        client = Service(url, name="dynamodb", region=config.aws_region, credentials=keys)
        with _client_lock:
            client = _clients.setdefault(url, client)
    return client


def close() -> None:
    """Forget the clients and their connections; the next call makes new ones."""
    with _client_lock:
        for client in _clients.values():
            client.close()
        _clients.clear()
        for outage in _outages.values():
            outage.over()


def _begin_anew() -> None:
    """In a child process: over its parent's connections it would read answers to its parent.

    And what another thread held when it was forked nobody would give back.
    """
    global _client_lock
    _client_lock = threading.Lock()
    _clients.clear()
    _outages.update(_new_outages())


os.register_at_fork(after_in_child=_begin_anew)


def _new_outages() -> dict[bool, Outage]:
    """That of the streams, which have an endpoint of their own at AWS, and that of the tables."""
    return {is_stream: Outage("dynamodb") for is_stream in (True, False)}


_outages = _new_outages()


def call(operation: str, parameters: Mapping[str, Any], *, deadline: float = DEADLINE_SECONDS) -> Wire:
    """One operation of DynamoDB or its streams, in the service's wire JSON both ways.

    Tried again, within `deadline` seconds in all, when the service can't be reached or says so. A write must therefore
    bear being repeated: its condition accepts its own first try. Errors: `DynamoDBError`, or `DependencyAway`.
    """
    with _outages[operation in STREAM_OPERATIONS].passing():
        return _call(operation, parameters, deadline)


def call_apart(operation: str, parameters: Mapping[str, Any], *, deadline: float) -> Wire:
    """The same for a thread of the process's own: it and the others find the end of an outage by themselves."""
    return _call(operation, parameters, deadline)


def attempt(operation: str, parameters: Mapping[str, Any]) -> Wire | None:
    """A write, as `call` makes it; None where its condition doesn't hold."""
    try:
        return call(operation, parameters)
    except DynamoDBError as error:
        if error.code != "ConditionalCheckFailedException":
            raise
        return None


def _call(operation: str, parameters: Mapping[str, Any], deadline: float) -> Wire:
    if metering.is_metering() and operation in _METERED:
        parameters = {**parameters, "ReturnConsumedCapacity": "TOTAL"}
    body = orjson.dumps(parameters)
    end = time.monotonic() + deadline
    attempt = 0
    while True:
        attempt += 1
        try:
            left = max(end - time.monotonic(), LAST_TRY_SECONDS)
            status, content = _post(operation, body, left)
            answer = orjson.loads(content)
            if status == 200:
                return _received(operation, parameters, answer)
            trouble = _trouble(operation, status, answer)
        except (orjson.JSONDecodeError, OSError) as failure:
            trouble = f"{operation}: {type(failure).__name__}"
        pause = random.uniform(0.5, 1.0) * min(0.02 * 2**attempt, 0.5)  # noqa: S311 - jitter, not a secret
        if time.monotonic() + pause + LAST_TRY_SECONDS > end:
            raise DependencyAway("dynamodb") from TimeoutError(trouble)
        time.sleep(pause)


def _post(operation: str, body: bytes, seconds: float) -> Answer:
    service = "DynamoDBStreams" if operation in STREAM_OPERATIONS else "DynamoDB"
    try:
        return _client(operation).post(
            f"{service}_20120810.{operation}",
            body,
            connect_seconds=min(CONNECT_SECONDS, seconds),
            read_seconds=min(READ_SECONDS, seconds),
        )
    except (BotoCoreError, ClientError, RuntimeError) as error:  # of a role's keys, which are asked for anew
        raise DependencyAway("dynamodb") from error


_METERED = frozenset(
    {
        *("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan"),
        *("BatchGetItem", "BatchWriteItem", "TransactWriteItems", "TransactGetItems"),
    }
)


def _received(operation: str, parameters: Mapping[str, Any], answer: Wire) -> Wire:
    if metering.is_metering():
        capacity = answer.get("ConsumedCapacity") or []
        parts = capacity if isinstance(capacity, list) else [capacity]
        metering.saw_dynamodb(operation, sum(part.get("CapacityUnits", 0) for part in parts))
    if config.test_index_delay_seconds and "IndexName" in parameters:
        answer["Items"] = [item for item in answer.get("Items", []) if _shows(parameters["IndexName"], item)]
    return answer


def _shows(index: str, item: Wire) -> bool:
    """Whether an index that lags, as AWS's do, shows an item yet (test setting)."""
    found = _LAST_ID.search(item.get(f"{index}SK", {}).get("S", ""))
    if found is None:
        return True
    return ids.milliseconds(int(found[1])) / 1000 <= time.time() - config.test_index_delay_seconds


def _trouble(operation: str, status: int, answer: Wire) -> str:
    """What is said to a call that may be made again. Raises `DynamoDBError` for the others."""
    code = str(answer.get("__type", "Unknown")).rpartition("#")[2]
    message = answer.get("message") or answer.get("Message") or ""
    if code not in TRY_AGAIN and status < 500:
        # In no variable: an error that its own frame holds keeps all frames above, and what they hold.
        raise DynamoDBError(operation, code, message, answer)
    return f"{operation}: {code}: {message}"


def wire(value: Any) -> Wire:  # noqa: PLR0911 - one for each type
    """A Python value as an attribute value."""
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int():
            return {"N": str(value)}
        case list() | tuple():
            return {"L": [wire(part) for part in value]}
        case frozenset():
            return {"SS": sorted(value)}
        case dict():
            return {"M": {name: wire(part) for name, part in value.items()}}
    raise TypeError(f"no attribute value for {type(value).__name__}")


def wire_item(values: Mapping[str, Any]) -> Wire:
    """A mapping of Python values as an item; None leaves an attribute out."""
    return {name: wire(value) for name, value in values.items() if value is not None}


def plain(item: Wire) -> dict[str, Any]:
    """An item as a mapping of Python values."""
    return {name: _plain(value) for name, value in item.items()}


def _plain(value: Wire) -> Any:
    ((kind, content),) = value.items()
    match kind:
        case "S" | "BOOL":
            return content
        case "N":
            return int(content)
        case "L":
            return [_plain(part) for part in content]
        case "M":
            return plain(content)
        case "NULL":
            return None
        case "SS":
            return set(content)
    raise TypeError(f"no Python value for {kind}")


class LeanConnection(Connection):
    """PynamoDB's connection with the wire above in place of botocore's client."""

    def _make_api_call(self, operation_name: str, operation_kwargs: Wire) -> Wire:
        try:
            return call(operation_name, operation_kwargs)
        except DynamoDBError as error:
            raise VerboseClientError(
                {"Error": {"Code": error.code, "Message": error.message}, **error.response},
                operation_name,
                {
                    "request_id": "",
                    "table_name": self._get_table_name_for_error_context(operation_kwargs) or "",
                },
                cancellation_reasons=(
                    CancellationReason(
                        code=reason["Code"], message=reason.get("Message"), raw_item=reason.get("Item")
                    )
                    if reason.get("Code", "None") != "None"
                    else None
                    for reason in error.response.get("CancellationReasons", [])
                ),
            ) from error
