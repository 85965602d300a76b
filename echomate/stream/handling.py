"""Runs the handlers of one record. A record that fails by its own fault is tried again alone, then parked."""

import logging
import time

import redis

from echomate.errors import DependencyAway
from echomate.projections import Effects, handlers_of
from echomate.stream import dead_letters
from echomate.stream.records import Record, change, entity_type, sequence

PAUSES = (0.05, 0.1, 0.2, 0.4)
"""Seconds between the five attempts at a record."""

AWAY = (DependencyAway, redis.ConnectionError, redis.TimeoutError, ConnectionError, TimeoutError)
"""Errors that tell of a dependency, not of the record."""

logger = logging.getLogger(__name__)


def effects_of(record: Record, *, at_risk: bool) -> Effects:
    """What the handlers of a record want done. Raises one of `AWAY`, or the handler's own error."""
    effects = Effects(at_risk=at_risk)
    if handlers := handlers_of(entity_type(record)):
        told = change(record)
        for handler in handlers:
            handler(told, effects)
    return effects


def handle(shard: str, record: Record, *, at_risk: bool) -> Effects:
    """The same for a record of the stream: one that fails by its own fault again and again is parked.

    Raises one of `AWAY`; then the same record comes again.
    """
    for attempt, pause in enumerate(PAUSES, 1):
        try:
            return effects_of(record, at_risk=at_risk or attempt > 1)
        except AWAY:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a handler raises is its record's fault
            logger.warning("record %s failed, attempt %d: %r", sequence(record), attempt, error)
            time.sleep(pause)
    try:
        return effects_of(record, at_risk=True)
    except AWAY:
        raise
    except Exception as fault:
        logger.exception("record %s is parked as a dead letter", sequence(record))
        dead_letters.park(shard, record, fault)
        return Effects(at_risk=True)
