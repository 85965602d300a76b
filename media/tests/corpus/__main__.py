"""Sends the corpus through processing and prints what came of it as JSON: `python -m media.tests.corpus`.

With a number, only every nth file of it is sent.
"""

import json
import sys
import time
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from tempfile import TemporaryDirectory
from typing import Any

from media.processing import Processed, process
from media.tests.corpus import READY, SECRET, Case, pictures, strangers, videos

CASES = [*strangers.CASES, *pictures.CASES, *videos.CASES]


def tried(case: Case) -> dict[str, Any]:
    """How it ended, how long it took, and whether anything was let through that should not be.

    `peak` is in bytes, of the largest child up to now.
    """
    with TemporaryDirectory() as directory:
        original, out = Path(directory, "original"), Path(directory, "out")
        original.write_bytes(case.make())
        out.mkdir()
        began = time.monotonic()
        outcome = process(original, declared=case.declared, purpose=case.purpose, out=out)
        seconds = time.monotonic() - began
        leaks = [path.name for path in out.iterdir() if SECRET in path.read_bytes()]
        names = [variant.name for variant in outcome.variants] if isinstance(outcome, Processed) else []
    end = READY if isinstance(outcome, Processed) else outcome.reason
    peak = getrusage(RUSAGE_CHILDREN).ru_maxrss * 1024
    found = {"end": end, "seconds": seconds, "leaks": leaks, "variants": names, "peak": peak}
    return {"name": case.name, "purpose": case.purpose, "expected": case.end, **found}


def main() -> None:
    step = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    json.dump([tried(case) for case in CASES[::step]], sys.stdout)


if __name__ == "__main__":
    main()
