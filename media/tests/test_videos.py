"""What is made of videos."""

import re
import shutil
import socket
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from media.processing import Processed, Rejected, children, process, video_is_possible
from media.processing.limits import LOOK, encoding
from media.tests.corpus import SECRET
from media.tests.corpus.videos import H264, SOUND, interlaced, made, picture, video


@pytest.fixture(autouse=True)
def with_ffmpeg(monkeypatch: pytest.MonkeyPatch, path_with_ffmpeg: str) -> None:
    monkeypatch.setenv("PATH", path_with_ffmpeg)


def processed(data: bytes, directory: Path, told: list[int] | None = None) -> Processed | Rejected:
    original, out = directory / "original", directory / "out"
    original.write_bytes(data)
    out.mkdir()
    told = [] if told is None else told
    return process(original, declared="video/mp4", purpose="post", out=out, progress=told.append)


def described(path: Path) -> str:
    """What ffmpeg says of a file."""
    ffmpeg = shutil.which("ffmpeg")
    assert ffmpeg
    done = subprocess.run([ffmpeg, "-hide_banner", "-i", path], check=False, capture_output=True, timeout=60)
    return done.stderr.decode()


def test_a_video_becomes_h264_with_aac_and_has_a_picture_of_it(tmp_path: Path) -> None:
    outcome = processed(video(size="640x360", seconds=1), tmp_path)
    assert isinstance(outcome, Processed)
    assert (outcome.type, outcome.width, outcome.height) == ("video/mp4", 640, 360)
    assert outcome.duration == pytest.approx(1, abs=0.2)
    names = [variant.name for variant in outcome.variants]
    assert names == ["320.webp", "640.webp", "1280.jpg", "video.mp4"]
    said = described(outcome.variants[-1].path)
    assert re.search(r"Video: h264 \(High\).* yuv420p.* 640x360", said)
    assert "Audio: aac" in said
    with Image.open(outcome.variants[1].path) as shown:
        assert shown.convert("L").getextrema()[0] != shown.convert("L").getextrema()[1]


def test_nothing_is_left_of_its_metadata(tmp_path: Path) -> None:
    data = video()
    left = (SECRET, b"loci", b"x264 - core", b"Lavf")  # a title, a place, and who wrote it
    assert all(word in data for word in left)
    outcome = processed(data, tmp_path)
    assert isinstance(outcome, Processed)
    for variant in outcome.variants:
        written = variant.path.read_bytes()
        assert not [word for word in left if word in written]


def test_a_large_standing_video_fits_into_1080p(tmp_path: Path) -> None:
    outcome = processed(video(size="2160x3840", seconds=0.2), tmp_path)
    assert isinstance(outcome, Processed)
    assert (outcome.width, outcome.height) == (2160, 3840)
    assert (outcome.variants[-1].width, outcome.variants[-1].height) == (1080, 1920)
    assert "1080x1920" in described(outcome.variants[-1].path)


def test_a_video_stands_upright_however_the_camera_was_held(tmp_path: Path) -> None:
    plain = tmp_path / "plain.mp4"
    plain.write_bytes(video(size="320x180"))
    turned = made("-display_rotation", "90", "-i", str(plain), "-c", "copy")
    outcome = processed(turned, tmp_path)
    assert isinstance(outcome, Processed)
    assert {(one.width, one.height) for one in outcome.variants} == {(180, 320)}
    assert "180x320" in described(outcome.variants[-1].path)


@pytest.mark.parametrize(("ratio", "size"), [("4/3", (320, 180)), ("1/2", (240, 360)), ("1000", (240, 180))])
def test_pixels_that_are_not_square_are_shown_as_wide_as_they_are(
    tmp_path: Path, ratio: str, size: tuple[int, int]
) -> None:
    outcome = processed(made(*picture("240x180"), "-vf", f"setsar={ratio}", *H264), tmp_path)
    assert isinstance(outcome, Processed)
    assert (outcome.width, outcome.height) == size
    assert (outcome.variants[-1].width, outcome.variants[-1].height) == size
    assert f"{size[0]}x{size[1]} [SAR 1:1" in described(outcome.variants[-1].path)


@pytest.mark.parametrize(("rate", "seconds"), [(2, 2), (1, 3), (30, 1)])
def test_a_video_lasts_until_its_last_frame_is_over(tmp_path: Path, rate: int, seconds: int) -> None:
    outcome = processed(made(*picture(rate=rate, seconds=seconds), *H264), tmp_path)
    assert isinstance(outcome, Processed)
    assert outcome.duration == pytest.approx(seconds, abs=0.05)


def test_sound_that_cameras_do_not_compress_is_heard(tmp_path: Path) -> None:
    outcome = processed(made(*picture(), *SOUND, *H264, "-c:a", "pcm_s16be", form="mov"), tmp_path)
    assert isinstance(outcome, Processed)
    assert outcome.type == "video/quicktime"
    assert "Audio: aac" in described(outcome.variants[-1].path)


def test_sound_that_nobody_can_decode_is_left_out(tmp_path: Path) -> None:
    outcome = processed(made(*picture(), *SOUND, *H264, "-c:a", "adpcm_ima_qt", form="mov"), tmp_path)
    assert isinstance(outcome, Processed)
    assert "Audio" not in described(outcome.variants[-1].path)


def combs(image: Image.Image) -> float:
    """How much more a line differs from the next than from the one after that."""
    grey = image.convert("L")
    width, height = grey.size
    rows = [grey.crop((0, row, width, row + 1)) for row in range(height)]

    def differ(step: int) -> int:
        pairs = zip(rows, rows[step:], strict=False)
        return sum(sum(ImageChops.difference(one, other).tobytes()) for one, other in pairs)

    return differ(1) / differ(2)


def test_fields_become_whole_frames(tmp_path: Path) -> None:
    (tmp_path / "combed.mp4").write_bytes(data := interlaced(moving=True))
    combed, whole = tmp_path / "combed.png", tmp_path / "whole.png"
    outcome = processed(data, tmp_path)
    assert isinstance(outcome, Processed)
    for video_, frame in ((tmp_path / "combed.mp4", combed), (outcome.variants[-1].path, whole)):
        frame.write_bytes(made("-i", str(video_), "-frames:v", "1", "-c:v", "png", form="image2pipe"))
    poster = next(one.path for one in outcome.variants if one.name == "1280.jpg")
    with Image.open(combed) as one, Image.open(whole) as other, Image.open(poster) as still:
        assert combs(one) > 1.5
        assert max(combs(other), combs(still)) < 1


def test_without_ffmpeg_videos_are_refused_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = video()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not video_is_possible()
    outcome = processed(data, tmp_path)
    assert outcome == Rejected("video-unavailable")
    assert isinstance(outcome, Rejected)
    assert outcome.sentence.endswith(".")


def test_a_video_that_takes_more_than_it_may_is_rejected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = replace(encoding(1), file_bytes=16_000)
    monkeypatch.setattr("media.processing.video.encoding", lambda _seconds: small)
    assert processed(video(size="640x360"), tmp_path) == Rejected("too-demanding")


def test_progress_never_falls(tmp_path: Path) -> None:
    told: list[int] = []
    processed(made(*picture("1280x720", rate=25, seconds=2), *H264), tmp_path, told)
    assert told == sorted(told)
    assert all(0 <= percent < 100 for percent in told)


def test_ffmpeg_reaches_no_network_whatever_it_is_told(tmp_path: Path) -> None:
    ffmpeg = shutil.which("ffmpeg")
    original, out = tmp_path / "original", tmp_path / "out"
    original.write_bytes(b"")
    out.mkdir()
    assert ffmpeg
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/playlist.m3u8"
        order = {"program": [str(Path(ffmpeg).resolve()), "-nostdin", "-i", url]}
        said = children.run(order, original=original, out=out, allowance=LOOK)
        assert said.code
        with pytest.raises(BlockingIOError):
            server.accept()
