"""Reads the ZIP of an export that anybody may have made: with bounds on everything, and nothing held but a line.

Python's zipfile believes a directory of any size, and a stream of any length; so both are bounded here.
"""

import codecs
import re
import struct
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, Any, BinaryIO, Self, cast
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

import orjson

from accounts.exporting import FORMAT, FORMAT_VERSION
from echomate.jobs import Refused

MANIFEST = "manifest.json"
DIRECTORY_BYTES = 1024 * 1024
MANIFEST_BYTES = 2 * 1024 * 1024
"""It says more of each file than the directory does."""
BYTES_AT_MOST = 2 * 1024**3
"""Of all that is read, when it is no longer compressed."""
UNPACKED_AT_MOST = 512 * 1024**2
"""Of all that is on the disk meanwhile."""
LINES_AT_MOST = 1_000_000
LINE_BYTES = 64 * 1024
RATIO_AT_MOST = 200
"""Of a file's size to its compressed size, from a mebibyte on. JSON Lines of posts have 3 to 20."""
CHUNK = 64 * 1024
ENCRYPTED = 0x1

_IN_A_FOLDER = re.compile(r"([^/]+/)" + re.escape(MANIFEST))

_DAMAGES = (
    *(BadZipFile, EOFError, NotImplementedError, OverflowError),
    *(RuntimeError, ValueError, struct.error, zlib.error),
)
"""What zipfile raises for files that are none, or lie."""


class _Bounded:
    """A file of which nobody reads a lot at once."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(DIRECTORY_BYTES + 1 if size < 0 else min(size, DIRECTORY_BYTES + 1))
        if len(data) > DIRECTORY_BYTES:
            raise Refused("The ZIP file holds too many files.")
        return data


class _Member:
    """A file in the ZIP, as what stores it reads it. Raises `Refused` where it is damaged."""

    def __init__(self, file: "IO[bytes]", found: ZipInfo, on_read: Callable[[int], None]) -> None:
        self._file, self._size, self._on_read = file, found.file_size, on_read

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()

    def seek(self, offset: int, whence: int = 0) -> int:
        """Its size, or its beginning: nothing else is sought."""
        return self._size if whence else self._file.seek(offset)

    def read(self, size: int = -1) -> bytes:
        with _reading():
            data = self._file.read(size)
        self._on_read(len(data))
        return data


class OldExport:
    """The files of an export by name. Raises `Refused` in words for its owner, whatever the ZIP is."""

    def __init__(self, file: BinaryIO) -> None:
        self.on_read: Callable[[int], None] = _nothing
        """Told how many bytes were read."""
        self.media_bytes_at_most = 2 * file.seek(0, 2) + DIRECTORY_BYTES
        """Pictures and videos hardly compress, so all of them are little more than the ZIP."""
        with _reading():
            self._zip = ZipFile(cast("IO[bytes]", _Bounded(file)))  # it asks for no more
        self._members = defaultdict[str, list[ZipInfo]](list)
        for member in self._zip.infolist():
            self._members[member.filename].append(member)
        self._folder = self._own_folder()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    def _own_folder(self) -> str:
        """Where the export lies in the ZIP, with a slash at its end: who unpacked it may have packed it anew."""
        if MANIFEST in self._members:
            return ""
        tops = {match[1] for name in self._members if (match := _IN_A_FOLDER.fullmatch(name))}
        folders = {top for top in tops if not top.startswith((".", "__MACOSX/"))}
        if len(folders) > 1:
            raise Refused("The ZIP file holds more than one export.")
        return next(iter(folders), "")

    def manifest(self) -> dict[str, Any]:
        """What the export says of itself."""
        found = self._find(MANIFEST)
        if found is None:
            raise Refused("This is no export: it has no manifest.json.")
        with _reading(), self._zip.open(found) as member:
            read = member.read(MANIFEST_BYTES).removeprefix(codecs.BOM_UTF8)
            try:
                manifest = orjson.loads(read)
            except orjson.JSONDecodeError:
                manifest = None
        if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
            raise Refused("This is no export: its manifest.json is not one.")
        if not all(isinstance(manifest.get(name), str) for name in ("instance", "user_id")):
            raise Refused("This is no export: its manifest.json doesn't say whose it is.")
        if manifest.get("version") != FORMAT_VERSION:
            raise Refused("This export is of another version.")
        return manifest

    def check(self, names: list[str], *, unpacked: Sequence[str] = ()) -> None:
        """Read these files from end to end, before anything is taken of them; some are unpacked to the disk later."""
        if self.size(names) > BYTES_AT_MOST or self.size(unpacked) > UNPACKED_AT_MOST:
            raise Refused("The export is too large.")
        lines = 0
        for name in names:
            for _ in self.lines(name):
                lines += 1
                if lines > LINES_AT_MOST:
                    raise Refused("The export has too many lines.")

    def size(self, names: Sequence[str]) -> int:
        """What the directory says that these files have."""
        return sum(one.file_size for name in names if (one := self._find(name)) is not None)

    def lines(self, name: str) -> Iterator[bytes | None]:
        """The lines of a file, none where it isn't there; None for one that is too long."""
        return self._lines(name, self.on_read)

    def _lines(self, name: str, on_read: Callable[[int], None]) -> Iterator[bytes | None]:
        found = self._find(name)
        if found is None:
            return
        rest, is_skipped = b"", False
        with _reading(), self._zip.open(found) as member:
            while chunk := member.read(CHUNK):
                on_read(len(chunk))
                *whole, rest = (rest + chunk).split(b"\n")
                for line in whole:
                    yield None if is_skipped or len(line) > LINE_BYTES else line
                    is_skipped = False
                if len(rest) > LINE_BYTES:
                    rest, is_skipped = b"", True
        if rest or is_skipped:
            yield None if is_skipped else rest

    def lines_from_end(self, name: str) -> Iterator[tuple[int, bytes]]:
        """The lines with their numbers, the last first; one that is too long is empty.

        A compressed file is read one way, so they are on the disk meanwhile, and count as read when they are given out.
        """
        with TemporaryFile() as file:
            count = 0
            for line in self._lines(name, lambda _: self.on_read(0)):
                file.write((line or b"") + b"\n")
                count += 1
            for number, line in zip(range(count, 0, -1), _backwards(file), strict=True):
                self.on_read(len(line) + 1)
                yield number, line

    def file(self, name: str) -> BinaryIO | None:
        """Another file of the export, to be read from its beginning to its end; None where it may not be read."""
        try:
            found = self._find(name)
            with _reading():
                return (
                    cast("BinaryIO", _Member(self._zip.open(found), found, self.on_read)) if found else None
                )
        except Refused:
            return None

    def _find(self, name: str) -> ZipInfo | None:
        """A file that may be read."""
        found = self._members.get(self._folder + name)
        if not found:
            return None
        (one, *more) = found
        if more:
            raise Refused(f"The ZIP file holds {name} twice.")
        if one.flag_bits & ENCRYPTED:
            raise Refused("The ZIP file is encrypted.")
        if one.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise Refused("The ZIP file is compressed in a way that is not known here.")
        if one.file_size > max(DIRECTORY_BYTES, one.compress_size * RATIO_AT_MOST):
            raise Refused(f"{name} is compressed too well to be what it says.")
        return one


def _backwards(file: "IO[bytes]") -> Iterator[bytes]:
    """The lines of a file that was just written, each with an end, from the last to the first."""
    place, rest = file.tell() - 1, b""
    while place > 0:
        size = min(CHUNK, place)
        place -= size
        file.seek(place)
        rest, *whole = (file.read(size) + rest).split(b"\n")
        yield from reversed(whole)
    if place == 0:
        yield rest


def _nothing(_bytes: int) -> None:
    pass


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except _DAMAGES as error:
        raise Refused("The ZIP file is damaged, or it is none.") from error
