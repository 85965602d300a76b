"""Writes the network of a run with the modules of a commit, whose tree is the directory, and says what came of it.

`bench.commits` runs this file under the tree of either commit, so that each finds items in its own format. What it
imports is that commit's: it needs the names of `bench`, and of `echomate.local.programs`, that are used here, which a
commit has had since c427ca2 at least.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import django

django.setup()

from bench import calls, contents, network, table  # noqa: E402 - it needs the settings
from echomate.local import programs  # noqa: E402 - as above

POSTS = 1000
PEOPLE = ("authors", "readers", "actors", "admirers")


def write() -> dict[str, Any]:
    """The people, posts and thread; what warm home feeds ask of Redis and answer; how its processes are started."""
    table.prepare()
    written = network.settle_people(())
    contents.publish(written, POSTS)
    contents.publish_pictures(written)
    contents.publish_thread(written)
    table.set_stream(enabled=True)
    pages = [(str(reader.id), *calls.a_warm_home(reader)) for reader in written.readers[:-1]]
    applications = programs.applications({}, port=int(os.environ["PORT"]))
    return {
        **{name: [(one.id, one.token) for one in getattr(written, name)] for name in PEOPLE},
        "posts": written.posts,
        "thread": written.thread,
        "pages": [
            {"reader": reader, "round_trips": round_trips, "body": body.decode()}
            for reader, round_trips, body in pages
        ],
        "applications": [(one.name, one.command, one.stop_seconds) for one in applications],
    }


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(write()))
