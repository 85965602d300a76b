"""Videos, made by ffmpeg and then spoilt."""

import shutil
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from media.tests.corpus import READY, SECRET, Case
from media.tests.corpus.boxes import box, ftyp

LOCATION = "+48.1372+011.5755/"
HEVC = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none", "-tag:v", "hvc1")
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


def beginning_with(head: bytes) -> bytes:
    """An MP4 with this in place of its first box; what follows stays where it was."""
    data = video()
    size = int.from_bytes(data[:4], "big")
    return head + box(b"free", bytes(size - len(head) - 8)) + data[size:]


def interlaced(*, frames: int = 5, moving: bool = False) -> bytes:
    """25 frames a second, each of two fields, in which everything or something is elsewhere."""
    scroll = "scroll=horizontal=0.1," if moving else ""
    fields = ("-f", "lavfi", "-i", "testsrc2=size=320x240:rate=50", "-vf", f"{scroll}interlace=scan=tff")
    return made(*fields, "-frames:v", str(frames), *H264, "-flags", "+ilme+ildct", "-x264opts", "tff=1")


def with_sound(*codec: str, form: str = "mov") -> bytes:
    return made(*picture(), *SOUND, *H264, *codec, form=form)


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
        "MOV in a codec that isn't taken",
        "video/quicktime",
        "damaged",
        lambda: made(*picture(), "-c:v", "qtrle", form="mov"),
    ),
    Case("MP4 declared as WebM", "video/webm", READY, video),
    Case("MP4 declared as JPEG", "image/jpeg", "type-mismatch", video),
    Case("MOV of a telephone", "video/quicktime", READY, lambda: made(*picture(), *SOUND, *HEVC, form="mov")),
    Case(
        "MOV of an old camera",
        "video/quicktime",
        READY,
        lambda: with_sound("-c:v", "mjpeg", "-c:a", "pcm_u8"),
    ),
    Case("MOV declared as MP4", "video/mp4", READY, lambda: with_sound("-c:a", "aac")),
    Case("MOV without brands", "video/quicktime", READY, lambda: beginning_with(box(b"wide", b""))),
    Case("a MOV's first box", "video/quicktime", "damaged", lambda: ftyp(b"qt  ", b"qt  ") + bytes(64)),
    Case("MOV of nothing", "video/quicktime", "damaged", lambda: box(b"moov", bytes(64))),
    Case("MP4 of a camera", "video/mp4", READY, lambda: beginning_with(ftyp(b"XAVC", b"mp42", b"iso2"))),
    Case(
        "MP4 of a brand that nobody knows", "video/mp4", READY, lambda: beginning_with(ftyp(b"CAEP", b"mp42"))
    ),
    Case("PCM sound", "video/mp4", READY, lambda: with_sound("-c:a", "pcm_s16be")),
    Case("sound in a codec that isn't taken", "video/mp4", READY, lambda: with_sound("-c:a", "adpcm_ima_qt")),
    Case(
        "pixels a million times as wide as high",
        "video/mp4",
        READY,
        lambda: made(*picture(), "-vf", "setsar=1000000", *H264),
    ),
    Case("interlaced, of a single frame", "video/mp4", READY, lambda: interlaced(frames=1)),
    Case("a video as an avatar", "video/mp4", "type-unfit", video, "avatar"),
]
