"""Measures Echomate and writes `bench/results.md` and `bench/results.svg`. QUICK=1 takes fewer of everything."""

import argparse
import os
import sys
import time
from contextlib import closing

from bench.accounting import cpu_seconds, machine_seconds
from bench.stack import Stack


def main() -> int:
    argparse.ArgumentParser(prog="python -m bench", description=__doc__).parse_args()
    began = time.monotonic()
    with closing(Stack()) as stack:
        stack.start_stores()
        os.environ.clear()
        os.environ.update(stack.environment)

        import django

        django.setup()

        from bench.figures import Extent
        from bench.measuring import measure
        from bench.report import write

        quick = bool(os.environ.get("QUICK"))
        before = machine_seconds() - cpu_seconds(os.getpid())
        figures = measure(stack, Extent.small() if quick else Extent.full())
        seconds = time.monotonic() - began
        figures.others = (
            (machine_seconds() - cpu_seconds(os.getpid()) - before) / seconds / (os.cpu_count() or 1)
        )
        write(figures, quick=quick, minutes=seconds / 60)
    return 0


if __name__ == "__main__":
    sys.exit(main())
