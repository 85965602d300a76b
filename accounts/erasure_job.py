"""The job that erases an account: through the register, step by step, again and again until nothing is left.

1. *Begin.* One transaction closes the way back and puts the erasure's own item, which holds what the rest needs.
2. *Look through everything.* Each eraser removes what is there, and each of its steps is written down. After so many
   seconds of work the job puts itself off, and begins with the first eraser again.
3. *Wait and look again,* until a look finds nothing: for requests and jobs that were under way, indexes that lag, and
   the projector, which counts what was removed and so makes the user's counters anew.
4. *End.* The receipt is mailed, then put in the place of the erasure's item and of the job's, which both name the
   user, in one transaction.

Killed at any moment, it goes on from the last step that was written down; what a step had removed by then is missing
from the receipt's numbers, and from nothing else: after a look that broke off there is always another.
"""

import logging
import secrets
import time
from dataclasses import dataclass
from typing import Any

import orjson

from accounts import mail, receipts
from accounts.models import ERASING, User, new_user
from accounts.models.erasures import Erasure, erasure_receipt, new_erasure
from echomate import cache, dynamodb, jobs, keys, privacy, table, throttling, transactions
from echomate.config import config
from echomate.dynamodb import DynamoDBError
from echomate.mail import Refused
from echomate.stream import leases

WORK_SECONDS = 5.0
LOOK_SECONDS = 1.0

logger = logging.getLogger(__name__)


def erase(user: int, *, erased_at: int, job: int) -> None:
    """One turn of this job's work. Raises `jobs.Again` if more is to be done, `jobs.ClaimLost` if another does it."""
    erasure = _begun(user, erased_at)
    if erasure is None:
        return
    letters = _Letters(erasure, job)
    if not erasure.told:
        letters.send("erasure-begun")
        _write(erasure, told=True)
    if not erasure.finished_at:
        _wait(erasure)
        _look_through(erasure)
        _write(erasure, finished_at=table.clock())
    receipt = receipts.receipt_of(erasure)
    letters.send("erased", receipt=receipt)
    _end(erasure, receipt, job)
    logger.info("an account is erased", extra={"user": user})


def _begun(user_id: int, erased_at: int) -> Erasure | None:
    """The erasure, begun by now or before; None: the user has come back, or all is done."""
    erasure = Erasure.read(keys.erasure(user_id))
    user = User.read(keys.user(user_id))
    if erasure is not None or user is None:
        return erasure
    closed = transactions.update(
        keys.user(user_id),
        condition="#State = :erasing AND #ErasedAt = :erased_at AND attribute_not_exists(#ErasureBegun)",
        change="SET #ErasureBegun = :yes",
        erasing=ERASING,
        erased_at=erased_at,
        yes=True,
    )
    try:
        transactions.commit([closed, transactions.put(new_erasure(user))])
    except DynamoDBError as error:
        if not (transactions.failed(error, 0) or transactions.failed(error, 1)):
            raise
    return Erasure.read(keys.erasure(user_id))


def _wait(erasure: Erasure) -> None:
    """Until it is time to look through everything, and the projector has passed what was written before."""
    early = erasure.look_from - table.clock()
    if early > 0:
        raise jobs.Again(early / 1000)
    if not leases.have_passed(erasure.after / 1000):
        raise jobs.Again(LOOK_SECONDS)


def _look_through(erasure: Erasure) -> None:
    """Remove what is there. Raises `jobs.Again`, unless there was nothing."""
    user, until = int(erasure.user), time.monotonic() + WORK_SECONDS
    _begin_look(erasure)
    for eraser in privacy.erasers():
        for removed in eraser.erase(user):
            if removed:
                _note(erasure, eraser.name, removed)
            if removed and time.monotonic() > until:
                raise jobs.Again
    counted = throttling.keys_of(str(user))
    known = (keys.cached_username(erasure.username), *privacy.remembered(user), *counted)
    cache.ask(*(("DEL", key) for key in known))
    if erasure.found or erasure.looking:
        now = table.clock()
        settled = now + int(config.erasure_settle_seconds * 1000)
        _write(erasure, found=False, looking=False, after=now, look_from=settled)
        raise jobs.Again(config.erasure_settle_seconds)


def _begin_look(erasure: Erasure) -> None:
    """Mark that one has begun. It is no step: a worker that another has overtaken may still come to an end."""
    mark = transactions.expressions(
        "attribute_exists(PK)", change="SET #Looking = :yes", values={"yes": True}
    )
    dynamodb.attempt("UpdateItem", {**transactions.of((erasure.pk, erasure.sk)), **mark})


def _note(erasure: Erasure, name: str, removed: int) -> None:
    counts = erasure.removed
    counts[name] = counts.get(name, 0) + removed
    _write(erasure, found=True, removed_json=orjson.dumps(counts).decode())


def _write(erasure: Erasure, **changes: Any) -> None:
    """Set attributes of the erasure, by their names in the model. Raises `jobs.ClaimLost`."""
    attributes = Erasure.get_attributes()
    step, mark = int(erasure.step), secrets.token_hex(6)
    values = {**changes, "step": step + 1, "last_step": mark}
    request = erasure.get_update_kwargs_from_instance(
        [attributes[name].set(value) for name, value in values.items()],
        condition=(Erasure.step == step) | (Erasure.last_step == mark),
    )
    try:
        dynamodb.call("UpdateItem", request)
    except DynamoDBError as error:
        if error.code != "ConditionalCheckFailedException":
            raise
        raise jobs.ClaimLost from error
    for name, value in values.items():
        setattr(erasure, name, value)


def _end(erasure: Erasure, receipt: str, job: int) -> None:
    """Nothing is left but the receipt."""
    done = transactions.delete(keys.job(job))
    gone = transactions.delete((erasure.pk, erasure.sk), condition="#Step = :step", step=int(erasure.step))
    try:
        transactions.commit([gone, done, transactions.put(erasure_receipt(int(erasure.user), receipt))])
    except DynamoDBError as error:
        if transactions.failed(error, 0):
            raise jobs.ClaimLost from error
        raise


@dataclass(frozen=True, slots=True)
class _Letters:
    """Mail to one whose account is about to be gone; sent again after a kill, it is the same message.

    One that is refused for good isn't waited for: it would keep the account.
    """

    erasure: Erasure
    message_id: int

    def send(self, template: str, **context: str) -> None:
        if not self.erasure.email:
            return
        reader = new_user(
            id_=int(self.erasure.user), username=self.erasure.username, email=self.erasure.email
        )
        reader.settings.locale = self.erasure.locale
        try:
            mail.send(template, to=reader, message_id=self.message_id, context=context)
        except Refused as refusal:
            logger.warning("an erasure goes on without its letter: %s", refusal.response["Error"]["Code"])
