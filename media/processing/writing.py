"""Writes variants, and the blur that stands for them. Runs in the confined child only."""

from pathlib import Path
from typing import Any, Final

from blurhash_rs import blurhash_encode
from PIL import Image
from PIL.Image import Resampling

from media.processing.outcome import Variant
from media.processing.shapes import within

WEBP: Final[dict[str, Any]] = {"quality": 80, "method": 4}
JPEG: Final[dict[str, Any]] = {"quality": 82, "optimize": True, "progressive": True}


def save_webp(image: Image.Image, path: Path) -> Variant:
    image.save(path, "WEBP", **WEBP)
    return variant(path, "image/webp", image.size)


def save_jpeg(image: Image.Image, path: Path) -> Variant:
    on_white(image).save(path, "JPEG", **JPEG)
    return variant(path, "image/jpeg", image.size)


def variant(path: Path, kind: str, size: tuple[int, int]) -> Variant:
    return Variant(
        name=path.name, path=path, type=kind, width=size[0], height=size[1], size=path.stat().st_size
    )


def on_white(image: Image.Image) -> Image.Image:
    """What is seen through, for a format that can't."""
    if image.mode != "RGBA":
        return image
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white


def hash_of(image: Image.Image) -> str:
    """A few characters from which a client draws a blur while the picture comes."""
    small = on_white(image.resize(within(64, *image.size), Resampling.BOX))
    across, down = (4, 3) if image.width >= image.height else (3, 4)
    return blurhash_encode(small, across, down)
