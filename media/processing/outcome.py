"""How processing ends."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Purpose = Literal["post", "message", "avatar", "cover", "import"]

REASONS = {
    "empty": "The file is empty.",
    "type-unknown": "The file is not one of the types that are taken, whatever its name says.",
    "type-mismatch": "The file is of another kind than was declared: a picture, a video or a ZIP.",
    "type-unfit": "A file of this type can't be used for this purpose.",
    "too-large": "The file is larger than is allowed for its type.",
    "too-many-pixels": "The picture has more pixels than are allowed.",
    "too-many-frames": "The animation has more or larger frames than are allowed.",
    "too-long": "The video is longer than is allowed.",
    "too-demanding": "Processing the file took more memory or time than is allowed.",
    "damaged": "The file is damaged or incomplete.",
    "video-unavailable": "Video can't be processed here at present.",
}
"""Why a file is rejected: a stable code, and a sentence for people."""


@dataclass(frozen=True, kw_only=True)
class Variant:
    name: str
    """Unique in the media, like `640.webp` or `1080.mp4`: the last part of the object's key."""
    path: Path
    type: str
    width: int
    height: int
    size: int
    """Bytes."""


@dataclass(frozen=True, kw_only=True)
class Processed:
    """The file's true type, and what was made of it: `width` and `height` as it is shown, upright."""

    type: str
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    """Seconds; of videos and animations."""
    blurhash: str | None = None
    variants: tuple[Variant, ...] = ()
    """Smallest picture first, then the JPEG, then the video. None of an archive."""


@dataclass(frozen=True)
class Rejected:
    """It will never be taken: trying again gives the same."""

    reason: str

    @property
    def sentence(self) -> str:
        return REASONS[self.reason]


class Refused(Exception):
    """Raised on the way, where the file turns out to be one that is rejected."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
