"""What tests of accounts do again and again: over HTTP, or in the table as another flow would."""

import threading
from collections.abc import Callable
from typing import Any

import jwt

from accounts.models import Session, User
from echomate import dynamodb, keys, table
from echomate.config import config
from echomate.testing.client import PASSWORD, Caller, Person, unique_name


def new(**changes: Any) -> dict[str, Any]:
    name = unique_name()
    return {"username": name, "email": f"{name}@example.org", "password": "correct9horse", **changes}


def log_in(login: str, password: str = PASSWORD, *, caller: Caller | None = None, **more: Any) -> Any:
    """From an address that was never seen before, unless the `caller` is given."""
    body = {"login": login, "password": password, "token_delivery": "body", **more}
    return (caller or Caller()).post("/auth/login", body)


def login_of(person: Person) -> dict[str, str]:
    return {"login": person.username, "password": person.password, "token_delivery": "body"}


def refresh(token: str) -> Any:
    return Caller().post("/auth/refresh-token", {"refresh": token, "token_delivery": "body"})


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def session_of(person: Person) -> Session | None:
    return Session.read(keys.session(person.id, claims_of(person.refresh)["sid"]))


def stored(user: int) -> User:
    found = User.read(keys.user(user))
    assert found is not None
    return found


def change_user(user: int, **values: object) -> None:
    """As a moderator or another flow would."""
    changes = {name: {"Action": "PUT", "Value": dynamodb.wire(value)} for name, value in values.items()}
    key = table.wire_key(keys.user(user))
    dynamodb.call("UpdateItem", {"TableName": config.table_name, "Key": key, "AttributeUpdates": changes})


def age_claim(email: str, *, hours: float) -> None:
    """As if the address had been claimed so long ago."""
    dynamodb.call(
        "UpdateItem",
        {
            "TableName": config.table_name,
            "Key": table.wire_key(keys.email_claim(email)),
            "UpdateExpression": "SET CreatedAt = :at",
            "ExpressionAttributeValues": {":at": {"N": str(table.clock() - int(hours * 3_600_000))}},
        },
    )


def at_once(count: int, act: Callable[[int], Any]) -> list[Any]:
    """What so many threads got that did it at the same time."""
    results: list[Any] = [None] * count
    barrier = threading.Barrier(count)

    def run(number: int) -> None:
        barrier.wait()
        results[number] = act(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
