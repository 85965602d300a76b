"""What Redis still has to forget: deletions that could not be made while Redis, or the way to it, was broken.

Redis may hang and come back with what it held, or be cut off from one process while others read it. A write must not be
acknowledged while somebody may still read there what it made stale. So a process whose deletion failed writes it down
as a debt, in an item of the lease table that all processes look at:

1. A process trusts Redis for `TRUST_SECONDS` from the beginning of a look that finds no debt.
2. A look that finds debts pays them: it runs their commands, removes them, and looks again. So whoever can reach
   Redis goes on trusting it, and pays for a process that is cut off, or has died. Who can't pay reads the table.
3. The debtor acknowledges its write when its debt is paid, or when some debt has stood for so long that nobody trusts.

A read that begins after the acknowledgement therefore either doesn't trust Redis, or relies on a look that began after
the debt was written down and found it paid. While DynamoDB is away no write is acknowledged, and Redis is believed as
it was before.

A look is one consistent read: a capacity unit while nothing is owed, a few in an outage. There are at most two a second
while nobody waits for one, and none while Redis isn't used.
"""

import logging
import os
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, cast

import orjson
from redis.exceptions import ResponseError

from echomate import dynamodb, keys, metering, metrics
from echomate.cache.connection import AWAY, FOR_THE_MOMENT, Command, Script, client, reach
from echomate.config import config
from echomate.dynamodb import DynamoDBError
from echomate.errors import DependencyAway

TRUST_SECONDS = 1.25
LOOK_SECONDS = 0.5
ACKNOWLEDGED_AFTER_SECONDS = TRUST_SECONDS + 0.25
"""Clocks of two machines need not run equally fast."""
PATIENCE_SECONDS = 8.0
TRUST_PATIENCE_SECONDS = 1.0
PAUSE_SECONDS = 0.05
READ_DEADLINE_SECONDS = 1.0
EXCUSED_SECONDS = LOOK_SECONDS + READ_DEADLINE_SECONDS + 0.5
"""Until the look after the next has ended, however long that takes."""
REMOVED_AT_ONCE = 100
"""An expression has 4 KB at most."""
PAYMENTS = 5
"""So often one look pays and looks again, while others go on to write down debts."""

EVERYTHING = "everything"
"""The debt of a flush: for what is too much to write down."""
DEBTS_AT_MOST = 4
BYTES_AT_MOST = 4096
"""An update of the item costs a capacity unit for each kilobyte of it."""

logger = logging.getLogger(__name__)


class Watch:
    """Whether this process may trust Redis. A thread looks for debts as long as Redis is used."""

    def __init__(self) -> None:
        self.begin_anew()

    def begin_anew(self) -> None:
        """As after a fork: a child has none of its parent's threads, and may hold what one of them had locked."""
        self.trusted_until = 0.0
        """By the monotonic clock."""
        self.is_used = False
        self._excused_until = 0.0
        """So long Redis is believed though the last look failed: DynamoDB is away, and no debt is known."""
        self._standing: dict[str, float] = {}
        """The debts of the last look that succeeded, with the moment when this process met each first."""
        self._began = self._tried = 0.0
        """When the last look that succeeded began, and the last one of all."""
        self._stores = object()
        """Replaced with the stores: a look that began with another object has read the former ones."""
        self._is_refused = False
        """Redis was reached and would not forget what is owed."""
        self._lost_wakes: set[Command] = set()
        self._look_ended = threading.Condition()
        self._hurry = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def trusts(self) -> bool:
        """Whether a read that begins now may believe Redis. Waits for a look, where the last is too long ago."""
        self.is_used = True
        if time.monotonic() < self.trusted_until:
            return True
        self._go_on()
        if not (self._standing or self._is_excused):
            self._wait_for_look(time.monotonic(), TRUST_PATIENCE_SECONDS)
        return time.monotonic() < self.trusted_until or self._is_excused

    @property
    def has_debts(self) -> bool:
        """By the last look that succeeded."""
        return bool(self._standing)

    @property
    def _is_excused(self) -> bool:
        return time.monotonic() < self._excused_until

    def owe(self, commands: Sequence[Command]) -> None:
        """Write a debt down, and wait until no reader can meet what it would have deleted."""
        debts = _debts(commands, others=len(self._standing))
        name = next(iter(debts))
        try:
            _put(debts)
        except (DependencyAway, DynamoDBError) as error:
            raise _unsure() from error
        logger.warning("Redis has something to forget once it can be reached", extra={"debt": name})
        put, end = time.monotonic(), time.monotonic() + PATIENCE_SECONDS
        while (left := end - time.monotonic()) > 0:
            self.is_used = True
            self._go_on(hurry=True)
            self._wait_for_look(put, left)
            if self._began >= put and self._is_harmless(name):
                return
            time.sleep(PAUSE_SECONDS)
        raise _unsure()

    def wake_later(self, command: Command) -> None:
        """Send a message again that could not be sent, once Redis can be reached."""
        self._lost_wakes.add(command)
        self._go_on()

    def reset(self) -> None:
        """Forget what was seen: the stores are others now."""
        with self._look_ended:
            self._stores = object()
            self.trusted_until = self._excused_until = 0.0
            self._standing = {}
            self._lost_wakes = set()

    def _is_harmless(self, name: str) -> bool:
        """Whether, by the last look, a debt is paid, or nobody trusts Redis since some debt stands for long."""
        standing = self._standing
        long_ago = self._began - ACKNOWLEDGED_AFTER_SECONDS
        # One flush takes another's place, so that the age of its name says nothing.
        return name not in standing or any(
            since <= long_ago for other, since in standing.items() if other != EVERYTHING
        )

    def _wait_for_look(self, after: float, seconds: float) -> None:
        """Wait for the end of a look that began after a moment, or for trust."""
        self._hurry.set()
        with self._look_ended:
            self._look_ended.wait_for(
                lambda: self._tried >= after or time.monotonic() < self.trusted_until,
                seconds,
            )

    def _go_on(self, *, hurry: bool = False) -> None:
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._keep_looking, name="cache-debts", daemon=True)
                self._thread.start()
        if hurry:
            self._hurry.set()

    def _keep_looking(self) -> None:
        metering.leave_out_this_thread()
        while True:
            with self._starting:
                if not (self.is_used or self._lost_wakes):
                    self._thread, self._excused_until = None, 0.0
                    return
                self.is_used = False
            self._hurry.clear()
            self._look()
            self._hurry.wait(LOOK_SECONDS)

    def _look(self) -> None:
        try:
            self._look_and_pay()
            self._send_lost_wakes()
        finally:
            self._tell()

    def _tell(self) -> None:
        with self._look_ended:
            self._look_ended.notify_all()

    def _look_and_pay(self) -> None:
        for _ in range(PAYMENTS):
            began, stores = time.monotonic(), self._stores
            try:
                owed = _read()
                if not self._note(owed, began, stores):
                    continue
                if not owed or not self._pay(owed):
                    return
            except (DependencyAway, DynamoDBError) as error:
                logger.warning("it can't be known what Redis has to forget: %s", error)
                if stores is not self._stores:
                    continue
                self._tried = began
                self._excused_until = 0.0 if self._standing else time.monotonic() + EXCUSED_SECONDS
                return

    def _note(self, owed: Mapping[str, str], began: float, stores: object) -> bool:
        """Take over what a look has read. False, and nothing is, where the stores were replaced meanwhile."""
        now = time.monotonic()
        with self._look_ended:
            if stores is not self._stores:
                return False
            self._standing = {name: self._standing.get(name, now) for name in owed}
            self._excused_until = 0.0
            if not owed:
                self._is_refused = False
                self.trusted_until = began + TRUST_SECONDS
            self._began = self._tried = began
            self._look_ended.notify_all()
        return True

    def _pay(self, owed: Mapping[str, str]) -> bool:
        """Run what is owed, then remove it. False where Redis can't be reached, or doesn't obey."""
        try:
            _run(owed)
        except (DependencyAway, *AWAY) as error:
            if isinstance(error, ResponseError) and not isinstance(error, FOR_THE_MOMENT):
                self._note_refusal(error)
            else:
                logger.debug("what Redis has to forget stays owed: %s", error)
            return False
        self._is_refused = False
        logger.info("Redis has forgotten what was owed", extra={"debts": len(owed)})
        _remove(owed)
        return True

    def _note_refusal(self, refusal: ResponseError) -> None:
        """It stands until somebody lets us, so the log says it once, and the metric each time."""
        metrics.CACHE_FLUSHES.labels("refused").inc()
        if not self._is_refused:
            logger.error("Redis refuses to be emptied, so nobody reads from it: %s", refusal)
        self._is_refused = True

    def _send_lost_wakes(self) -> None:
        if not self._lost_wakes:
            return
        wakes = set(self._lost_wakes)
        try:
            reach(list(wakes))
        except DependencyAway:
            return
        self._lost_wakes -= wakes


watch = Watch()


os.register_at_fork(after_in_child=watch.begin_anew)


def owe(commands: Sequence[Command]) -> None:
    """Have commands made up for that could not be run; returns when no reader can be misled.

    Wake-ups mislead nobody: they are sent again by this process. Raises `DependencyAway`.
    """
    wakes = [command for command in commands if command[0] == "PUBLISH"]
    for wake in wakes:
        watch.wake_later(wake)
    if len(wakes) < len(commands):
        watch.owe([command for command in commands if command[0] != "PUBLISH"])


def _unsure() -> DependencyAway:
    return DependencyAway(
        "redis",
        "What you asked for is done, but may not show everywhere yet. The same call may be made again.",
    )


def _debts(commands: Sequence[Command], *, others: int) -> dict[str, str]:
    """The debt by its name, with its commands as JSON. Scripts are spelled out for whoever doesn't know them.

    What is too much to write down is a flush, with an empty debt beside it whose age can be told.
    """
    spelled = [Script.spelled_out(command) if command[0] == "EVALSHA" else command for command in commands]
    text = orjson.dumps(spelled, default=_as_text).decode()
    token = secrets.token_hex(8)
    if others < DEBTS_AT_MOST and len(text) <= BYTES_AT_MOST:
        return {f"debt_{token}": text}
    return {EVERYTHING: token, **({f"debt_{token}": "[]"} if others < 2 * DEBTS_AT_MOST else {})}


def _as_text(part: Any) -> str:
    if isinstance(part, bytes):
        return part.decode()
    raise TypeError(f"no part of a command: {type(part).__name__}")


def _item() -> dict[str, Any]:
    return {"TableName": config.lease_table_name, "Key": {"PK": {"S": keys.CACHE_DEBTS}}}


def _put(debts: Mapping[str, str]) -> None:
    """A flush takes the place of the one before, so that who has paid that one has not paid this one."""
    sets = [f"#n{number} = :v{number}" for number in range(len(debts))]
    change = {
        "UpdateExpression": f"SET {', '.join(sets)}",
        "ExpressionAttributeNames": {f"#n{number}": name for number, name in enumerate(debts)},
        "ExpressionAttributeValues": {
            f":v{number}": {"S": text} for number, text in enumerate(debts.values())
        },
    }
    dynamodb.call("UpdateItem", {**_item(), **change})


def _read() -> dict[str, str]:
    answer = dynamodb.call_apart(
        "GetItem", {**_item(), "ConsistentRead": True}, deadline=READ_DEADLINE_SECONDS
    )
    return {name: value["S"] for name, value in answer.get("Item", {}).items() if name != "PK"}


def _run(owed: Mapping[str, str]) -> None:
    """Make Redis forget what is owed. Raises `ResponseError` where it refuses to."""
    listed = [text for name, text in owed.items() if name != EVERYTHING]
    commands = [tuple(command) for text in listed for command in orjson.loads(text)]
    replies = reach(commands) if commands else []
    refused = next((reply for reply in replies if isinstance(reply, Exception)), None)
    if EVERYTHING in owed or refused:
        _flush()
        logger.warning("Redis was emptied: %s", refused or "much was owed")
        metrics.CACHE_FLUSHES.labels("done").inc()


def _flush() -> None:
    if config.redis_cluster:
        cast("Any", client()).flushdb(asynchronous=True)
        return
    (reply,) = reach([("FLUSHDB", "ASYNC")])
    if isinstance(reply, Exception):
        raise reply


def _remove(owed: Mapping[str, str]) -> None:
    """Remove what was paid: a flush first, and nothing where another has become due meanwhile."""
    names = sorted(owed, key=lambda name: name != EVERYTHING)
    for start in range(0, len(names), REMOVED_AT_ONCE):
        part = {f"#n{number}": name for number, name in enumerate(names[start : start + REMOVED_AT_ONCE])}
        change: dict[str, Any] = {
            "UpdateExpression": f"REMOVE {', '.join(part)}",
            "ExpressionAttributeNames": part,
        }
        if EVERYTHING in part.values():
            change["ConditionExpression"] = "#n0 = :token"
            change["ExpressionAttributeValues"] = {":token": {"S": owed[EVERYTHING]}}
        if dynamodb.attempt("UpdateItem", {**_item(), **change}) is None:
            return
