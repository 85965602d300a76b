"""Makes of a video one that every browser plays, and a picture of it; by ffmpeg, confined as any child is.

ffmpeg is told how to read the file, and opens nothing else: no playlist is followed, no network is there.
"""

import logging
import re
import shutil
import signal
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import split

from media.processing import children
from media.processing.limits import LOOK, VIDEO_PIXELS_AT_MOST, VIDEO_SECONDS_AT_MOST, Allowance, encoding
from media.processing.orders import made, picture
from media.processing.outcome import Processed, Refused

log = logging.getLogger(__name__)

_DEMUXERS = {"video/mp4": "mov", "video/webm": "matroska", "video/quicktime": "mov"}
_PCM = frozenset(
    {
        *("pcm_u8", "pcm_s8", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be"),
        *("pcm_f32le", "pcm_f32be", "pcm_f64le", "pcm_f64be", "pcm_alaw", "pcm_mulaw"),
    }
)
_SOUNDS = _PCM | {"aac", "mp3", "opus", "vorbis", "flac", "ac3", "eac3", "alac", "amr_nb", "amr_wb"}
"""Codecs by name. Sound in any other is left out."""
_DECODERS = ",".join(
    (
        "h264,hevc,av1,libdav1d,libaom-av1,vp8,vp9,libvpx,libvpx-vp9,mpeg4,h263,mjpeg,prores",
        "aac,mp3,mp3float,opus,libopus,vorbis,libvorbis,flac,ac3,eac3,alac,amrnb,amrwb",
        *sorted(_PCM),
    )
)
_BOUNDS = split(
    f"-protocol_whitelist file -format_whitelist mov,matroska,webm -codec_whitelist {_DECODERS}"
    f" -max_pixels {VIDEO_PIXELS_AT_MOST} -threads 1"
)
_SQUARE = "scale=w='if(between(sar,1,3),iw*sar,iw)':h='if(between(sar,1/3,1),ih/sar,ih)',setsar=1"
"""Wider or higher where a pixel is: never smaller, and not by more than any camera's."""
_WHOLE_FRAMES = "bwdif=mode=send_frame:deint=interlaced"
_FIRST_FRAME = [
    *split("-map 0:V:0 -frames:v 1 -map_metadata -1 -update 1 -compression_level 1"),
    *("-vf", f"{_WHOLE_FRAMES},{_SQUARE}"),
]
_STREAMS = split("-map 0:V:0 -sn -dn -map_metadata -1 -map_chapters -1")
_PICTURES = split(
    "-fpsmax 60 -filter_threads 2 -threads 2"
    " -c:v libx264 -preset veryfast -rc-lookahead 5 -crf 23 -maxrate 6M -bufsize 12M"
)
_SOUND = split("-map 0:a:0 -c:a aac -b:a 128k -ac 2 -ar 48000")
_ANONYMOUS = split(  # the units of type 6 are what x264 says of itself, and cameras of places
    "-bsf:v filter_units=remove_types=6 -fflags +bitexact -flags:v +bitexact -flags:a +bitexact"
)
_FILE = split(f"-t {VIDEO_SECONDS_AT_MOST + 1} -movflags +faststart -progress pipe:1 -f mp4")

_LONG, _SHORT = 1920, 1080
_DURATION = re.compile(r"^  Duration: (\d+):(\d\d):(\d\d\.\d+)", re.MULTILINE)
_SOUND_CODEC = re.compile(r"^  Stream #0:\d+.*?: Audio: (\w+)", re.MULTILINE)
_REACHED = re.compile(r"^out_time_us=(\d+)$", re.MULTILINE)
_REASONS = {
    "exceeds specified max pixel count": "too-many-pixels",
    "Cannot allocate memory": "too-demanding",
    "malloc of size": "too-demanding",
    "File too large": "too-demanding",
    f"received signal {signal.SIGXCPU:d}": "too-demanding",
}
_NO_FAULT_OF_THE_FILE = (
    *("Unknown encoder", "Unrecognized option", "error while loading shared libraries"),
    *("No space left on device", f"received signal {signal.SIGTERM:d}"),
)
_END = 300
"""Characters of what it prints that are logged: before those it prints metadata."""
_HEAD = 4096
"""Bytes in which the length is: `faststart` puts it at the beginning."""


def video_is_possible() -> bool:
    """Whether the machine has ffmpeg."""
    return shutil.which("ffmpeg") is not None


def process(original: Path, *, kind: str, out: Path, progress: Callable[[int], None]) -> Processed:
    """Raises `Refused` and `NotProcessed`."""
    look = _look(original, kind=kind, out=out)
    poster, seconds = look.poster, look.seconds
    size = _shown_size(poster.width or 1, poster.height or 1)
    path = out / "video.mp4"
    _ffmpeg(
        [*_reading(original, kind), *_writing(size, path, has_sound=look.has_sound)],
        original=original,
        out=out,
        allowance=encoding(seconds or VIDEO_SECONDS_AT_MOST),
        watch=_watching(progress, seconds),
    )
    video = made(path, "video/mp4", size)
    duration = _length(path)
    if duration > VIDEO_SECONDS_AT_MOST:
        raise Refused("too-long")
    return replace(poster, type=kind, duration=duration, variants=(*poster.variants, video))


@dataclass(frozen=True)
class _Look:
    poster: Processed
    """Its first frame as a picture with variants."""
    seconds: float | None
    """How long it says that it is."""
    has_sound: bool
    """Such as can be decoded."""


def _look(original: Path, *, kind: str, out: Path) -> _Look:
    frame = out / "frame.png"
    arguments = [*_reading(original, kind), *_FIRST_FRAME, str(frame)]
    said = _ffmpeg(arguments, original=original, out=out, allowance=LOOK)
    seconds = _duration(said.errors)
    if seconds is not None and seconds > VIDEO_SECONDS_AT_MOST:
        raise Refused("too-long")
    if not frame.exists():
        raise Refused("damaged")
    sound = _SOUND_CODEC.search(said.errors)
    try:
        poster = picture(frame, kind="image/png", purpose="post", out=out)
    finally:
        frame.unlink()
    return _Look(poster, seconds, has_sound=sound is not None and sound[1] in _SOUNDS)


def _watching(progress: Callable[[int], None], seconds: float | None) -> Callable[[str], None]:
    told = 0

    def watch(output: str) -> None:
        nonlocal told
        told = max(told, min(99, int(100 * _reached(output) / seconds)) if seconds else 0)
        progress(told)

    return watch


def _ffmpeg(
    arguments: list[str],
    *,
    original: Path,
    out: Path,
    allowance: Allowance,
    watch: Callable[[str], None] = lambda _output: None,
) -> children.Said:
    found = shutil.which("ffmpeg")
    if found is None:
        raise Refused("video-unavailable")
    order = {"program": [str(Path(found).resolve()), "-nostdin", "-hide_banner", "-nostats", *arguments]}
    said = children.run(order, original=original, out=out, allowance=allowance, watch=watch)
    if said.code and any(words in said.errors for words in _NO_FAULT_OF_THE_FILE):
        raise children.NotProcessed(said.errors[-_END:])
    if said.code:
        log.info("A video is rejected: %s", said.errors[-_END:])
        raise Refused(next((reason for words, reason in _REASONS.items() if words in said.errors), "damaged"))
    return said


def _reading(original: Path, kind: str) -> list[str]:
    return [*_BOUNDS, "-f", _DEMUXERS[kind], "-i", f"file:{original}"]


def _writing(size: tuple[int, int], path: Path, *, has_sound: bool) -> list[str]:
    frames = f"{_WHOLE_FRAMES},scale={size[0]}:{size[1]},setsar=1,format=yuv420p"
    sound = _SOUND if has_sound else []
    return [*_STREAMS, *sound, "-vf", frames, *_PICTURES, *_ANONYMOUS, *_FILE, f"file:{path}"]


def _duration(printed: str) -> float | None:
    """Of the file, which live recordings don't say."""
    found = _DURATION.search(printed)
    if found is None:
        return None
    hours, minutes, seconds = found.groups()
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def _length(path: Path) -> float:
    """Seconds, as the head of the MP4 that was written has them. Raises `Refused` where there is none."""
    with path.open("rb") as file:
        _, found, head = file.read(_HEAD).partition(b"mvhd")
    form = ">4x16xIQ" if head[:1] == b"\1" else ">4x8xII"
    if not found or len(head) < struct.calcsize(form):
        raise Refused("damaged")
    scale, length = struct.unpack_from(form, head)
    return float(length / max(1, scale))


def _reached(output: str) -> float:
    """Seconds of the video that are written."""
    found = _REACHED.findall(output)
    return int(found[-1]) / 1_000_000 if found else 0.0


def _shown_size(width: int, height: int) -> tuple[int, int]:
    """Within 1080p, lying or standing; even, as H.264 wants it; never larger than it is."""
    scale = min(1.0, _LONG / max(width, height), _SHORT / min(width, height))
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)
