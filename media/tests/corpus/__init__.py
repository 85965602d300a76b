"""Files as nobody should send them, and odd ones that people do send; each made by a stated rule, with its end."""

from collections.abc import Callable
from dataclasses import dataclass

from media.processing import Purpose

READY = "ready"


@dataclass(frozen=True)
class Case:
    name: str
    """A rule in words."""
    declared: str
    end: str
    """`ready`, or the reason for which it is rejected."""
    make: Callable[[], bytes]
    purpose: Purpose = "post"


SECRET = b"what-nobody-should-see"
"""Lies in metadata, comments and attachments; no variant holds it."""
