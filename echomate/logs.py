"""Structured logs: a JSON object a line on standard output. Secrets never come here."""

import logging
import os
import sys
import time
from contextlib import suppress
from functools import lru_cache
from itertools import islice
from typing import Any

import orjson

# What no line shows needn't be made out for each: where in the source, and in which thread (5 µs).
logging._srcfile = None  # the switch that Python's logging HOWTO names
logging.logThreads = logging.logMultiprocessing = False
STDOUT = 1
_OWN = len(vars(logging.makeLogRecord({})))
"""So many attributes of a record are its own; what the call passed as `extra` comes after them."""
_LATE = frozenset({"message", "asctime", "request"})
"""What formatters leave on a record, and Django: its request would be shown with its query, cursors and all."""


class JSONFormatter(logging.Formatter):
    """`time level logger message`, then whatever the call passed as `extra`, then the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": _time(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update(
            (name, value) for name, value in islice(vars(record).items(), _OWN, None) if name not in _LATE
        )
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def write(logger: logging.Logger, message: str, **extra: Any) -> None:
    """A line of level `info`, made and written at once: by way of `logging` it takes three times as long.

    For the line that each request has. As there, one that can't be written is lost. Without a standard output none is
    written: its descriptor may be that of any file or socket.
    """
    if sys.stdout is not None and logger.isEnabledFor(logging.INFO):
        line = {
            "time": _time(time.time()),
            "level": "info",
            "logger": logger.name,
            "message": message,
            **extra,
        }
        with suppress(OSError):
            os.write(STDOUT, orjson.dumps(line, default=str, option=orjson.OPT_APPEND_NEWLINE))


def _time(unix: float) -> str:
    second = int(unix)
    return f"{_second(second)}.{int((unix - second) * 1000):03d}Z"


@lru_cache(maxsize=2)
def _second(unix: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(unix))


def configuration(level: str) -> dict[str, Any]:
    """The value of Django's LOGGING."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "echomate.logs.JSONFormatter"}},
        "handlers": {
            "out": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "json"}
        },
        "filters": {
            "faults": {
                "()": "django.utils.log.CallbackFilter",
                "callback": lambda record: bool(record.exc_info),
            }
        },
        "root": {"handlers": ["out"], "level": level},
        "loggers": {
            # Every answer has its line from the middleware; only what an exception tells comes on top.
            "django.request": {"level": "ERROR", "filters": ["faults"]},
            "django.server": {"handlers": ["out"], "propagate": False},
            "botocore": {"level": "WARNING"},
            "pynamodb": {"level": "WARNING"},
            "urllib3": {"level": "ERROR"},
        },
    }
