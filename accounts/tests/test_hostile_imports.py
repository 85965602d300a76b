"""ZIPs that nobody should send: each is refused, or bounded, and the account is as it was."""

import os
import stat
import struct
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_BZIP2, ZIP_LZMA, ZIP_STORED, ZipFile, ZipInfo

import orjson
import pytest

from accounts.importing import archive
from accounts.tests.imported import manifest, old_post, packed_again, posts_of, refusal, take, zipped
from echomate import ids, privacy
from echomate.jobs import Refused
from echomate.testing.client import Person, sign_up


@pytest.fixture
def new() -> Person:
    return sign_up("new")


def changed(find: bytes, put: bytes, *, everywhere: bool = True) -> BytesIO:
    """A good export in which some bytes were replaced."""
    data = zipped(posts=[old_post()], compression=ZIP_STORED).getvalue()
    assert find in data
    return BytesIO(data.replace(find, put) if everywhere else data.replace(find, put, 1))


def with_flags(flags: int) -> BytesIO:
    """A good export whose entries claim something."""
    data = bytearray(zipped(posts=[old_post()]).getvalue())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        while at >= 0:
            data[at + offset : at + offset + 2] = struct.pack("<H", flags)
            at = data.find(mark, at + 4)
    return BytesIO(bytes(data))


def twice() -> BytesIO:
    file = zipped(posts=[old_post()])
    with ZipFile(file, "a") as again, pytest.warns(UserWarning, match="Duplicate name"):
        again.writestr("posts.jsonl", b"")
    file.seek(0)
    return file


def twice_in_a_folder() -> BytesIO:
    file = packed_again(zipped(posts=[old_post()]))
    with ZipFile(file, "a") as again, pytest.warns(UserWarning, match="Duplicate name"):
        again.writestr("echomate-ann/posts.jsonl", b"")
    file.seek(0)
    return file


def truncated() -> BytesIO:
    data = zipped(posts=[old_post(n) for n in range(50)]).getvalue()
    return BytesIO(data[: len(data) // 2])


def many_files() -> BytesIO:
    """A directory of 2 MiB, for which zipfile would hold 20 times as much."""
    return zipped({f"{n:>040}": b"" for n in range(25_000)})


def lying_directory() -> BytesIO:
    """The end record says that the directory is the whole file, of 3 MiB."""
    data = zipped({"filler": os.urandom(3 * 1024 * 1024)}, compression=ZIP_STORED).getvalue()
    end = data.rfind(b"PK\x05\x06")
    return BytesIO(data[: end + 12] + struct.pack("<II", end, 0) + data[end + 20 :])


def lying_zip64() -> BytesIO:
    """A ZIP64 record that promises 2^60 entries in a directory of as many bytes."""
    data = zipped(posts=[old_post()]).getvalue()
    end = data.rfind(b"PK\x05\x06")
    record = struct.pack("<4sQHHLLQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 2**60, 2**60, 2**60, 0)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
    last = struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return BytesIO(data[:end] + record + locator + last)


def wrong_size() -> BytesIO:
    """The directory says another size of posts.jsonl than it has."""
    data = bytearray(zipped(posts=[old_post(n) for n in range(9)]).getvalue())
    at = data.rfind(b"PK\x01\x02")
    size = struct.unpack("<L", data[at + 24 : at + 28])[0]
    data[at + 24 : at + 28] = struct.pack("<L", size // 2)
    return BytesIO(bytes(data))


HOSTILE: dict[str, tuple[Callable[[], BytesIO], str]] = {
    "nothing": (BytesIO, "damaged"),
    "no zip": (lambda: BytesIO(b"hello" * 1000), "damaged"),
    "cut off": (truncated, "damaged"),
    "a wrong CRC": (lambda: changed(b"old 0", b"old 1", everywhere=False), "damaged"),
    "encrypted": (lambda: with_flags(0x1), "encrypted"),
    "strongly encrypted": (lambda: with_flags(0x41), "encrypted"),
    "patched data": (lambda: with_flags(0x20), "damaged"),
    "bzip2": (lambda: zipped(posts=[old_post()], compression=ZIP_BZIP2), "damaged|not known"),
    "LZMA, whose dictionary may be huge": (
        lambda: zipped(posts=[old_post()], compression=ZIP_LZMA),
        "not known",
    ),
    "a name twice": (twice, "twice"),
    "25,000 files": (many_files, "too many files"),
    "a directory that lies": (lying_directory, "too many files|damaged"),
    "a ZIP64 record that lies": (lying_zip64, "too many files|damaged"),
    "sizes that lie": (wrong_size, "damaged"),
    "a bomb": (lambda: zipped({"posts.jsonl": bytes(20 * 1024 * 1024)}), "too well"),
    "no manifest": (lambda: changed(b"manifest.json", b"manifest.jso_"), "no manifest"),
    "two exports": (
        lambda: packed_again(
            zipped(posts=[old_post()]), others={"other/manifest.json": orjson.dumps(manifest())}
        ),
        "more than one",
    ),
    "a name twice in a folder": (twice_in_a_folder, "twice"),
    "an export two folders deep": (
        lambda: packed_again(zipped(posts=[old_post()]), folder="a/b"),
        "no manifest",
    ),
    "an export in the folder above": (
        lambda: packed_again(zipped(posts=[old_post()]), folder=".."),
        "no manifest",
    ),
    "an export at the root": (lambda: packed_again(zipped(posts=[old_post()]), folder=""), "no manifest"),
    "a manifest of something else": (lambda: zipped(said={"format": "x"}), "not one"),
    "a manifest that is a list": (lambda: zipped(said=[1]), "not one"),
    "a manifest of no JSON": (
        lambda: changed(b'{"format"', b'{{format"', everywhere=False),
        "damaged|not one",
    ),
    "another version": (lambda: zipped(said=manifest(version=2)), "another version"),
    "whose it is, as a number": (lambda: zipped(said=manifest(user_id=7)), "whose it is"),
    "whose it is, as a list": (lambda: zipped(said=manifest(instance=[])), "whose it is"),
    "a deep manifest": (lambda: changed(b'{"format"', b"[" * 9, everywhere=False), "damaged"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_whole(new: Person, name: str) -> None:
    make, said = HOSTILE[name]
    found = refusal(new, make())
    assert any(part in found for part in said.split("|")), found
    assert posts_of(new) == []


def test_a_bomb_that_keeps_to_the_ratio_is_refused_by_its_size(
    new: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "BYTES_AT_MOST", 100_000)
    rows = [old_post(n, content=os.urandom(64).hex()) for n in range(500)]
    assert refusal(new, zipped(posts=rows)) == "The export is too large."


def test_too_many_lines_are_refused_before_one_is_taken(new: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "LINES_AT_MOST", 1000)
    rows = [old_post(), *([b"\n"] * 1001)]
    assert refusal(new, zipped(posts=rows)) == "The export has too many lines."
    assert posts_of(new) == []


def test_ten_million_lines_are_refused_in_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "LINES_AT_MOST", 100_000)  # counting a million under tracemalloc takes 10 s
    file = BytesIO()
    with ZipFile(file, "w") as zipped_, zipped_.open("posts.jsonl", "w") as member:
        for _ in range(100):
            member.write(b"{}\n" * 100_000)
    with ZipFile(file, "a") as zipped_:
        zipped_.writestr("manifest.json", orjson.dumps(manifest()))
    file.seek(0)
    tracemalloc.start()
    with archive.OldExport(file) as export, pytest.raises(Refused, match="too many lines"):
        export.check(["posts.jsonl"])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12 * 1024 * 1024


TRAPS: list[Any] = [
    b"[1, 2]\n",
    b'"text"\n',
    b"nonsense\n",
    b"\xff\xfe\n",
    b'{"id": NaN}\n',
    b'{"content": "\\ud800"}\n',
    b"[" * 60_000 + b"\n",
    b'{"a":' * 10_000 + b"1" + b"}" * 10_000 + b"\n",
    old_post(100, visibility=orjson.loads(b"[" * 200 + b"]" * 200)),
    b'{"x": "' + b"y" * 70_000 + b'"}\n',
    b'{"id": ' + b"9" * 5000 + b"}\n",
    old_post(101, id="0"),
    old_post(102, id="-5"),
    old_post(103, id="9" * 19),
    old_post(104, id="9" * 60_000),
    old_post(105, id="٣"),
    old_post(106, id=str(ids.id_at_milliseconds(4_000_000_000_000))),
    old_post(107, content="x" * 5001),
    old_post(108, content=""),
    old_post(109, content=7),
    old_post(110, content="nul\0"),
    old_post(111, visibility="direct"),
    old_post(112, visibility={"a": 1}),
    old_post(113, reply_policy="x"),
    old_post(114, sensitive="yes"),
    old_post(115, language="<script>"),
    old_post(116, edited_at=1e308),
    old_post(117, edited_at="never"),
    old_post(118, content="", media_ids=["1"]),
    {"id": old_post(119)["id"]},
    {},
]


def test_rows_that_no_api_would_take_are_counted_and_the_rest_goes_on(new: Person) -> None:
    rows = [
        old_post(1),
        *TRAPS,
        b'{"x": "' + b"y" * 300_000 + b'"}\n',
        old_post(2),
        orjson.dumps(old_post(3)),
    ]
    report = take(new, zipped(posts=rows))
    assert [post["content"] for post in posts_of(new)] == ["old 1", "old 2", "old 3"]
    assert report["taken"] == {"posts": 3}
    assert sum(report["refused"]["posts"].values()) == len(TRAPS) + 1
    assert {example["line"] for example in report["examples"]} == set(range(2, len(TRAPS) + 3))
    assert len(orjson.dumps(report)) < 20_000


def test_a_moment_of_an_edit_that_can_not_be_is_left_out(new: Person) -> None:
    rows = [
        old_post(n, edited_at=at) for n, at in enumerate(("2019-01-01T00:00:00Z", "2999-01-01T00:00:00Z"))
    ]
    take(new, zipped(posts=rows))
    assert [post["edited_at"] for post in posts_of(new)] == [None, None]


def test_names_that_lead_elsewhere_and_archives_within_are_not_looked_at(new: Person, tmp_path: Path) -> None:
    names = [
        "../../../../tmp/evil",
        "/etc/passwd",
        "C:\\evil",
        "posts.jsonl/../x",
        "a/posts.jsonl",
        "CON",
        "\u202eposts",
    ]
    inner = zipped(posts=[old_post(9)]).getvalue()
    files = {**dict.fromkeys(names, b"evil"), "inner.zip": inner}
    before = set(tmp_path.iterdir()), Path("/tmp/evil").exists()  # noqa: S108 - where it must not write
    report = take(new, zipped(files, posts=[old_post()]))
    assert (set(tmp_path.iterdir()), Path("/tmp/evil").exists()) == before  # noqa: S108 - as above
    assert report["taken"] == {"posts": 1}


def test_an_export_that_was_packed_again_in_its_folder_is_the_same(new: Person) -> None:
    others = {"posts.jsonl": b"not this\n", "echomate-ann/../posts.jsonl": b"nor this\n"}
    file = packed_again(zipped(posts=[old_post()], profile=[{"bio": "Writes."}]), others=others)
    assert take(new, file)["taken"] == {"profile": 1, "posts": 1}


def test_a_symbolic_link_is_but_text(new: Person) -> None:
    file = BytesIO()
    with ZipFile(file, "w") as archive_:
        archive_.writestr("manifest.json", orjson.dumps(manifest()))
        link = ZipInfo("posts.jsonl")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive_.writestr(link, "/etc/passwd")
    file.seek(0)
    assert take(new, file)["refused"] == {"posts": {"not a plain JSON object": 1}}


def test_more_follows_than_are_taken_are_left_out(new: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    limited = replace(privacy._importers["following"], most=2)
    monkeypatch.setitem(privacy._importers, "following", limited)
    report = take(new, zipped(following=[{"id": str(n)} for n in range(1, 6)]))
    assert report["refused"] == {"following": {"id: nobody to follow": 2, "more than are taken": 3}}


def test_lines_are_read_the_same_however_they_fall(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "CHUNK", 7)
    monkeypatch.setattr(archive, "LINE_BYTES", 20)
    long = b"z" * 100
    parts = [b"a", b"", b"bcdefgh", long, b"x" * 20, b"y" * 21, b"end"]
    for tail in (b"", b"\n"):
        file = zipped({"posts.jsonl": b"\n".join(parts) + tail})
        with archive.OldExport(file) as export:
            found = list(export.lines("posts.jsonl"))
            from_end = list(export.lines_from_end("posts.jsonl"))
        assert found == [None if len(part) > 20 else part for part in parts]
        assert from_end == [*enumerate((line or b"" for line in found), start=1)][::-1]


@pytest.mark.parametrize("content", [b"", b"\n", b"\n\n", b"a", b"a\n", b"\na", b"abcdefg\n" * 3])
def test_a_file_is_read_from_its_end_as_from_its_beginning(
    monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.setattr(archive, "CHUNK", 4)
    with archive.OldExport(zipped({"posts.jsonl": content})) as export:
        lines = list(export.lines("posts.jsonl"))
        assert list(export.lines_from_end("posts.jsonl")) == [*enumerate(lines, start=1)][::-1]
        assert list(export.lines_from_end("comments.jsonl")) == []


def test_what_would_fill_the_disk_is_refused_before_anything_is_taken(
    new: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "UNPACKED_AT_MOST", 100)
    assert "too large" in refusal(new, zipped(posts=[old_post()], comments=[{"content": "x" * 100}]))
    assert posts_of(new) == []


def test_lines_that_are_read_from_the_end_count_as_they_are_given_out() -> None:
    content, counted = b"a\nbc\ndefg\n", list[int]()
    with archive.OldExport(zipped({"posts.jsonl": content})) as export:
        export.on_read = counted.append
        sums = [sum(counted) for _ in export.lines_from_end("posts.jsonl")]
    assert sums == [5, 8, 10]


def test_damage_behind_the_directory_is_found_by_reading() -> None:
    data = bytearray(zipped(posts=[old_post(n, content=os.urandom(20).hex()) for n in range(200)]).getvalue())
    at = data.find(b"posts.jsonl") + 1000
    data[at : at + 50] = bytes(50)
    with archive.OldExport(BytesIO(bytes(data))) as export, pytest.raises(Refused, match="damaged"):
        export.check(["posts.jsonl"])
