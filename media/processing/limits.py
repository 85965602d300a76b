"""What is taken, and what opening it may cost."""

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024

IMAGES = ("image/jpeg", "image/png", "image/webp", "image/gif", "image/avif", "image/heic")
VIDEOS = ("video/mp4", "video/webm", "video/quicktime")
ARCHIVE = "application/zip"

_OTHER_NAMES = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "image/heif": "image/heic",
    "video/3gpp": "video/mp4",
    "video/x-m4v": "video/mp4",
    "application/x-zip-compressed": ARCHIVE,
}
"""What browsers and systems call the types that are taken."""

LIMITS = {
    **dict.fromkeys(IMAGES, 16 * MEBIBYTE),
    **dict.fromkeys(VIDEOS, 99 * MEBIBYTE),
    ARCHIVE: 1024 * MEBIBYTE,
}
"""The bytes that a file of each type may have."""

TYPES: dict[str, tuple[str, ...]] = {
    "post": IMAGES + VIDEOS,
    "message": IMAGES + VIDEOS,
    "avatar": IMAGES,
    "cover": IMAGES,
    "import": (ARCHIVE,),
}
"""The types that a file for each purpose may have."""


def plain(type_: str) -> str:
    """A media type by its usual name, without parameters, as `video/webm;codecs=vp9` has them."""
    name = type_.partition(";")[0].strip().lower()
    return _OTHER_NAMES.get(name, name)


def are_alike(one: str, other: str) -> bool:
    """Whether two types are both of pictures, both of videos or the same: one passes for the other."""
    return one == other or any(one in types and other in types for types in (IMAGES, VIDEOS))


PIXELS_AT_MOST = 33_000_000
FRAMES_AT_MOST = 600
FRAME_PIXELS_AT_MOST = 200_000_000
"""Of all frames of an animation together: 400 of 800 by 600 are 192 million, and take some 12 seconds."""

VIDEO_SECONDS_AT_MOST = 300
VIDEO_PIXELS_AT_MOST = 4096 * 2304
"""Of a frame that comes in: what telephones call 4K."""


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """What a child process may use before it is killed."""

    seconds: float
    """Of the wall clock."""
    cpu_seconds: int
    memory: int = 460 * MEBIBYTE
    """Bytes of its own, threads' stacks included. With the libraries' pages it stays below 512 MB."""
    file_bytes: int = 64 * MEBIBYTE
    """Of each file that it writes."""
    files: int = 64


PICTURE = Allowance(seconds=30, cpu_seconds=30)
LOOK = Allowance(seconds=30, cpu_seconds=30)
"""For the first look into a video."""


def encoding(seconds: float) -> Allowance:
    """What a video of this length may take: real time is three times what one free core needs for 1080p."""
    wall = 30 + 3 * seconds
    return Allowance(seconds=wall, cpu_seconds=int(wall) * 2, file_bytes=256 * MEBIBYTE)
