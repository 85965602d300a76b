"""From an upload to what is shown of it."""

from collections.abc import Callable
from pathlib import Path

from media.processing import orders, video
from media.processing.limits import ARCHIVE, LIMITS, TYPES, VIDEOS, are_alike
from media.processing.outcome import Processed, Purpose, Refused, Rejected
from media.processing.sniffing import type_of


def process(
    original: Path,
    *,
    declared: str,
    purpose: Purpose,
    out: Path,
    progress: Callable[[int], None] = lambda _percent: None,
) -> Processed | Rejected:
    """Make the variants of a file in `out`, an empty directory; the caller removes it, whatever comes of it.

    `progress` is told percents, of videos only: several times a second, so that a claim can be kept. Raises
    `OSError` for what is no fault of the file, so that another attempt may succeed.
    """
    try:
        kind = _checked(original, declared=declared, purpose=purpose)
        if kind == ARCHIVE:
            return Processed(type=kind)
        if kind in VIDEOS:
            return video.process(original, kind=kind, out=out, progress=progress)
        return orders.picture(original, kind=kind, purpose=purpose, out=out)
    except Refused as refused:
        return Rejected(refused.reason)


def _checked(original: Path, *, declared: str, purpose: Purpose) -> str:
    """The type of a file that may be opened."""
    size = original.stat().st_size
    if not size:
        raise Refused("empty")
    kind = type_of(original)
    if kind is None:
        raise Refused("type-unknown")
    if kind not in TYPES[purpose]:
        raise Refused("type-unfit")
    if not are_alike(kind, declared):
        raise Refused("type-mismatch")
    if size > LIMITS[kind]:
        raise Refused("too-large")
    return kind
