"""Passes over what every viewer passes over, where a decoder would give up. Runs in the confined child only."""

import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import IO, Final

from PIL import Image, PngImagePlugin
from PIL.JpegImagePlugin import JpegImageFile

from media.processing.limits import PIXELS_AT_MOST

PROFILE_BYTES: Final = 4 * 1024 * 1024
PngImagePlugin.MAX_TEXT_CHUNK = PROFILE_BYTES  # also of a colour profile, the only text that comes so far

_NEEDED: Final = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"iCCP", b"eXIf", b"acTL", b"fcTL", b"fdAT"}
)
_SCAN, _END = b"\xff\xda", b"\xff\xd9"
_FILLINGS: Final = (bytes(64), b"\xaa" * 64)
_ROWS = 64


def png(file: IO[bytes]) -> IO[bytes]:
    """A PNG without its texts, whatever their size, and without notes whose checksum is wrong."""
    return BytesIO(file.read(8) + b"".join(_chunks(file)))


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    rest = file.seek(0, 2) - file.seek(8)
    while len(head := file.read(8)) == 8:
        length, name = struct.unpack(">I4s", head)
        rest -= 8
        length = min(length + 4, rest)
        rest -= length
        if name not in _NEEDED:
            file.seek(length, 1)
            continue
        data = file.read(length)
        if name[0:1].isupper() or _is_sound(name, data):
            yield head + data


def _is_sound(name: bytes, data: bytes) -> bool:
    """Whether a chunk that a viewer can do without is as it should be."""
    if zlib.crc32(data[:-4], zlib.crc32(name)).to_bytes(4, "big") != data[-4:]:
        return False
    return name != b"iCCP" or _is_profile(data[:-4])


def _is_profile(data: bytes) -> bool:
    """Whether it is no larger than profiles are."""
    decoder = zlib.decompressobj()
    try:
        decoder.decompress(data.partition(b"\0")[2][1:], PROFILE_BYTES)
    except zlib.error:
        return False
    return decoder.eof


def jpeg(file: IO[bytes]) -> IO[bytes]:
    """A JPEG with its last two bytes, where nothing but these is missing."""
    data = file.read()
    file.seek(0)
    if data.rfind(_END) > data.rfind(_SCAN):
        return file
    data = data.removesuffix(_END[:1])
    one, other = (_digest(data + filling + _END) for filling in _FILLINGS)
    return BytesIO(data + _END) if one == other else file


def _digest(data: bytes) -> int:
    """Of the pixels. They depend on what fills the end where some of them have yet to come."""
    with JpegImageFile(BytesIO(data)) as image:
        if image.width * image.height > PIXELS_AT_MOST:
            return 0
        image.load()
        return _digest_of_pixels(image)


def _digest_of_pixels(image: Image.Image) -> int:
    digest = 0
    for top in range(0, image.height, _ROWS):
        rows = image.crop((0, top, image.width, min(top + _ROWS, image.height)))
        digest = zlib.crc32(rows.tobytes(), digest)
    return digest
