"""What becomes of an uploaded file: known by its bytes, made anew within limits, or rejected with a reason.

No part of it knows Django, the table or S3. Each file is opened only in a child process that is confined.
"""

from media.processing.limits import LIMITS, TYPES
from media.processing.outcome import REASONS, Processed, Purpose, Rejected, Variant
from media.processing.running import process
from media.processing.video import video_is_possible

__all__ = [
    "LIMITS",
    "REASONS",
    "TYPES",
    "Processed",
    "Purpose",
    "Rejected",
    "Variant",
    "process",
    "video_is_possible",
]
