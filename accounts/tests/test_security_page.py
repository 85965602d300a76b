"""What `docs/security.md` says of each requirement can be looked up."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from echomate.config import config

pytestmark = pytest.mark.pure

PAGE = config.source_dir / "docs" / "security.md"
SECTIONS = {
    6: [3, 12, 8, 6, 8, 4, 2, 4],
    7: [3, 4, 2, 5, 3, 2],
    9: [3, 4],
    10: [2, 3, 5, 16, 5, 2, 3],
}
"""How many requirements each section of a chapter of ASVS 5.0.0 has."""


def rows() -> list[list[str]]:
    lines = [line for line in PAGE.read_text().splitlines() if re.match(r"\| \d+\.\d+\.\d+ \|", line)]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


@cache
def names_of_tests(path: Path) -> set[str]:
    found = ast.walk(ast.parse(path.read_text()))
    return {node.name for node in found if isinstance(node, ast.FunctionDef)}


def test_each_requirement_of_the_four_chapters_has_its_row() -> None:
    expected = [
        f"{chapter}.{section}.{number}"
        for chapter, sections in SECTIONS.items()
        for section, count in enumerate(sections, 1)
        for number in range(1, count + 1)
    ]
    assert [row[0] for row in rows()] == expected


def test_each_row_is_answered_and_a_yes_names_a_test() -> None:
    for number, level, subject, answer, where in rows():
        assert level in {"1", "2", "3"}, number
        assert answer in {"yes", "place", "no", "none"}, number
        assert subject, number
        assert where, number
        assert answer != "yes" or "`test_" in where, number


def test_each_test_that_is_named_is_there() -> None:
    for module, name in re.findall(r"`(test_\w+)\.(test_\w+)`", PAGE.read_text()):
        path = Path(__file__).with_name(f"{module}.py")
        assert path.exists(), module
        assert name in names_of_tests(path), f"{module}.{name}"
