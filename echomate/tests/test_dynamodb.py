"""The wire to DynamoDB: bounded, patient with what passes, frank about the rest."""

import gc
import os
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import suppress

import pytest
from botocore.exceptions import CredentialRetrievalError
from botocore.session import Session

from echomate import credentials, dynamodb, ids, keys, table, transactions
from echomate.aws_json import Answer
from echomate.config import config
from echomate.dynamodb import DynamoDBError
from echomate.errors import DependencyAway
from echomate.testing.configuration import configured
from echomate.testing.proxy import Proxy
from echomate.testing.timing import within

pytestmark = pytest.mark.store

WITHIN_SECONDS = 5


def put(partition: str, sort: str, **values: object) -> None:
    item = dynamodb.wire_item({"PK": partition, "SK": sort, **values})
    dynamodb.call("PutItem", {"TableName": config.table_name, "Item": item})


def test_an_error_of_the_request_is_raised_at_once_with_its_code() -> None:
    with pytest.raises(DynamoDBError) as raised:
        dynamodb.call("GetItem", {"TableName": "no-such-table", "Key": table.wire_key(("A", "B"))})
    assert raised.value.code == "ResourceNotFoundException"


def test_an_error_that_was_handled_keeps_nothing_of_the_call(no_collections: None) -> None:
    kept: list[weakref.ref[Viewed]] = []

    def refused() -> None:
        viewed = Viewed()
        kept.append(weakref.ref(viewed))
        with suppress(DynamoDBError):
            dynamodb.call("GetItem", {"TableName": "no-such-table", "Key": table.wire_key(("A", "B"))})

    refused()
    assert kept[0]() is None


class Viewed:
    """What a caller holds."""


@pytest.fixture
def no_collections() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


def test_a_service_that_refuses_connections_is_away_within_five_seconds(dynamodb_proxy: Proxy) -> None:
    table.get_item(("A", "B"))
    dynamodb_proxy.refuse()
    assert within(WITHIN_SECONDS, away).headers["Retry-After"]


def away() -> DependencyAway:
    with pytest.raises(DependencyAway) as raised:
        table.get_item(("A", "B"))
    return raised.value


def test_while_it_hangs_only_one_call_at_a_time_waits(dynamodb_proxy: Proxy) -> None:
    dynamodb_proxy.hang()
    with pytest.raises(DependencyAway):
        table.get_item(("A", "B"))
    took: list[float] = []

    def read() -> None:
        start = time.monotonic()
        with pytest.raises(DependencyAway):
            table.get_item(("A", "B"))
        took.append(time.monotonic() - start)

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(seconds > dynamodb.DEADLINE_SECONDS / 2 for seconds in took) == 1
    assert max(took) < 2 * dynamodb.DEADLINE_SECONDS


def test_it_is_found_again_when_it_is_back(dynamodb_proxy: Proxy) -> None:
    dynamodb_proxy.refuse()
    with pytest.raises(DependencyAway):
        table.get_item(("A", "B"))
    dynamodb_proxy.heal()
    assert table.get_item(("A", "B")) is None


def test_a_put_whose_answer_is_lost_is_repeated_and_stands_once(dynamodb_proxy: Proxy) -> None:
    dynamodb_proxy.cut_after(0)
    threading.Timer(0.1, dynamodb_proxy.heal).start()
    own = {
        "TableName": config.table_name,
        "Item": dynamodb.wire_item({"PK": "AGAIN", "SK": "1", "GSI1PK": "A", "GSI1SK": "mine"}),
        "ConditionExpression": "attribute_not_exists(PK) OR GSI1SK = :mine",
        "ExpressionAttributeValues": {":mine": {"S": "mine"}},
    }
    dynamodb.call("PutItem", own)
    with pytest.raises(DynamoDBError):
        dynamodb.call("PutItem", own | {"ExpressionAttributeValues": {":mine": {"S": "another's"}}})


def test_batches_keep_the_order_of_their_keys_and_read_duplicates_once() -> None:
    for number in range(130):
        put("BATCH", ids.pad(number), Number=number)
    keys_ = [("BATCH", ids.pad(number)) for number in (*range(129, -1, -1), 500, 7, 7)]
    found = table.batch_get(keys_)
    numbers = [item and int(item["Number"]["N"]) for item in found]
    assert numbers == [*range(129, -1, -1), None, 7, 7]


def test_an_item_whose_time_is_over_is_not_there() -> None:
    put("EXPIRED", "1", ExpiresAt=ids.now_seconds() - 1)
    put("EXPIRED", "2", ExpiresAt=ids.now_seconds() + 60)
    assert table.get_item(("EXPIRED", "1")) is None
    assert [item["SK"]["S"] for item in table.query("EXPIRED")] == ["2"]
    assert table.batch_get([("EXPIRED", "1")]) == [None]


def test_a_query_is_bounded_on_both_sides_exclusively() -> None:
    for number in range(1, 31):
        put("LIST", f"POST#{ids.pad(number)}")

    def found(**bounds: object) -> list[int]:
        rows = table.query("LIST", prefix=keys.POST, **bounds)  # type: ignore[arg-type]  # spelled out by each call
        return [table.last_id(row["SK"]["S"]) for row in rows]

    assert found(limit=3) == [30, 29, 28]
    assert found(below=keys.post_sort(28), limit=3) == [27, 26, 25]
    assert found(above=keys.post_sort(28), newest_first=False) == [29, 30]
    assert found(above=keys.post_sort(3), below=keys.post_sort(6)) == [5, 4]


def test_a_transaction_that_is_throttled_is_tried_again_and_then_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reasons = {"CancellationReasons": [{"Code": "None"}, {"Code": "ThrottlingError"}]}
    throttled = DynamoDBError("TransactWriteItems", "TransactionCanceledException", "", reasons)
    answers: list[DynamoDBError | None] = [throttled, None]

    def answer(*_call: object, **_options: object) -> dynamodb.Wire:
        if said := answers.pop(0):
            raise said
        return {}

    monkeypatch.setattr(dynamodb, "call", answer)
    transactions.commit([])
    answers += [throttled] * transactions.TRIES
    with pytest.raises(DependencyAway):
        transactions.commit([])


def test_a_child_process_uses_no_connection_of_its_parent() -> None:
    table.get_item(("A", "B"))
    child = os.fork()
    if not child:
        os._exit(1 if dynamodb._clients else 0)
    assert os.waitpid(child, 0)[1] == 0
    assert dynamodb._clients


def test_a_call_that_was_held_up_before_its_first_try_has_time_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: list[float] = []

    def post(_operation: str, _body: bytes, seconds: float) -> Answer:
        given.append(seconds)
        return Answer(200, b"{}")

    monkeypatch.setattr(dynamodb, "_post", post)
    dynamodb.call("ListTables", {}, deadline=-1)
    assert given == [dynamodb.LAST_TRY_SECONDS]


def test_where_a_roles_keys_can_not_be_had_the_store_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Session) -> None:
        raise CredentialRetrievalError(provider="container-role", error_msg="timed out")

    monkeypatch.setattr(Session, "get_credentials", refuse)
    with configured(aws_access_key_id=""), pytest.raises(DependencyAway):
        credentials.aws("dynamodb")
