"""What is here over another commit, in one run: `python -m bench.commits BASE [ACTIONS]` prints a table of Markdown.

ACTIONS is a list of parts of names, as in "home,like"; without it all are compared. Each commit runs in a stack of its
own, from the same venv, with its own modules: BASE in a worktree that goes when the run is over. The bench that drives
them is this one. Each round asks both and, between the two, the floor, whose Redis calls and bytes are those of what is
here, in turns of some milliseconds.

BASE must do with the packages of this venv and the settings of this `bench.stack`. Its own `bench` writes its table,
with the names that `bench.writing` takes from there, and it must take the requests that this `bench.actions` sends.
c427ca2 and later ones do.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from bench.stack import SOURCE, Stack


def main() -> int:
    base, names = (*sys.argv[1:], "", "")[:2]
    if not base:
        sys.exit("Which commit? For example: make bench-compare BASE=HEAD~1")
    with checked_out(base) as tree, closing(Stack()) as theirs, closing(Stack()) as ours:
        os.environ.clear()
        os.environ.update(ours.environment)

        import django

        django.setup()

        from bench.sides import Commit, compare

        print(compare(Commit(tree, theirs), Commit(SOURCE, ours), names.split(",")))
    return 0


@contextmanager
def checked_out(revision: str) -> Iterator[Path]:
    """The tree of a commit, in a temporary directory."""
    git = partial(subprocess.run, cwd=SOURCE, check=True)
    with tempfile.TemporaryDirectory(prefix="echomate-base-") as directory:
        tree = Path(directory) / "echomate"
        git(["git", "worktree", "add", "--quiet", "--detach", tree, revision])
        try:
            yield tree
        finally:
            git(["git", "worktree", "remove", "--force", tree])


if __name__ == "__main__":
    sys.exit(main())
