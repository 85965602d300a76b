"""The register of personal data: how each app gives out what it holds of a user, and how it removes it.

Every entity of the table is in both halves, with a handler or with the reason why there is none.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Rows = Callable[[int], Iterator[Mapping[str, Any]]]
"""The rows of a user, one JSON object each, read page by page."""
Erase = Callable[[int], Iterator[int]]
"""Removes what is there of a user and yields how many items each step took; begun again, it goes on."""


@dataclass(frozen=True, slots=True)
class Exporter:
    name: str
    """Of its file in the export, without the ending."""
    entities: Sequence[str]
    rows: Rows


@dataclass(frozen=True, slots=True)
class Eraser:
    name: str
    """What it removes, as the receipt says it."""
    entities: Sequence[str]
    erase: Erase


_exporters: dict[str, Exporter] = {}
_erasers: dict[str, Eraser] = {}
_not_exported: dict[str, str] = {}
_not_erased: dict[str, str] = {}


def exports(name: str, *entities: str) -> Callable[[Rows], Rows]:
    """Enter what gives out a user's items of these entities."""

    def enter(rows: Rows) -> Rows:
        _exporters[name] = Exporter(name, entities, rows)
        return rows

    return enter


def erases(name: str, *entities: str) -> Callable[[Erase], Erase]:
    """Enter what removes a user's items of these entities."""

    def enter(erase: Erase) -> Erase:
        _erasers[name] = Eraser(name, entities, erase)
        return erase

    return enter


def not_exported(entity: str, because: str) -> None:
    _not_exported[entity] = because


def not_erased(entity: str, because: str) -> None:
    _not_erased[entity] = because


def exporters() -> list[Exporter]:
    """In the order in which the apps entered them: accounts first."""
    return list(_exporters.values())


def erasers() -> list[Eraser]:
    """Those of the upper apps first, so that what a user is recognised by goes last."""
    return list(reversed(_erasers.values()))


def without_exporter() -> Mapping[str, str]:
    """Entities that no export holds, with the reason."""
    return _not_exported


def without_eraser() -> Mapping[str, str]:
    """Entities that an erasure leaves, with the reason."""
    return _not_erased
