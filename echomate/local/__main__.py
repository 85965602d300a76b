"""`python -m echomate.local`, which is `make run`: the whole of Echomate until Ctrl-C."""

import os
import sys

from echomate.local.home import Home
from echomate.local.lines import Lines
from echomate.local.processes import CannotStart
from echomate.local.supervisor import Supervisor

DEFAULT_PORT = 8000
LARGEST_PORT = 65535


def main() -> int:
    lines = Lines()
    home = Home.named_by(os.environ)
    try:
        port = _port(os.environ.get("PORT", ""))
        with home.locked():
            return Supervisor(home, port=port, environment=os.environ, lines=lines).run()
    except CannotStart as problem:
        lines.say(str(problem))
        return 1


def _port(value: str) -> int:
    if not value:
        return DEFAULT_PORT
    if value.isdecimal() and 0 < int(value) <= LARGEST_PORT:
        return int(value)
    raise CannotStart(f"PORT is {value!r}; it must be a number from 1 to {LARGEST_PORT}.")


if __name__ == "__main__":
    sys.exit(main())
