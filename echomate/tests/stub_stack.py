"""`make run` with its real supervisor and stores, and stand-ins for Echomate's own processes."""

import sys
from collections.abc import Mapping
from dataclasses import replace

from echomate.local import programs
from echomate.local.__main__ import main
from echomate.local.processes import Program, answers

SPEAK = """
import os, signal
def end(*_):
    print("{name} ends", flush=True)
    os._exit(0)
signal.signal(signal.SIGTERM, end)
print("{name} begins", flush=True)
"""
SERVE = "import http.server as h; h.test(h.SimpleHTTPRequestHandler, port={port}, bind='127.0.0.1')"
RUN = """
import os, time
print("ran {name}", flush=True)
if "{name}" == "rebuild":
    time.sleep(float(os.environ.get("STUB_REBUILD_SECONDS", "0")))
"""
WAIT = "import time; time.sleep(600)"


def _program(name: str, code: str, environment: Mapping[str, str]) -> Program:
    speaking = SPEAK.format(name=name) + code
    return Program(name=name, command=[sys.executable, "-c", speaking], environment=environment)


def _applications(environment: Mapping[str, str], *, port: int) -> list[Program]:
    web = _program("web", SERVE.format(port=port), environment)
    waiting = [_program(name, WAIT, environment) for name in ("worker", "projector")]
    return [replace(web, ready=lambda: answers(port)), *waiting]


def _answers_well(url: str) -> bool:
    return bool(url)


if __name__ == "__main__":
    programs.applications = _applications
    programs.command = lambda name, environment: _program(name, RUN.format(name=name), environment)
    programs.answers_well = _answers_well
    sys.exit(main())
