"""The process that opens what anybody may have made: `python -m media.processing.child`, with its order as JSON.

It confines itself first. Then it makes a picture's variants and prints what came of it as JSON, or becomes
another program. It ends with 0 when it has printed an outcome; with another code for a fault of this machine.
"""

import errno
import json
import os
import sys
import traceback
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Any

from PIL.Image import DecompressionBombError

from media.processing.animations import moves, moving
from media.processing.confinement import confine
from media.processing.limits import PIXELS_AT_MOST, Allowance
from media.processing.outcome import Processed, Refused, Rejected
from media.processing.pictures import PLUGINS, still
from media.processing.shapes import STILLS

_LIBRARIES = [Path("/usr"), Path("/lib"), Path("/lib64"), Path("/etc/ld.so.cache"), Path("/dev/null")]
_PYTHON = [Path(sys.prefix), Path(sys.base_prefix), Path(__file__).parent.parent]
_MACHINES_FAULTS = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EACCES, errno.ENOENT}


def main(order: dict[str, Any]) -> None:
    original, out = Path(order["original"]), Path(order["out"])
    allowance = Allowance(**order["allowance"])
    program = order.get("program")
    places = [Path(program[0])] if program else _PYTHON
    confine(allowance, parent=order["parent"], readable=[original, *places, *_LIBRARIES], writable=[out])
    if program:
        os.execv(program[0], program)  # noqa: S606 - the program that the operator has installed
    outcome = picture(original, kind=order["kind"], purpose=order["purpose"], out=out)
    json.dump(asdict(outcome), sys.stdout, default=str)


def picture(original: Path, *, kind: str, purpose: str, out: Path) -> Processed | Rejected:
    """Whatever a decoder raises is the file's fault, but for what this machine lacks."""
    try:
        return _made(original, kind=kind, purpose=purpose, out=out)
    except Refused as refused:
        return Rejected(refused.reason)
    except DecompressionBombError:
        return Rejected("too-many-pixels")
    except MemoryError:
        return Rejected("too-demanding")
    except OSError as error:
        if error.errno in _MACHINES_FAULTS:
            raise
        traceback.print_exc()
        return Rejected("too-demanding" if error.errno == errno.EFBIG else "damaged")
    except Exception:  # noqa: BLE001 - decoders raise anything for files that lie
        traceback.print_exc()
        return Rejected("damaged")


def _made(original: Path, *, kind: str, purpose: str, out: Path) -> Processed:
    with original.open("rb") as file, PLUGINS[kind](file) as image:
        if not 0 < image.width * image.height <= PIXELS_AT_MOST:
            raise Refused("too-many-pixels")
        shape = STILLS[purpose]
        if moves(image):
            return moving(image, kind=kind, shape=shape, out=out)
        return still(image, kind=kind, shape=shape, out=out)


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # about files, and nobody reads them here
    main(json.loads(sys.argv[1]))
