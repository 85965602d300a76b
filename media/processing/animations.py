"""Makes the variants of a picture that moves. Runs in the confined child only."""

from pathlib import Path
from typing import Any, Final

from PIL import Image
from PIL.Image import Resampling

from media.processing.limits import FRAME_PIXELS_AT_MOST, FRAMES_AT_MOST
from media.processing.outcome import Processed, Refused, Variant
from media.processing.pictures import View
from media.processing.shapes import MOVING_AT_MOST, Shape
from media.processing.writing import hash_of, save_jpeg, variant

MOVING: Final[dict[str, Any]] = {"quality": 70, "method": 2, "kmin": 9, "kmax": 17}
_SHORTEST, _USUAL = 20, 100
"""Milliseconds. Browsers show a frame that says less than the first for the second."""


def moves(image: Image.Image) -> bool:
    """Whether it has a second frame. Raises `Refused` for more than are taken. More pictures in a HEIC are none."""
    if image.format == "HEIF":
        return False
    frames = getattr(image, "n_frames", 1)
    if frames > FRAMES_AT_MOST or (frames > 1 and frames * image.width * image.height > FRAME_PIXELS_AT_MOST):
        raise Refused("too-many-frames")
    return frames > 1


def moving(image: Image.Image, *, kind: str, shape: Shape, out: Path) -> Processed:
    """Its variants, that move as it does, and a still JPEG."""
    shape = shape.at_most(MOVING_AT_MOST)
    view = View.of(image, shape)
    made = {bound: _Frames(image, view, size) for bound, size in shape.sizes(view.width, view.height)}
    variants = [frames.write(out / f"{bound}.webp") for bound, frames in made.items()]
    largest = made[max(made)]
    variants.append(save_jpeg(largest, out / f"{shape.fallback}.jpg"))
    return Processed(
        type=kind,
        width=view.width,
        height=view.height,
        duration=sum(largest.durations) / 1000,
        blurhash=hash_of(largest),
        variants=tuple(variants),
    )


class _Frames(Image.Image):
    """An animation whose frames are made one by one as they are asked for, so that one is held and no more."""

    def __init__(self, source: Image.Image, view: View, size: tuple[int, int]) -> None:
        super().__init__()
        self._source, self._view, self._target = source, view, size
        self._first = int(getattr(source, "default_image", False))  # the first is for who shows no others
        self.n_frames = getattr(source, "n_frames", 1) - self._first
        self.durations: list[float] = []
        """Of the frames that were asked for: it grows while the encoder reads it."""
        self.seek(0)

    def seek(self, frame: int) -> None:
        self._source.seek(frame + self._first)
        source = self._source
        pixels = source.convert(
            "RGBA" if source.has_transparency_data else "RGB"
        )  # each may have a mode of its own
        profile = source.info.get("icc_profile")
        shown = self._view.shown(pixels, self._target, profile=profile, resampling=Resampling.BILINEAR)
        self.im, self._mode, self._size = shown.im, shown.mode, shown.size
        if frame == len(self.durations):
            lasts = self._source.info.get("duration", 0)
            self.durations.append(lasts if lasts >= _SHORTEST else _USUAL)

    def tell(self) -> int:
        return 0

    def write(self, path: Path) -> Variant:
        """As an animation. The first frame is at hand again afterwards."""
        loop = self._source.info.get("loop", 1)  # 0 is for ever
        self.save(path, "WEBP", save_all=True, duration=self.durations, loop=loop, **MOVING)
        return variant(path, "image/webp", self._target)
