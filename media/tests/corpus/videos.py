"""Videos, made by ffmpeg and then spoilt."""

import shutil
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from media.tests.corpus import READY, SECRET, Case
from media.tests.corpus.boxes import box, ftyp

LOCATION = "+48.1372+011.5755/"
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")


@cache
def made(*arguments: str, form: str = "mp4") -> bytes:
    """What ffmpeg writes when it is told this."""
    ffmpeg = shutil.which("ffmpeg")
    assert ffmpeg is not None
    with TemporaryDirectory() as directory:
        path = Path(directory, "made")
        command = [ffmpeg, "-v", "error", "-nostdin", *arguments, "-f", form, str(path)]
        subprocess.run(command, check=True, timeout=300)
        return path.read_bytes()


def picture(size: str = "64x48", *, rate: int = 10, seconds: float = 0.5) -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"testsrc=size={size}:rate={rate}:duration={seconds}")


SOUND = ("-f", "lavfi", "-i", "sine=frequency=440:duration=0.5")


def video(*, size: str = "64x48", seconds: float = 0.5, rate: int = 10) -> bytes:
    """With sound, and with metadata that say too much."""
    words = ("-metadata", f"title={SECRET.decode()}", "-metadata", f"location={LOCATION}")
    return made(*picture(size, seconds=seconds, rate=rate), *SOUND, *H264, "-c:a", "aac", *words)


def webm() -> bytes:
    return made(*picture(), "-c:v", "libvpx", "-b:v", "100k", form="webm")


def live_webm() -> bytes:
    """As browsers record it: without a length."""
    return made(*picture(), "-c:v", "libvpx", "-b:v", "100k", "-live", "1", form="webm")


def video_elsewhere() -> bytes:
    """An MP4 whose samples, it says, are in another file."""
    return video().replace(b"url \x00\x00\x00\x01", b"url \x00\x00\x00\x00", 1)


def cut(data: bytes) -> bytes:
    return data[: len(data) * 2 // 3]


CASES = [
    Case("MP4 with title and place", "video/mp4", READY, video),
    Case("WebM", "video/webm", READY, webm),
    Case("WebM without a length", "video/webm", READY, live_webm),
    Case(
        "MP4 without sound, of odd size", "video/mp4", READY, lambda: made(*picture("63x47"), "-c:v", "mpeg4")
    ),
    Case("MP4 that says its samples are elsewhere", "video/mp4", READY, video_elsewhere),
    Case("MP4 cut off", "video/mp4", "damaged", lambda: cut(video())),
    Case("WebM of nothing", "video/webm", "damaged", lambda: webm()[:60]),
    Case("an MP4's first box", "video/mp4", "damaged", lambda: ftyp(b"isom", b"mp42")),
    Case(
        "MP4 with an index of rubbish",
        "video/mp4",
        "damaged",
        lambda: ftyp(b"isom") + box(b"moov", SECRET * 99),
    ),
    Case("MP4 with sound only", "video/mp4", "damaged", lambda: made(*SOUND, "-c:a", "aac")),
    Case(
        "MP4 of 15 megapixels", "video/mp4", "too-many-pixels", lambda: video(size="5120x2880", seconds=0.1)
    ),
    Case("MP4 of six minutes", "video/mp4", "too-long", lambda: made(*picture(rate=1, seconds=360), *H264)),
    Case(
        "MP4 in a codec that isn't taken", "video/mp4", "damaged", lambda: made(*picture(), "-c:v", "mjpeg")
    ),
    Case("MP4 declared as WebM", "video/webm", "type-mismatch", video),
    Case("a video as an avatar", "video/mp4", "type-unfit", video, "avatar"),
]
