"""Looks whether an account has been erased: checks its receipt, then searches all stores for any trace."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError

from accounts import names, receipts, traces
from accounts.models.erasures import Erasure, ErasureReceipt
from accounts.traces import Sought
from echomate import keys
from echomate.errors import EchomateError
from echomate.ids import parse_id

NOT_VERIFIED = 2


class Command(BaseCommand):
    help = (
        "Check the receipt of an erasure and search the table, both Redis and S3 for any trace of the account. "
        "Exit code: 0 nothing is left, 1 something is (it is listed), 2 this is no receipt of ours, or a store is away."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "receipt", help="the id of the account; or the receipt: a file with it, or - for standard input"
        )
        parser.add_argument("--username", help="search for this name as well: the receipt doesn't hold it")
        parser.add_argument("--email", help="search for this address, and its hash, as well")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_: Any, receipt: str, username: str | None, email: str | None, **options: Any) -> None:
        found = _read(receipt)
        if not receipts.is_ours(found):
            raise CommandError(
                "The receipt is not as it was written here, or SECRET_KEY is another one now.",
                returncode=NOT_VERIFIED,
            )
        sought = Sought(
            user=int(found["user"]),
            username=username and (names.username(username) or username),
            email=email and (names.email(email) or email),
        )
        try:
            left = sorted(traces.find(sought))
        except EchomateError as error:
            raise CommandError(str(error), returncode=NOT_VERIFIED) from error
        self._say(found, left, as_json=options["json"])
        if left:
            sys.exit(1)

    def _say(self, receipt: dict[str, Any], left: list[str], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(orjson.dumps({"receipt": receipt, "traces": left}).decode())
            return
        removed = ", ".join(f"{count} {name}" for name, count in receipt["removed"].items())
        self.stdout.write(f"The receipt of account {receipt['user']} is ours: {removed}.")
        self.stdout.write(f"Erased from {receipt['begun_at']} to {receipt['finished_at']}.")
        for trace in left:
            self.stdout.write(f"found in {trace}")
        self.stdout.write(f"{len(left)} traces are left." if left else "Nothing else is left.")


def _read(given: str) -> dict[str, Any]:
    user = parse_id(given)
    text = _stored(user) if user is not None else _file(given)
    try:
        receipt = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise CommandError("This is no receipt: it is not JSON.", returncode=NOT_VERIFIED) from error
    if not isinstance(receipt, dict) or parse_id(str(receipt.get("user"))) is None:
        raise CommandError("This is no receipt: it names no account.", returncode=NOT_VERIFIED)
    return receipt


def _stored(user: int) -> str:
    kept = ErasureReceipt.read(keys.erasure_receipt(user))
    if kept is not None:
        return kept.receipt
    under_way = Erasure.read(keys.erasure(user)) is not None
    raise CommandError(
        "The erasure of this account is under way." if under_way else "There is no receipt for this account.",
        returncode=NOT_VERIFIED,
    )


def _file(name: str) -> str:
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{name} can't be read: {error}", returncode=NOT_VERIFIED) from error
