"""Files as nobody should send them: each ends as it is stated, within its bounds, and hurts no other."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
SECONDS_AT_MOST = 30
BYTES_AT_MOST = 512_000_000


pytestmark = pytest.mark.pure

EVERY_FOURTH, WHOLE = 4, 1


def ends_of(step: int, path: str) -> list[dict[str, Any]]:
    """What came of each file, sent in a process of its own so that only its children are measured."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "media.tests.corpus", str(step)],
        env={**os.environ, "PATH": path},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
        timeout=900,
    )
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("step", [EVERY_FOURTH, pytest.param(WHOLE, marks=pytest.mark.long)])
def test_each_file_of_the_corpus_ends_as_stated_and_takes_no_more_than_it_may(
    step: int, path_with_ffmpeg: str
) -> None:
    ends = ends_of(step, path_with_ffmpeg)
    assert len({end["name"] for end in ends}) == len(ends) >= 60 // step
    assert {end["name"]: end["end"] for end in ends} == {end["name"]: end["expected"] for end in ends}
    assert [end for end in ends if end["seconds"] > SECONDS_AT_MOST] == []
    assert max(end["peak"] for end in ends) <= BYTES_AT_MOST
    assert [end for end in ends if end["leaks"]] == []
    pictures = [end for end in ends if end["end"] == "ready" and end["purpose"] != "import"]
    assert [end for end in pictures if not end["variants"]] == []
