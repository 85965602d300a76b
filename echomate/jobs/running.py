"""Running a job: claim it, call its handler, end it. Each step is one conditional update."""

import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from echomate import dynamodb, keys, table
from echomate.config import config
from echomate.dynamodb import Wire
from echomate.errors import DependencyAway
from echomate.jobs.items import KEPT_SECONDS, SHARDS, Job, State, send

FIRST_PAUSE_SECONDS = 5
LONGEST_PAUSE_SECONDS = 3600
AWAY_SECONDS = 10
DEATHS = 10
"""A job that was begun so many times as often as it may fail is given up: each of its workers died, perhaps of it."""

Result = Mapping[str, Any]
JobHandler = Callable[[dict[str, Any], Job], Result | None]

logger = logging.getLogger(__name__)


class Again(Exception):
    """Raised by a handler that has come on, and has more to do after so many seconds: at once for 0.

    The next run has the `note` in `job.note`.
    """

    def __init__(self, seconds: float = 0, *, note: str | None = None) -> None:
        super().__init__(f"again after {seconds} s")
        self.seconds = seconds
        self.note = note


class Busy(Exception):
    """Raised by a handler that could not begin yet: the job waits for so many seconds, and this was no attempt."""

    def __init__(self, seconds: int) -> None:
        super().__init__("it waits for its turn")
        self.seconds = seconds


class Refused(Exception):
    """Raised by a handler where no further try would help: the job ends, and its user is told this reason."""


class ClaimLost(Exception):
    """This worker was silent for too long, and another has taken the job over."""


@dataclass(frozen=True, slots=True)
class Kind:
    handler: JobHandler
    lease_seconds: int
    attempts: int
    is_kept: bool = True
    is_shown: bool = False


_kinds: dict[str, Kind] = {}


def _run_unknown(_payload: dict[str, Any], job: Job) -> None:
    raise LookupError(f"no app runs jobs of kind {job.kind}")


_UNKNOWN = Kind(_run_unknown, lease_seconds=10, attempts=8)


def runs(
    kind: str, *, lease_seconds: int = 60, attempts: int = 8, is_kept: bool = True, is_shown: bool = False
) -> Callable[[JobHandler], JobHandler]:
    """Enter the handler of a kind of job.

    After `lease_seconds` a job whose worker went silent runs again; what failed `attempts` times is given up, and what
    silenced its workers ten times as often.
    `is_kept`: the item of one that is done stays for a week, else it goes at once. `is_shown`: its user may look at
    it (GET /jobs/{id}), and at what the handler returns.
    """

    def enter(handler: JobHandler) -> JobHandler:
        _kinds[kind] = Kind(handler, lease_seconds, attempts, is_kept, is_shown)
        return handler

    return enter


def kinds() -> list[str]:
    return sorted(_kinds)


def is_shown(job: Job) -> bool:
    """Whether its user may look at it."""
    return _kinds.get(job.kind, _UNKNOWN).is_shown


def run(job_id: int) -> bool:
    """Run a job if it is to be run now. False: it has ended, runs elsewhere, or is not due."""
    job = _claim(job_id)
    if job is None:
        return False
    kind = _kinds.get(job.kind, _UNKNOWN)
    if job.attempts > DEATHS * kind.attempts:
        _fail(job, kind, RuntimeError("its workers die"))
        return True
    try:
        result = kind.handler(job.payload, job)
    except Again as again:
        _continue(job, again)
    except Busy as busy:
        _put_off(job, seconds=busy.seconds, attempts=job.attempts - 1, error=str(busy))
    except Refused as refused:
        logger.info("job %d (%s) is refused: %s", job.id, job.kind, refused)
        _refuse(job, str(refused))
    except ClaimLost:
        logger.warning("job %d (%s) is another worker's now", job.id, job.kind)
    except DependencyAway as away:
        logger.warning("job %d (%s) waits: %s", job.id, job.kind, away)
        _put_off(job, seconds=AWAY_SECONDS, attempts=job.attempts - 1, error=str(away))
    except Exception as error:
        logger.exception("job %d (%s) failed, attempt %d", job.id, job.kind, job.attempts)
        _fail(job, kind, error)
    else:
        _end(job, kind, result)
    return True


def _claim(job_id: int) -> Job | None:
    """Take a job for a while: its due time moves on, so that it comes again should this process die."""
    now = table.clock()
    job = Job.read(keys.job(job_id))
    if job is None or not _is_claimable(job, now):
        return None
    due_at = now + _kinds.get(job.kind, _UNKNOWN).lease_seconds * 1000
    values = {":state": State.RUNNING.value, ":claim": secrets.token_hex(8), ":next": int(job.attempts) + 1}
    values |= {
        ":seen": int(job.attempts),
        ":was": job.state,
        ":due_seen": int(job.due_at),
        **_due(job, due_at),
    }
    sets = "SET #state = :state, Claim = :claim, Attempts = :next, DueAt = :due, GSI2SK = :sort"
    condition = "(#state = :was AND Attempts = :seen AND DueAt = :due_seen) OR Claim = :claim"
    answer = _update(job, sets, condition, values)
    return Job.of(answer["Attributes"]) if answer else None


def _is_claimable(job: Job, now: int) -> bool:
    return job.state == State.NEW or (job.state in (State.WAITING, State.RUNNING) and job.due_at <= now)


def _continue(job: Job, again: Again) -> None:
    """Let a job run again later. It has come on, so its failures are counted from none."""
    due = _due(job, table.clock() + int(again.seconds * 1000))
    values = {":state": State.WAITING.value, ":none": 0, **due}
    sets = "#state = :state, Attempts = :none, DueAt = :due, GSI2SK = :sort"
    if again.note is not None:
        values[":note"] = again.note
        sets += ", Note = :note"
    _finish(job, f"SET {sets} REMOVE Claim, #error", values)
    if not again.seconds:
        send(job.id)


def keep(job: Job, *, percent: int) -> None:
    """Write how far a job has come and prolong its claim, from within its handler. Raises `ClaimLost`."""
    lease = _kinds.get(job.kind, _UNKNOWN).lease_seconds
    values = {":percent": percent, ":mine": job.claim, ":running": State.RUNNING.value}
    values |= _due(job, table.clock() + lease * 1000)
    sets = "SET Progress = :percent, DueAt = :due, GSI2SK = :sort"
    if not _update(job, sets, "Claim = :mine AND #state = :running", values):
        raise ClaimLost


def _end(job: Job, kind: Kind, result: Result | None) -> None:
    if not kind.is_kept:
        dynamodb.call("DeleteItem", {"TableName": config.table_name, "Key": table.wire_key((job.pk, job.sk))})
        return
    values = {":state": State.DONE.value, ":expires": table.clock() // 1000 + KEPT_SECONDS}
    sets = "#state = :state, ExpiresAt = :expires"
    if result is not None:
        values[":result"] = orjson.dumps(result).decode()
        sets += ", #result = :result"
    _finish(job, f"SET {sets} REMOVE GSI2PK, GSI2SK, Claim, #error", values)


def _refuse(job: Job, reason: str) -> None:
    values = {":state": State.FAILED.value, ":expires": table.clock() // 1000 + KEPT_SECONDS}
    values |= {":reason": reason[:1000]}
    sets = "#state = :state, ExpiresAt = :expires, Refusal = :reason"
    _finish(job, f"SET {sets} REMOVE GSI2PK, GSI2SK, Claim, #error", values)


def _fail(job: Job, kind: Kind, error: Exception) -> None:
    if job.attempts < kind.attempts:
        pause = min(FIRST_PAUSE_SECONDS * 2 ** (int(job.attempts) - 1), LONGEST_PAUSE_SECONDS)
        _put_off(job, seconds=pause, attempts=job.attempts, error=repr(error))
        return
    logger.error("job %d (%s) is given up", job.id, job.kind)
    sort = keys.due_sort(table.clock(), job.id)
    values = {
        ":state": State.FAILED.value,
        ":error": repr(error)[:1000],
        ":pk": keys.FAILED_JOBS,
        ":sort": sort,
    }
    _finish(job, "SET #state = :state, #error = :error, GSI2PK = :pk, GSI2SK = :sort REMOVE Claim", values)


def _put_off(job: Job, *, seconds: int, attempts: float, error: str) -> None:
    values = {":state": State.WAITING.value, ":error": error[:1000], ":attempts": int(attempts)}
    values |= _due(job, table.clock() + seconds * 1000)
    sets = "#state = :state, #error = :error, Attempts = :attempts, DueAt = :due, GSI2SK = :sort"
    _finish(job, f"SET {sets} REMOVE Claim", values)


def retry(job: Job) -> None:
    """Let a job that was given up be tried again, from its first attempt."""
    values = {":state": State.WAITING.value, ":none": 0, ":pk": keys.due(job.kind, job.id % SHARDS)}
    values |= {":failed": State.FAILED.value, **_due(job, table.clock())}
    sets = "#state = :state, Attempts = :none, DueAt = :due, GSI2PK = :pk, GSI2SK = :sort"
    if _update(job, f"SET {sets}", "#state = :failed", values):
        send(job.id)


def _due(job: Job, milliseconds: int) -> dict[str, Any]:
    return {":due": milliseconds, ":sort": keys.due_sort(milliseconds, job.id)}


def _finish(job: Job, expression: str, values: dict[str, Any]) -> None:
    """Write the outcome, if the claim still stands: a worker that was slow must not undo what another did."""
    if _update(job, expression, "Claim = :mine", {**values, ":mine": job.claim}) is None:
        logger.warning("job %d was claimed by another meanwhile, or its outcome was written before", job.id)


def _update(job: Job, expression: str, condition: str, values: dict[str, Any]) -> Wire | None:
    names = {"#state": "State", "#error": "Error", "#result": "Result"}
    update = {
        "TableName": config.table_name,
        "Key": table.wire_key((job.pk, job.sk)),
        "UpdateExpression": expression,
        "ConditionExpression": condition,
        "ExpressionAttributeNames": {name: names[name] for name in names if name in expression + condition},
        "ExpressionAttributeValues": dynamodb.wire_item(values),
        "ReturnValues": "ALL_NEW",
    }
    return dynamodb.attempt("UpdateItem", update)
