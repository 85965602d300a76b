"""A ZIP that is written as a stream, file by file, with the digest of each."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import IO, Protocol, cast
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

Write = Callable[[bytes], None]


class Stream(Protocol):
    """What can't be sought."""

    def write(self, data: bytes, /) -> int: ...

    def flush(self) -> None: ...


class Archive:
    """Holds nothing but what is being compressed. The directory is written by `close`."""

    def __init__(self, stream: Stream, *, at: datetime) -> None:
        self.digests: dict[str, str] = {}
        """SHA-256 by file."""
        self._zip = ZipFile(cast("IO[bytes]", stream), "w", ZIP_DEFLATED)  # it asks for no more
        self._at = at

    @contextmanager
    def file(self, name: str, *, large: bool = False) -> Iterator[Write]:
        """A new file, and how one writes into it. `large`: it may have more than 2 GiB."""
        info = ZipInfo(name, date_time=self._at.timetuple()[:6])
        info.compress_type = ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        digest = hashlib.sha256()
        with self._zip.open(info, "w", force_zip64=large) as member:
            yield _writer(member, digest.update)
        self.digests[name] = digest.hexdigest()

    def write(self, name: str, parts: Iterable[str]) -> None:
        with self.file(name) as write:
            for part in parts:
                write(part.encode())

    def close(self) -> None:
        self._zip.close()


def _writer(member: IO[bytes], digest: Callable[[bytes], None]) -> Write:
    def write(data: bytes) -> None:
        digest(data)
        member.write(data)

    return write
