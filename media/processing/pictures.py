"""Makes the variants of a picture. Runs in the confined child only."""

import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Final, Self, cast

from PIL import AvifImagePlugin, GifImagePlugin, Image, ImageCms, JpegImagePlugin, PngImagePlugin
from PIL.Image import Resampling, Transpose
from PIL.WebPImagePlugin import WebPImageFile

from media.processing import forgiving
from media.processing.limits import PIXELS_AT_MOST
from media.processing.outcome import Processed
from media.processing.shapes import Shape
from media.processing.writing import hash_of, save_jpeg, save_webp

Image.MAX_IMAGE_PIXELS = PIXELS_AT_MOST // 2  # it warns above this, and refuses above twice this
AvifImagePlugin.DEFAULT_MAX_THREADS = 2  # each thread has a stack, and that counts


def _heic(file: IO[bytes]) -> Image.Image:
    """Imported here, since its libraries take time and only these files need them."""
    from pillow_heif import options
    from pillow_heif.as_plugin import HeifImageFile

    options.DECODE_THREADS = 2
    options.THUMBNAILS = options.DEPTH_IMAGES = options.AUX_IMAGES = False
    return cast("Image.Image", HeifImageFile(file))  # type: ignore[no-untyped-call]  # it has types in part


PLUGINS: Final[dict[str, Callable[[IO[bytes]], Image.Image]]] = {
    "image/jpeg": lambda file: JpegImagePlugin.JpegImageFile(forgiving.jpeg(file)),
    "image/png": lambda file: PngImagePlugin.PngImageFile(forgiving.png(file)),
    "image/webp": WebPImageFile,
    "image/gif": GifImagePlugin.GifImageFile,
    "image/avif": AvifImagePlugin.AvifImageFile,
    "image/heic": _heic,
}
"""Who reads what. No other reader is ever asked, and of a file that holds more pictures the main one is taken."""

_SRGB = ImageCms.createProfile("sRGB")
_ORIENTATION = 0x0112
_TURNS: Final = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
_SIDEWAYS = frozenset({5, 6, 7, 8})


@dataclass(frozen=True)
class View:
    """What is kept of a stored picture: which part, and how it is turned to be upright."""

    box: tuple[int, int, int, int]
    orientation: int
    width: int
    height: int

    @classmethod
    def of(cls, image: Image.Image, shape: Shape) -> Self:
        orientation = orientation_of(image)
        is_sideways = orientation in _SIDEWAYS
        left, upper, right, lower = shape.crop(*(image.size[::-1] if is_sideways else image.size))
        box = (upper, left, lower, right) if is_sideways else (left, upper, right, lower)
        return cls(box, orientation, right - left, lower - upper)

    def shown(
        self,
        image: Image.Image,
        size: tuple[int, int],
        *,
        profile: bytes | None,
        resampling: Resampling = Resampling.LANCZOS,
    ) -> Image.Image:
        """The part at an upright size, and nothing but pixels of sRGB: everything after this is cheap."""
        stored = size[::-1] if self.orientation in _SIDEWAYS else size
        clean = _plain(image.resize(stored, resampling, box=self.box, reducing_gap=2.0), profile)
        return clean.transpose(_TURNS[self.orientation]) if self.orientation in _TURNS else clean


def still(image: Image.Image, *, kind: str, shape: Shape, out: Path) -> Processed:
    """All variants of a picture that doesn't move."""
    view = View.of(image, shape)
    sizes = dict(shape.sizes(view.width, view.height))
    largest = sizes[max(sizes)]
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        _decode_no_more_than(image, scale=max(largest) / max(view.width, view.height))
    profile = image.info.get("icc_profile")
    kept = View.of(image, shape)  # of a picture that may be smaller now
    pictures = dict(_smaller(kept.shown(_decoded(image), largest, profile=profile), sizes))
    fallback = pictures[min(shape.fallback, max(pictures))]
    variants = [save_webp(pictures[bound], out / f"{bound}.webp") for bound in sizes]
    variants.append(save_jpeg(fallback, out / f"{shape.fallback}.jpg"))
    return Processed(
        type=kind,
        width=view.width,
        height=view.height,
        blurhash=hash_of(fallback),
        variants=tuple(variants),
    )


def orientation_of(image: Image.Image) -> int:
    """How the camera was held; 1, upright, where the file says nothing that can be read."""
    if isinstance(image, PngImagePlugin.PngImageFile):
        image.load()  # it may say so at its end; and what it raises is for the caller
    with suppress(Exception):  # whatever lies in it is no reason to lose the picture
        found = image.getexif().get(_ORIENTATION)
        return found if isinstance(found, int) and found in _TURNS else 1
    return 1


def _decode_no_more_than(image: JpegImagePlugin.JpegImageFile, *, scale: float) -> None:
    """JPEG can be decoded at a half, a quarter or an eighth for less."""
    image.draft(None, (math.ceil(image.width * scale), math.ceil(image.height * scale)))


def _decoded(image: Image.Image) -> Image.Image:
    """All pixels, in a mode that can be resized."""
    if isinstance(image, WebPImageFile):
        return _decoded_webp(image)
    image.load()
    if image.mode.startswith("I"):  # grey, of 16 bits
        return image.point(lambda value: value * (1 / 256) + 0).convert("L")
    if image.mode in {"P", "PA"} or "transparency" in image.info:
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    return image.convert("L") if image.mode == "1" else image


def _decoded_webp(image: WebPImageFile) -> Image.Image:
    """As `load`, in half of the memory: the decoder's two canvases go before the third is made."""
    frame = image._decoder.get_next()
    image._decoder = None
    if frame is None:
        raise OSError("no frame")
    mode = image.mode
    return Image.frombuffer(mode, image.size, frame[0], "raw", image.rawmode, 0, 1)


def _plain(image: Image.Image, profile: bytes | None) -> Image.Image:
    """RGB or RGBA, in sRGB, and nothing but pixels."""
    if image.mode in {"LA", "La", "RGBa"}:
        image = image.convert("RGBA")
    if profile:
        image = _in_srgb(image, profile)
    if image.mode not in {"RGB", "RGBA"}:
        image = image.convert("RGB")
    image.info.clear()
    return image


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        converted = ImageCms.profileToProfile(
            image, ImageCms.ImageCmsProfile(BytesIO(profile)), _SRGB, outputMode=mode
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
    return converted or image


def _smaller(top: Image.Image, sizes: dict[int, tuple[int, int]]) -> Iterator[tuple[int, Image.Image]]:
    """Each size out of the next larger one."""
    for bound, size in sorted(sizes.items(), reverse=True):
        if size != top.size:
            top = top.resize(size, Resampling.LANCZOS)
        yield bound, top
