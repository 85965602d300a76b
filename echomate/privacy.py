"""The register of personal data: how each app gives out what it holds of a user, takes it in, and removes it.

Every entity of the table is in both halves, with a handler or with the reason why there is none.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

T = TypeVar("T")

Row = Mapping[str, Any]
"""A JSON object."""
Rows = Callable[[int], Iterator[Row]]
"""The rows of a user, read page by page."""
Files = Callable[[int], Iterator[tuple[str, BinaryIO]]]
"""The files of a user that rows speak of: the name that each has in the export, and what is in it."""
Show = Callable[[Row], str]
"""A row as safe HTML, for people."""
Open = Callable[[str], BinaryIO | None]
"""A file of an export by the name that rows give it; None where it isn't there or can't be read. What is damaged behind
its beginning raises `Refused` when that is read."""
Take = Callable[[int, Sequence[Row], Open], Sequence[str | None]]
"""Makes rows of an export a user's own and says of each why it was not taken, in a few words of ours; None: it was,
now or in an earlier run. It believes nothing that a row says, least of all an id. It may raise `Again`."""
Erase = Callable[[int], Iterator[int]]
"""Removes what is there of a user and yields how many items each step took; begun again, it goes on."""


@dataclass(frozen=True, slots=True)
class Exporter:
    name: str
    """Of its file in the export, without the ending."""
    entities: Sequence[str]
    rows: Rows
    title: "StrOrPromise"
    show: Show | None
    """None: names and values, as they are."""
    files: Files | None


@dataclass(frozen=True, slots=True)
class Eraser:
    name: str
    """What it removes, as the receipt says it."""
    entities: Sequence[str]
    erase: Erase


@dataclass(frozen=True, slots=True)
class Importer:
    name: str
    """Of the file whose rows it takes, without the ending."""
    take: Take
    same_instance: bool
    """Its rows speak of others, who are somebody else at another instance."""
    most: int
    """So many rows it is given."""
    has_files: bool
    """Its rows are of files, which others speak of: it comes first."""
    from_end: bool
    """Its rows speak of earlier ones, and an export lists the newest first: it is given the last row first."""


_exporters: dict[str, Exporter] = {}
_importers: dict[str, Importer] = {}
_erasers: dict[str, Eraser] = {}
_not_exported: dict[str, str] = {}
_not_erased: dict[str, str] = {}
_remembered: list[Callable[[int], str]] = []


def exports(
    name: str,
    *entities: str,
    title: "StrOrPromise",
    show: Show | None = None,
    files: Files | None = None,
) -> Callable[[Rows], Rows]:
    """Enter what gives out a user's items of these entities."""

    def enter(rows: Rows) -> Rows:
        _exporters[name] = Exporter(name, entities, rows, title, show, files)
        return rows

    return enter


def imports(
    name: str,
    *,
    most: int,
    same_instance: bool = False,
    has_files: bool = False,
    from_end: bool = False,
) -> Callable[[Take], Take]:
    """Enter what takes in the rows that the exporter of this name gave out."""

    def enter(take: Take) -> Take:
        _importers[name] = Importer(name, take, same_instance, most, has_files, from_end)
        return take

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


def remembers(*keys: Callable[[int], str]) -> None:
    """Enter what Redis may hold of a user, by the functions that build the keys."""
    _remembered.extend(keys)


def remembered(user: int) -> list[str]:
    """The keys in Redis that are a user's own."""
    return [key(user) for key in _remembered]


def in_steps(items: Iterable[T], *, size: int = 100) -> Iterator[list[T]]:
    """Items in lists of some size, as exporters and erasers take them."""
    left = iter(items)
    while step := list(islice(left, size)):
        yield step


def exporters() -> list[Exporter]:
    """In the order in which the apps entered them: accounts first."""
    return list(_exporters.values())


def importers() -> list[Importer]:
    """Those of files first; then in the order in which the apps entered them."""
    return sorted(_importers.values(), key=lambda importer: not importer.has_files)


def erasers() -> list[Eraser]:
    """Those of the upper apps first, so that what a user is recognised by goes last."""
    return list(reversed(_erasers.values()))


def without_exporter() -> Mapping[str, str]:
    """Entities that no export holds, with the reason."""
    return _not_exported


def without_eraser() -> Mapping[str, str]:
    """Entities that an erasure leaves, with the reason."""
    return _not_erased


def fault(errors: Any) -> str:
    """The first fault that a serializer has found, as a field and the fault's code: nothing of the input is in it."""
    name, found = next(iter(errors.items()))
    while isinstance(found, Mapping | list):
        found = next(iter(found.values() if isinstance(found, Mapping) else found))
    return f"{name}: {getattr(found, 'code', 'invalid')}"
