"""Receipts of erasures: what was removed of an account, how much, when, and a code that proves who wrote it.

    {"user": "123", "requested_at": …, "begun_at": …, "finished_at": …, "removed": {"posts": 3, …}, "hmac": "…"}

The id is all that it says of anybody, and by then it is nobody's. The code is made with a key of `SECRET_KEY`: with
another one no earlier receipt is good any more.
"""

from collections.abc import Mapping
from typing import Any

import orjson
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models.erasures import Erasure
from echomate.ids import at_milliseconds, rfc3339


def receipt_of(erasure: Erasure) -> str:
    """The receipt of a finished erasure: made twice, it is the same."""
    facts = {
        "user": str(int(erasure.user)),
        "requested_at": _moment(erasure.requested_at),
        "begun_at": _moment(erasure.created_at),
        "finished_at": _moment(erasure.finished_at),
        "removed": erasure.removed,
    }
    return orjson.dumps({**facts, "hmac": _code(facts)}, option=orjson.OPT_INDENT_2).decode()


def is_ours(receipt: Mapping[str, Any]) -> bool:
    """Whether a receipt is as it was written here."""
    facts = {name: value for name, value in receipt.items() if name != "hmac"}
    return constant_time_compare(str(receipt.get("hmac")), _code(facts))


def _code(facts: Mapping[str, Any]) -> str:
    said = orjson.dumps(facts, option=orjson.OPT_SORT_KEYS).decode()
    return salted_hmac("accounts.receipts", said, algorithm="sha256").hexdigest()


def _moment(milliseconds: float | None) -> str:
    return rfc3339(at_milliseconds(int(milliseconds or 0)))
