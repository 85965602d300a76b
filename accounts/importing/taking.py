"""Makes the rows of an export an account's own."""

import codecs
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import chain
from typing import Any

import orjson

from accounts import services
from accounts.exports import PROFILE
from accounts.importing import profile
from accounts.importing.archive import OldExport
from accounts.importing.report import Report
from accounts.models import ACTIVE, User
from accounts.selectors import stats
from accounts.services import verifying
from echomate import keys, privacy
from echomate.config import config
from echomate.jobs import Refused
from echomate.privacy import Importer, Row

Line = tuple[int, Row | None]
"""Its number, and the object in it; None where it is none."""
NO_OBJECT = "not a plain JSON object"
TOO_MANY = "more than are taken"
NAMED_TWICE = "file: named twice"
TOO_LARGE = "file: together they are larger than the export"
ELSEWHERE = "of another instance, whose people are others"


def files() -> list[str]:
    """The files that are looked at."""
    return [f"{name}.jsonl" for name in (PROFILE, *(one.name for one in privacy.importers()))]


def unpacked() -> list[str]:
    """Those of them that are on the disk while they are taken."""
    return [f"{one.name}.jsonl" for one in privacy.importers() if one.from_end]


class Taking:
    """One export and the account that it is for. Each row is taken once, however often this is done."""

    def __init__(self, user: int, export: OldExport) -> None:
        self.report = Report()
        self._user = user
        self._export = export
        self._manifest = export.manifest()
        self._named: set[str] = set()
        self._media_bytes = 0

    def take(self) -> None:
        """Raises `Refused` where the account is not new, or goes meanwhile."""
        owner = active(self._user)
        source = _source(self._manifest)
        if not owner.imported_from and stats.get([owner.id])[owner.id].posts:
            raise Refused("The account has posts of its own. An export is taken into a new account.")
        if owner.imported_from and owner.imported_from != source:
            raise Refused("The export of another account was taken into this one.")
        self._take_profile(owner, source)
        for importer in privacy.importers():
            self._take_rows(importer)
        others = (f"{one.name}.jsonl" for one in privacy.exporters())
        left_out = (name for name in others if name not in files() and self._export.size([name]))
        self.report.left_out = [name.removesuffix(".jsonl") for name in left_out]

    def _take_profile(self, owner: User, source: str) -> None:
        """With the mark of the source, in one write: what is changed after that stays so."""
        changes: dict[str, Any] = {}
        _, row = next(self._rows(PROFILE), (1, {}))
        if row is None:
            self.report.add(PROFILE, line=1, reason=NO_OBJECT)
        for change, reason in profile.changes(row or {}):
            self.report.add(PROFILE, line=1, reason=reason)
            changes |= dict([change] if change else [])
        if not owner.imported_from:
            if changes.get("FullName", owner.full_name) != owner.full_name:
                owner = verifying.unverify(owner)
            services.edit_profile(owner, {**changes, "ImportedFrom": source}, version=int(owner.version))

    def _take_rows(self, importer: Importer) -> None:
        is_elsewhere = importer.same_instance and self._manifest.get("instance") != config.public_url
        rows = self._rows_from_end(importer.name) if importer.from_end else self._rows(importer.name)
        for step in privacy.in_steps(rows):
            if is_elsewhere:
                reasons: Sequence[str | None] = [ELSEWHERE] * len(step)
            else:
                active(self._user)
                reasons = self._take_step(importer, step)
            for (line, _), reason in zip(step, reasons, strict=True):
                self.report.add(importer.name, line=line, reason=reason)

    def _take_step(self, importer: Importer, step: Sequence[Line]) -> list[str | None]:
        outcomes: dict[int, str | None] = {
            line: NO_OBJECT if line <= importer.most else TOO_MANY for line, _ in step
        }
        good = {line: row for line, row in step if row is not None and line <= importer.most}
        wrong = {line: self._wrong_file(row) for line, row in good.items()} if importer.has_files else {}
        outcomes |= wrong
        good = {line: row for line, row in good.items() if wrong.get(line) is None}
        taken = importer.take(self._user, list(good.values()), self._export.file)
        outcomes |= dict(zip(good, taken, strict=True))
        return [outcomes[line] for line, _ in step]

    def _wrong_file(self, row: Row) -> str | None:
        """A small ZIP must not become terabytes: each file is one row's, and all are as large as what was uploaded."""
        name = row.get("file")
        if not isinstance(name, str):
            return None
        if name in self._named:
            return NAMED_TWICE
        self._named.add(name)
        with suppress(Refused):  # of a file that may not be read, the row is refused anyway
            self._media_bytes += self._export.size([name])
        return TOO_LARGE if self._media_bytes > self._export.media_bytes_at_most else None

    def _rows(self, name: str) -> Iterator[Line]:
        for number, line in enumerate(self._export.lines(f"{name}.jsonl"), start=1):
            yield number, None if line is None else _object(line)

    def _rows_from_end(self, name: str) -> Iterator[Line]:
        for number, line in self._export.lines_from_end(f"{name}.jsonl"):
            yield number, _object(line)


def active(user: int) -> User:
    """The account as it is now. Raises `Refused` where it isn't active."""
    found = User.read(keys.user(user))
    if found is None or found.state != ACTIVE:
        raise Refused("The account is not active.")
    return found


def _source(manifest: dict[str, Any]) -> str:
    """Which account of which instance it was; a digest, since both may be anything."""
    whole = orjson.dumps([manifest.get("instance"), manifest.get("user_id")])
    return hashlib.sha256(whole).hexdigest()[:32]


def _object(line: bytes) -> Row | None:
    try:
        found = orjson.loads(line.removeprefix(codecs.BOM_UTF8))
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) and _is_flat(found) else None


def _is_flat(row: Row) -> bool:
    """Whether it is no deeper than its settings are: what is deeper has no meaning, and may be meant to hurt."""
    inner = [value for value in row.values() if isinstance(value, dict | list)]
    values = chain.from_iterable(one.values() if isinstance(one, dict) else one for one in inner)
    return not any(isinstance(value, dict | list) for value in values)
