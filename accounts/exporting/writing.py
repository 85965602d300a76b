"""Writes an export, in whatever order its parts come; nothing of it is held."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

import orjson
from django.template.loader import render_to_string
from django.utils import translation

from accounts.exporting import FORMAT, FORMAT_VERSION, pages
from accounts.exporting.archive import Archive, Stream
from accounts.exports import PROFILE
from accounts.models import User
from echomate import VERSION, privacy
from echomate.config import config
from echomate.ids import rfc3339
from echomate.jobs import Progress
from echomate.privacy import Exporter, Files, Row

CHUNK = 1024 * 1024


class Export:
    """One export being written. Rows are read twice: once for programs, once for people."""

    def __init__(self, stream: Stream, owner: User, *, at: datetime, progress: Progress) -> None:
        self.rows: dict[str, int] = {}
        """By exporter."""
        self._archive = Archive(stream, at=at)
        self._owner = owner
        self._progress = progress
        self._at = at
        self._context = {
            "username": owner.username,
            "instance": config.instance_name,
            "url": config.public_url,
            "exported_at": at.strftime("%Y-%m-%d %H:%M UTC"),
        }

    def write(self) -> None:
        """All of it, in the language of its owner."""
        with translation.override(self._owner.settings.locale):
            exporters = privacy.exporters()
            for exporter in exporters:
                self._write_lines(exporter)
            for exporter in exporters:
                if exporter.name != PROFILE:  # which is on the index itself
                    self._write_pages(exporter)
                if exporter.files is not None:
                    self._write_files(exporter.files)
            self._write_index(exporters)
        self._archive.close()

    def _write_lines(self, exporter: Exporter) -> None:
        self.rows[exporter.name] = 0
        with self._archive.file(f"{exporter.name}.jsonl", large=True) as write:
            for row in self._read(exporter):
                write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
                self.rows[exporter.name] += 1

    def _write_pages(self, exporter: Exporter) -> None:
        parts = pages.pages(self._context, exporter, self._read(exporter))
        for name, page in groupby(parts, key=itemgetter(0)):
            self._archive.write(name, (part for _, part in page))

    def _write_files(self, files: Files) -> None:
        for name, content in files(self._owner.id):
            with content, self._archive.file(name, large=True) as write:
                while part := content.read(CHUNK):
                    write(part)
                    self._progress.advance(0)

    def _read(self, exporter: Exporter) -> Iterator[Row]:
        for row in exporter.rows(self._owner.id):
            self._progress.advance()
            yield row

    def _write_index(self, exporters: list[Exporter]) -> None:
        profile = next(exporter for exporter in exporters if exporter.name == PROFILE)
        contents = [
            pages.Contents(
                str(one.title), self.rows[one.name], pages.page_name(one.name, 1), f"{one.name}.jsonl"
            )
            for one in exporters
            if one.name != PROFILE
        ]
        index = pages.index(self._context, self._read(profile), contents)
        self._archive.write("index.html", [index])
        self._archive.write("README.txt", [render_to_string("accounts/export/README.txt", self._context)])
        self._archive.write("manifest.json", [self._manifest()])

    def _manifest(self) -> str:
        manifest: dict[str, Any] = {
            "format": FORMAT,
            "version": FORMAT_VERSION,
            "software": f"echomate {VERSION}",
            "instance": config.public_url,
            "user_id": str(self._owner.id),
            "exported_at": rfc3339(self._at.astimezone(UTC)),
            "rows": self.rows,
            "sha256": self._archive.digests,
        }
        return orjson.dumps(manifest, option=orjson.OPT_INDENT_2).decode()
