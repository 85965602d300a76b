"""What a child is told to make of a picture, and what is believed of its answer."""

import json
import logging
import stat
from pathlib import Path
from typing import Any

from media.processing import children
from media.processing.limits import PICTURE
from media.processing.outcome import REASONS, Processed, Refused, Variant

log = logging.getLogger(__name__)

_KINDS = {".webp": "image/webp", ".jpg": "image/jpeg"}


def picture(original: Path, *, kind: str, purpose: str, out: Path) -> Processed:
    """The variants of a picture. Raises `Refused`."""
    order = {"kind": kind, "purpose": purpose}
    said = children.run(order, original=original, out=out, allowance=PICTURE)
    if said.errors:
        log.info("A file is rejected: %s", said.errors[-2000:])
    if said.code:
        raise children.NotProcessed(said.errors[-2000:])
    try:
        return _processed(json.loads(said.output), kind=kind, out=out)
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise Refused("damaged") from error


def _processed(answer: dict[str, Any], *, kind: str, out: Path) -> Processed:
    if "reason" in answer:
        raise Refused(answer["reason"] if answer["reason"] in REASONS else "damaged")
    return Processed(
        type=kind,
        width=int(answer["width"]),
        height=int(answer["height"]),
        duration=None if answer["duration"] is None else float(answer["duration"]),
        blurhash=str(answer["blurhash"]),
        variants=tuple(_variant(one, out) for one in answer["variants"]),
    )


def _variant(answer: dict[str, Any], out: Path) -> Variant:
    path = out / Path(answer["name"]).name
    return made(path, _KINDS[path.suffix], (int(answer["width"]), int(answer["height"])))


def made(path: Path, kind: str, size: tuple[int, int]) -> Variant:
    """A variant whose file is really there. Raises `Refused` where it isn't, or is a link to elsewhere."""
    try:
        found = path.lstat()
    except FileNotFoundError as error:
        raise Refused("damaged") from error
    if not stat.S_ISREG(found.st_mode):
        raise Refused("damaged")
    return Variant(name=path.name, path=path, type=kind, width=size[0], height=size[1], size=found.st_size)
