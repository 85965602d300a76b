"""A small network, made through the services and read as the views read it."""

import itertools
from typing import Any

import orjson

from accounts.services import NewAccount, create_account
from echomate import cache
from echomate.paging import PageRequest
from feeds import selectors
from posts.services import Draft, create

_numbers = itertools.count(1)


def person() -> int:
    """The id of a new account."""
    name = f"reader{next(_numbers)}"
    account = NewAccount(username=name, email=f"{name}@example.org", full_name="")
    return create_account(account, password_hash="!").id


def post(author: int, content: str = "hello", **fields: Any) -> int:
    """The id of a new post."""
    return create(author=author, draft=Draft(content=content, **fields)).id


def read_home(reader: int, **fields: Any) -> tuple[list[int], str]:
    """The ids of a page of a home, and its state."""
    request = PageRequest(f"feed:{reader}", **fields)
    page, state = selectors.home(reader, request, opening=cache.ask(*selectors.home_reads(reader, request)))
    return [int(orjson.loads(item)["id"]) for item in page.items], state
