"""The containers that formats are made of, written by hand, so that they can lie."""

import struct
import zlib
from io import BytesIO

from PIL import Image, ImageDraw


def drawing(size: tuple[int, int] = (96, 64), mode: str = "RGB") -> Image.Image:
    """Something to see."""
    image = Image.new("RGB", size, (40, 90, 160))
    ImageDraw.Draw(image).ellipse((size[0] // 4, size[1] // 4, size[0] // 2, size[1] // 2), fill="orange")
    return image.convert(mode)


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    file = BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def segment(marker: int, data: bytes) -> bytes:
    """Of a JPEG."""
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def jpeg_with(*segments: bytes) -> bytes:
    """A JPEG with these after its first two bytes."""
    plain = encoded(drawing(), "JPEG")
    return plain[:2] + b"".join(segments) + plain[2:]


def chunk(name: bytes, data: bytes) -> bytes:
    """Of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


PNG_START = b"\x89PNG\r\n\x1a\n"


def png_head(width: int, height: int, *, bits: int = 8, colour: int = 2) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))


def png_with(*chunks: bytes) -> bytes:
    """A PNG with these after its head."""
    plain = encoded(drawing(), "PNG")
    end = len(PNG_START) + 25
    return plain[:end] + b"".join(chunks) + plain[end:]


def gif_head(width: int, height: int) -> bytes:
    """With two colours."""
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\x00\x00\x00\xff\xff\xff"


def gif_frame(left: int = 0, upper: int = 0, width: int = 1, height: int = 1, *, delay: int = 5) -> bytes:
    """Of one pixel's data."""
    control = b"\x21\xf9\x04\x00" + struct.pack("<H", delay) + b"\x00\x00"
    return control + b"," + struct.pack("<HHHHB", left, upper, width, height, 0) + b"\x02\x02\x44\x01\x00"


def riff(kind: bytes, data: bytes, *, size: int | None = None) -> bytes:
    return b"RIFF" + struct.pack("<I", len(data) + 4 if size is None else size) + kind + data


def box(name: bytes, data: bytes) -> bytes:
    """Of MP4 and AVIF."""
    return struct.pack(">I", len(data) + 8) + name + data


def ftyp(brand: bytes, *more: bytes) -> bytes:
    return box(b"ftyp", brand + b"\x00\x00\x02\x00" + b"".join(more))
