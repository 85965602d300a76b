"""Mute and unmute. The one who is muted isn't told."""

import math
from datetime import datetime

from echomate import dynamodb, keys, table
from echomate.config import config
from echomate.errors import Invalid
from social import invalidation
from social.models import Mute
from social.services.telling import tell


def mute(*, muter: int, muted: int, until: datetime | None = None, notifications: bool = True) -> None:
    """Put the mute, in place of one that is there."""
    if muter == muted:
        raise Invalid(errors={"user": ["One can't mute oneself."]})
    end = math.ceil(until.timestamp()) if until else None
    Mute.between(muter=muter, muted=muted, until=end, notifications=notifications).save()
    tell(*invalidation.after_mute(muter))


def unmute(*, muter: int, muted: int) -> None:
    """Delete the mute: what it kept out of the feed is in the next one that is built."""
    if muter == muted:
        raise Invalid(errors={"user": ["One can't mute oneself."]})
    key = table.wire_key(keys.mute(muter, muted))
    dynamodb.call("DeleteItem", {"TableName": config.table_name, "Key": key})
    tell(*invalidation.after_unmute(muter))
