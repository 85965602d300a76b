"""Nothing is pinned that nothing uses."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from echomate.config import config

pytestmark = pytest.mark.pure

PLUGIN = "pytest loads it by itself"
COMMAND = "a command of the Makefile"
LOADED_BY_UVICORN = "the emulator names it to uvicorn"
NOT_IMPORTED = {
    "pytest-django": PLUGIN,
    "pytest-xdist": PLUGIN,
    "pytest-randomly": PLUGIN,
    "pytest-cov": PLUGIN,
    "httptools": LOADED_BY_UVICORN,
    "uvloop": LOADED_BY_UVICORN,
    "ruff": COMMAND,
    "mypy": COMMAND,
    "import-linter": COMMAND,
    "django-stubs": "a plugin of mypy, and types of Django",
    "djangorestframework-stubs": "a plugin of mypy, and types of Django REST framework",
}
"""Distributions of development that are used without an import, and how. Those of production have none."""

DEVELOPMENT = re.compile(r"(.*/)?tests/|conftest\.py|bench/|echomate/(testing|local)/")
SETTINGS = "echomate/settings.py"


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_what_is_pinned_is_imported_somewhere(name: str) -> None:
    imported = _imported(of_development=name == "requirements-dev.txt")
    unused = {
        distribution
        for distribution in _pinned(name)
        if distribution not in NOT_IMPORTED and not _modules()[distribution] & imported
    }
    assert not unused, "nothing imports them: remove them, or give the reason in NOT_IMPORTED"


def test_no_reason_is_left_of_what_is_imported_or_gone() -> None:
    imported = _imported(of_development=True)
    assert set(NOT_IMPORTED) <= set(_pinned("requirements-dev.txt"))
    assert not {name for name in NOT_IMPORTED if _modules()[name] & imported}


def _pinned(name: str) -> Iterator[str]:
    """The distributions of a file that this machine has."""
    for line in (config.source_dir / name).read_text().splitlines():
        if line and not line.startswith(("#", "-r ")):
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate():
                yield canonicalize_name(requirement.name)


@cache
def _modules() -> dict[str, set[str]]:
    """The top-level modules of each distribution; of one that holds types, those that they are of."""
    modules = defaultdict[str, set[str]](set)
    for module, distributions in packages_distributions().items():
        for distribution in distributions:
            modules[canonicalize_name(distribution)].add(module.removesuffix("-stubs"))
    return modules


def _imported(*, of_development: bool) -> set[str]:
    """Top-level modules that the project imports, names in Django's settings, or asks for data."""
    return {
        name.partition(".")[0]
        for file, names in _names().items()
        if of_development or not DEVELOPMENT.match(file)
        for name in names
    }


@cache
def _names() -> dict[str, set[str]]:
    """What each file of the project names."""
    root = config.source_dir
    rooms = [room for room in root.iterdir() if not room.name.startswith(".") and room.name != "client"]
    files = [*root.glob("*.py"), *(file for room in rooms for file in room.rglob("*.py"))]
    return {file: set(_named_by(root / file)) for file in (str(path.relative_to(root)) for path in files)}


def _named_by(file: Path) -> Iterator[str]:
    is_settings = file == config.source_dir / SETTINGS
    for node in ast.walk(ast.parse(file.read_text())):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module
            case ast.Call(func=ast.Name(id="files" | "find_spec"), args=[ast.Constant(value=str(module))]):
                yield module
            case ast.Constant(value=str(text)) if is_settings:
                yield text
