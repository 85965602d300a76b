"""URLs of media are rounded to the hour: its answers all have the same, and browsers keep what they lead to."""

import time

HOUR = 3600
HOURS = 3
"""How long from the beginning of the hour: two to three hours from the answer."""


def this_hour() -> int:
    """When the present hour began, in Unix seconds."""
    now = int(time.time())
    return now - now % HOUR
