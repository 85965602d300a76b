"""Runs the handlers of one record. A record that fails by its own fault is tried again alone, then parked."""

import logging
import time

import redis
from redis.exceptions import ClusterDownError, MasterDownError, TryAgainError

from echomate.dynamodb import DynamoDBError
from echomate.errors import DependencyAway
from echomate.projections import Effects, handlers_of
from echomate.stream import dead_letters
from echomate.stream.records import Record, change, entity_type, sequence

PAUSES = (0.05, 0.1, 0.2, 0.4)
"""Seconds between the five attempts at a record."""

REDIS_AWAY = (
    redis.ConnectionError,
    redis.TimeoutError,
    redis.OutOfMemoryError,
    redis.ReadOnlyError,
    ClusterDownError,
    MasterDownError,
    TryAgainError,
)
OWN_FAULTS = frozenset(
    {
        "ValidationException",
        "ConditionalCheckFailedException",
        "TransactionCanceledException",
        "ItemCollectionSizeLimitExceededException",
    }
)
"""What DynamoDB says to a request that is wrong in itself; the rest (a key that was rolled, say) passes."""

logger = logging.getLogger(__name__)


def effects_of(record: Record, *, at_risk: bool) -> Effects:
    """What the handlers of a record want done. Raises `DependencyAway`, or the handler's own error."""
    effects = Effects(at_risk=at_risk)
    if handlers := handlers_of(entity_type(record)):
        told = change(record)
        try:
            for handler in handlers:
                handler(told, effects)
        except DependencyAway:
            raise
        except Exception as error:
            if name := dependency_away(error):
                raise DependencyAway(name, str(error)) from error
            raise
    return effects


def dependency_away(error: Exception) -> str:
    """The dependency that an error tells of, rather than of the record; empty for none."""
    if isinstance(error, REDIS_AWAY):
        return "redis"
    if isinstance(error, DynamoDBError):
        return "" if error.code in OWN_FAULTS else "dynamodb"
    return "network" if isinstance(error, ConnectionError | TimeoutError) else ""


def handle(shard: str, record: Record, *, at_risk: bool) -> Effects:
    """The same for a record of the stream: one that fails by its own fault again and again is parked.

    Raises `DependencyAway`; then the same record comes again.
    """
    for attempt, pause in enumerate(PAUSES, 1):
        try:
            return effects_of(record, at_risk=at_risk or attempt > 1)
        except DependencyAway:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a handler raises is its record's fault
            logger.warning("record %s failed, attempt %d: %r", sequence(record), attempt, error)
            time.sleep(pause)
    try:
        return effects_of(record, at_risk=True)
    except DependencyAway:
        raise
    except Exception as fault:
        logger.exception("record %s is parked as a dead letter", sequence(record))
        dead_letters.park(shard, record, fault)
        return Effects(at_risk=True)
