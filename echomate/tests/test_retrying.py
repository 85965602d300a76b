"""In CI, a failed test that is marked as timed is tried once more; others are not, and none is elsewhere."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from echomate.testing.retrying import NOT_INHERITED
from echomate.testing.stack import ROOT

pytestmark = pytest.mark.pure

TESTS = """
import pathlib, pytest

def works_the_second_time(name):
    ran = pathlib.Path(__file__).with_name(name)
    is_first = not ran.exists()
    ran.touch()
    assert not is_first

@pytest.mark.timed
@pytest.mark.parametrize("value", ["a b", "[1]"])
def test_chance(value):
    works_the_second_time(value)

def test_unmarked():
    works_the_second_time("unmarked")

@pytest.mark.timed
def test_fault():
    raise ValueError
"""


def run(directory: Path, tests: str, *, ci: bool, arguments: tuple[str, ...] = ()) -> tuple[int, str]:
    (directory / "pytest.ini").write_text("[pytest]\nmarkers =\n    timed: waits\n")
    (directory / "test_it.py").write_text(TESTS)
    environment = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "echomate.testing.retrying", "-k", tests, *arguments],
        env={**environment, "PYTHONPATH": str(ROOT), **({"CI": "true"} if ci else {})},
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("arguments", [(), ("-n", "2")])
def test_in_ci_one_that_passes_the_second_time_is_flaky_and_no_failure(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    code, output = run(tmp_path, "chance", ci=True, arguments=arguments)
    assert code == 0, output
    assert {line for line in output.splitlines() if line.startswith("flaky: ")} == {
        "flaky: test_it.py::test_chance[a b]",
        "flaky: test_it.py::test_chance[[1]]",
    }
    assert "2 flaky" in output


def test_one_that_fails_twice_fails(tmp_path: Path) -> None:
    code, output = run(tmp_path, "fault or chance", ci=True)
    assert code == 1
    assert "FAILED test_it.py::test_fault" in output
    assert "FAILED test_it.py::test_chance" not in output


def test_one_without_the_mark_is_not_tried_again(tmp_path: Path) -> None:
    code, output = run(tmp_path, "unmarked", ci=True)
    assert code == 1
    assert "once more" not in output


def test_nothing_is_tried_again_elsewhere(tmp_path: Path) -> None:
    code, output = run(tmp_path, "chance", ci=False)
    assert code == 1
    assert "once more" not in output
