"""A child that was taken over may answer anything; it is believed nothing that could do harm."""

import json
from pathlib import Path
from typing import Any

import pytest

from media.processing import children, landlock, orders, seccomp
from media.processing.outcome import Refused

TRUE = {
    "width": 4,
    "height": 3,
    "duration": None,
    "blurhash": "L",
    "variants": [{"name": "320.webp", "width": 4, "height": 3}],
}


def answered(monkeypatch: pytest.MonkeyPatch, out: Path, text: str, *, code: int = 0) -> Any:
    monkeypatch.setattr(children, "run", lambda *_order, **_named: children.Said(code, text, ""))
    return orders.picture(out / "original", kind="image/png", purpose="post", out=out)


def test_a_true_answer_is_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "320.webp").write_bytes(b"RIFF")
    (variant,) = answered(monkeypatch, tmp_path, json.dumps(TRUE)).variants
    assert (variant.path, variant.type, variant.size) == (tmp_path / "320.webp", "image/webp", 4)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "[1]",
        "{",
        "[" * 100_000,
        json.dumps({**TRUE, "height": float("inf")}),
        json.dumps({"reason": "a reason of its own"}),
        json.dumps({**TRUE, "width": "wide"}),
        json.dumps({**TRUE, "variants": [{"name": "missing.webp", "width": 4, "height": 3}]}),
        json.dumps({**TRUE, "variants": [{"name": "page.html", "width": 4, "height": 3}]}),
        json.dumps({**TRUE, "variants": [{"name": "../other.webp", "width": 4, "height": 3}]}),
        json.dumps({**TRUE, "variants": [{"name": "link.webp", "width": 4, "height": 3}]}),
    ],
)
def test_a_false_one_rejects_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "page.html").write_bytes(b"<script>")
    (tmp_path / "other.webp").write_bytes(b"of somebody else")
    (out / "link.webp").symlink_to(tmp_path / "other.webp")
    with pytest.raises(Refused, match="damaged"):
        answered(monkeypatch, out, answer)


def test_a_child_that_could_not_begin_rejects_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(children.NotProcessed):
        answered(monkeypatch, tmp_path, "", code=1)


def test_no_child_begins_where_its_system_calls_can_not_be_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "another")
    with pytest.raises(OSError, match="no filter of system calls for another"):
        seccomp.give_up_calls()


def test_without_landlock_the_other_bounds_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landlock, "version", lambda: 0)
    assert not landlock.keep_only(readable=[], writable=[])
