"""Job items.

Access patterns: one job by id · jobs of a user, GSI1 `JOBS_OF#u` · jobs that are due, GSI2 `DUE#kind#0…15` by
time · jobs that were given up, GSI2 `FAILED_JOBS`.
"""

import hashlib
import logging
from collections.abc import Iterator, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any, cast

import orjson
from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from echomate import dynamodb, ids, keys, table, transactions
from echomate.config import config
from echomate.dynamodb import DynamoDBError, Wire
from echomate.errors import DependencyAway

SHARDS = 16
GRACE = timedelta(seconds=30)
"""So long the first task has to reach a worker, before the schedule sends another. One that the broker didn't take is
sent again as soon as the broker is back."""
KEPT_SECONDS = 7 * 24 * 3600

logger = logging.getLogger(__name__)


class State(StrEnum):
    NEW = "new"
    """May be claimed at any time."""
    WAITING = "waiting"
    """May be claimed when it is due: it was put off, or it failed and is tried again."""
    RUNNING = "running"
    """Claimed; may be claimed again when it is due, since its worker must be dead then."""
    DONE = "done"
    FAILED = "failed"


class Job(table.Item, discriminator="job"):
    kind = UnicodeAttribute(attr_name="Kind")
    payload_json = UnicodeAttribute(attr_name="Payload")
    state = UnicodeAttribute(attr_name="State")
    due_at = NumberAttribute(attr_name="DueAt")
    """Unix milliseconds."""
    attempts = NumberAttribute(attr_name="Attempts", default=0)
    sends_itself = BooleanAttribute(attr_name="SendsItself", null=True)
    """Its creator sends the task; the projector doesn't."""
    claim = UnicodeAttribute(attr_name="Claim", null=True)
    error = UnicodeAttribute(attr_name="Error", null=True)
    """What went wrong last, for operators."""
    note = UnicodeAttribute(attr_name="Note", null=True)
    """What its handler wants to know when it runs again."""
    progress = NumberAttribute(attr_name="Progress", null=True)
    """Percent."""
    result_json = UnicodeAttribute(attr_name="Result", null=True)
    refusal = UnicodeAttribute(attr_name="Refusal", null=True)
    """Why it can't be done, for its user."""

    @property
    def id(self) -> int:
        return table.last_id(self.pk)

    @property
    def payload(self) -> dict[str, Any]:
        return cast("dict[str, Any]", orjson.loads(self.payload_json))

    @property
    def result(self) -> dict[str, Any] | None:
        """What its handler returned; None before it is done, and where that was nothing."""
        return cast("dict[str, Any]", orjson.loads(self.result_json)) if self.result_json else None


def job(
    kind: str,
    payload: Mapping[str, Any],
    *,
    id: int | None = None,
    user: int | None = None,
    delay: timedelta = timedelta(0),
    sends_itself: bool = False,
    grace: timedelta = GRACE,
) -> Job:
    """A new job, not yet stored. A projection names a deterministic `id`.

    With a `delay` the schedule sends it. `sends_itself`: its creator
    calls `send`, so that it starts before the projector has seen it.
    """
    id_ = ids.new_id() if id is None else id
    now = table.clock()
    due_at = now + int((delay or grace).total_seconds() * 1000)
    partition, sort = keys.job(id_)
    return Job(
        pk=partition,
        sk=sort,
        gsi1pk=keys.jobs_of(user) if user is not None else None,
        gsi1sk=partition if user is not None else None,
        gsi2pk=keys.due(kind, id_ % SHARDS),
        gsi2sk=keys.due_sort(due_at, id_),
        created_at=now,
        kind=kind,
        payload_json=orjson.dumps(payload, option=orjson.OPT_SORT_KEYS).decode(),
        state=State.WAITING if delay else State.NEW,
        due_at=due_at,
        sends_itself=sends_itself or None,
    )


def put_item(job: Job) -> Wire:
    """The Put of a job within a raw transaction."""
    return {
        "Put": {
            "TableName": config.table_name,
            "Item": job.wire(),
            "ConditionExpression": "attribute_not_exists(PK)",
        }
    }


def add(job: Job) -> None:
    """Store a job. Adding it again, with the same payload, changes nothing, however far it has come."""
    put = put_item(job)["Put"]
    try:
        dynamodb.call("PutItem", put)
    except DynamoDBError as error:
        if error.code != "ConditionalCheckFailedException":
            raise
        there = Job.read(keys.job(job.id))
        if there is not None and (there.kind, there.payload_json) != (job.kind, job.payload_json):
            raise ValueError(f"job {job.id} is another job already") from error


def id_before(milliseconds: int, *, of: str) -> int:
    """An id for what a projection adds, the same for the same change: `of` names it.

    It is of a moment in the 17 minutes before, so that 42 bits tell it from all others.
    """
    digest = hashlib.sha256(of.encode()).digest()
    return ids.id_at_milliseconds(milliseconds) - int.from_bytes(digest[:8], "big") % 2**42


def id_beside(job: Job, purpose: str) -> int:
    """An id for what a handler adds, the same whenever it runs.

    It is of a moment in the 17 minutes before the job, so that 42 bits tell it from all others.
    """
    digest = hashlib.sha256(f"{purpose} {job.id}".encode()).digest()
    return job.id - int.from_bytes(digest[:8], "big") % 2**42


def add_once(job: Job) -> None:
    """Store a job, unless one of its id is there: the handler's first try may have added it in other words."""
    if Job.read(keys.job(job.id)) is None:
        add(job)


def send(job_id: int, *, probes: bool = False) -> bool:
    """Wake a worker for a job. Best effort: where it fails the job is due, and the schedule sends it again.

    Who `probes` asks a broker also while it is left alone after a failure.
    """
    from echomate import celery

    try:
        celery.send_task(job_id, probes=probes)
    except DependencyAway as away:
        logger.warning("job %d waits for the schedule: %s", job_id, away)
        _make_due(job_id)
        return False
    return True


def _make_due(job_id: int) -> None:
    """Let the schedule have a new job now: it would wait for a worker that nobody has woken."""
    now = table.clock()
    change = transactions.expressions(
        "#State = :new AND #DueAt > :now",
        change="SET #DueAt = :now, #GSI2SK = :sort",
        values={"new": State.NEW.value, "now": now, "sort": keys.due_sort(now, job_id)},
    )
    try:
        dynamodb.attempt("UpdateItem", {**transactions.of(keys.job(job_id)), **change})
    except DependencyAway as away:
        logger.warning("job %d waits for its grace: %s", job_id, away)


def shards_of(kind: str) -> list[str]:
    """The partitions of GSI2 in which jobs of a kind are due."""
    return [keys.due(kind, shard) for shard in range(SHARDS)]


def failed() -> Iterator[Job]:
    """Jobs that were given up, the latest first."""
    for entry in table.query(keys.FAILED_JOBS, index="GSI2"):
        job = Job.read((entry["PK"]["S"], entry["SK"]["S"]))
        if job is not None and job.state == State.FAILED:
            yield job
