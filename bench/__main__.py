"""Measures Echomate and writes `bench/results.md` and `bench/results.svg`. QUICK=1 takes fewer of everything."""

import os
import sys
import time
from contextlib import closing

from bench.stack import Stack


def main() -> int:
    began = time.monotonic()
    with closing(Stack()) as stack:
        stack.start_stores()
        os.environ.clear()
        os.environ.update(stack.environment)

        import django

        django.setup()

        from bench.measuring import Extent, measure
        from bench.report import write

        quick = bool(os.environ.get("QUICK"))
        figures = measure(stack, Extent.small() if quick else Extent.full())
        write(figures, quick=quick, minutes=(time.monotonic() - began) / 60)
    return 0


if __name__ == "__main__":
    sys.exit(main())
