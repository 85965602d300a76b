"""Pictures that are damaged, that lie, that burst; and odd ones that are right."""

import struct
import zlib
from io import BytesIO

import pillow_heif
from PIL import Image, ImageCms

from media.tests.corpus import READY, SECRET, Case
from media.tests.corpus.boxes import (
    PNG_START,
    box,
    chunk,
    drawing,
    encoded,
    ftyp,
    gif_frame,
    gif_head,
    jpeg_with,
    png_head,
    png_with,
    riff,
    segment,
)

EXIF = b"Exif\x00\x00"


def half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def exif(*entries: tuple[int, int, int, int], following: int = 0) -> bytes:
    """A segment with one directory: tag, type, count, value; and where the next directory is."""
    body = b"".join(struct.pack(">HHII", *entry) for entry in entries)
    directory = struct.pack(">H", len(entries)) + body + struct.pack(">I", following)
    return segment(0xE1, EXIF + b"MM\x00*\x00\x00\x00\x08" + directory)


def place_and_camera() -> bytes:
    known = Image.Exif()
    known[0x010F], known[0x0110] = SECRET.decode(), "a camera"
    known.get_ifd(0x8825)[2] = (48.0, 8.0, 1.0)
    return encoded(drawing(), "JPEG", exif=known, comment=SECRET)


def jpeg_of(width: int, height: int) -> bytes:
    """A JPEG that says that it has this size."""
    plain = encoded(drawing(), "JPEG")
    at = plain.index(b"\xff\xc0") + 5
    return plain[:at] + struct.pack(">HH", height, width) + plain[at + 4 :]


def zeros(count: int) -> bytes:
    """Many, in few bytes."""
    return zlib.compress(bytes(count), 9)


def png_bomb() -> bytes:
    """900 megapixels that are really there, in 110 KB."""
    return (
        PNG_START
        + png_head(30_000, 30_000, bits=1, colour=0)
        + chunk(b"IDAT", zeros(30_000 * 3751))
        + chunk(b"IEND", b"")
    )


def flat_png() -> bytes:
    """As many pixels as are allowed, in 40 KB."""
    return encoded(Image.new("1", (6600, 5000)), "PNG")


def animated(form: str, frames: int, size: tuple[int, int] = (32, 24), **options: object) -> bytes:
    first, *others = [drawing(size).rotate(frame * 7) for frame in range(frames)]
    return encoded(first, form, save_all=True, append_images=others, duration=40, loop=0, **options)


def apng_of(frames: int) -> bytes:
    """A PNG that says that it has so many frames."""
    return png_with(chunk(b"acTL", struct.pack(">II", frames, 0)))


def webp_canvas(width: int, height: int) -> bytes:
    size = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    return riff(b"WEBP", b"VP8X" + struct.pack("<I", 10) + b"\x00\x00\x00\x00" + size + bytes(64))


def without_end(size: tuple[int, int] = (640, 480), *, missing: int = 2, **options: object) -> bytes:
    """A JPEG whose last bytes were cut off."""
    return encoded(drawing(size), "JPEG", **options)[:-missing]


def compressed_xmp(count: int) -> bytes:
    """So many bytes of it."""
    packet = zlib.compress((SECRET + b" ") * (count // (len(SECRET) + 1)))
    return chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + packet)


def heic(*images: Image.Image, **options: object) -> bytes:
    """What a telephone writes; the first picture is the main one."""
    file = pillow_heif.from_pillow(images[0])
    for image in images[1:]:
        file.add_from_pillow(image)
    content = BytesIO()
    file.save(content, quality=50, primary_index=0, **options)
    return content.getvalue()


def heic_of(width: int, height: int) -> bytes:
    """A HEIC that says that it has this size."""
    plain = heic(drawing())
    at = plain.index(b"ispe") + 8
    return plain[:at] + struct.pack(">II", width, height) + plain[at + 8 :]


def heic_with_notes() -> bytes:
    notes = Image.Exif()
    notes[0x010F] = SECRET.decode()
    return heic(drawing(), exif=notes.tobytes(), xmp=SECRET)


def seen_through() -> Image.Image:
    image = drawing(mode="RGBA")
    image.putalpha(100)
    return image


def srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def deep_grey() -> bytes:
    return encoded(Image.frombytes("I;16", (64, 64), b"\x00\x80" * 4096), "PNG")


def seen_through_grey() -> bytes:
    plain, end = deep_grey(), len(PNG_START) + 25
    return plain[:end] + chunk(b"tRNS", b"\x80\x00") + plain[end:]


JPEGS = [
    Case("a JPEG's first bytes", "image/jpeg", "damaged", lambda: b"\xff\xd8\xff\xe0"),
    Case("half a JPEG", "image/jpeg", "damaged", lambda: half(encoded(drawing((640, 480)), "JPEG"))),
    Case(
        "half a progressive JPEG",
        "image/jpeg",
        "damaged",
        lambda: half(encoded(drawing((640, 480)), "JPEG", progressive=True)),
    ),
    Case("JPEG without its last two bytes", "image/jpeg", READY, without_end),
    Case("JPEG without its last byte", "image/jpeg", READY, lambda: without_end(missing=1)),
    Case(
        "progressive, without its last two bytes", "image/jpeg", READY, lambda: without_end(progressive=True)
    ),
    Case("JPEG without its last 40 bytes", "image/jpeg", "damaged", lambda: without_end(missing=40)),
    Case(
        "JPEG without end that says 65,535 by 65,535",
        "image/jpeg",
        "too-many-pixels",
        lambda: jpeg_of(65_535, 65_535)[:-2],
    ),
    Case("JPEG that says 65,535 by 65,535", "image/jpeg", "too-many-pixels", lambda: jpeg_of(65_535, 65_535)),
    Case("JPEG that says 5,000 by 5,000", "image/jpeg", READY, lambda: jpeg_of(5000, 5000)),
    Case("JPEG without height", "image/jpeg", "damaged", lambda: jpeg_of(96, 0)),
    Case(
        "EXIF whose directory follows itself",
        "image/jpeg",
        READY,
        lambda: jpeg_with(exif((0x112, 3, 1, 1 << 16), following=8)),
    ),
    Case(
        "EXIF of four thousand million values",
        "image/jpeg",
        READY,
        lambda: jpeg_with(exif((0x9286, 7, 0xFFFFFFFF, 8), (0x112, 3, 0xFFFFFFFF, 8))),
    ),
    Case(
        "EXIF of 5,000 entries",
        "image/jpeg",
        READY,
        lambda: jpeg_with(exif(*[(tag, 4, 1, 1) for tag in range(5000)])),
    ),
    Case(
        "EXIF whose directories are nested",
        "image/jpeg",
        READY,
        lambda: jpeg_with(exif((0x8769, 4, 1, 8), (0x8825, 4, 1, 8))),
    ),
    Case(
        "forty EXIF segments",
        "image/jpeg",
        READY,
        lambda: jpeg_with(*[segment(0xE1, EXIF + b"MM" + bytes(60_000))] * 40),
    ),
    Case("orientation 9", "image/jpeg", READY, lambda: jpeg_with(exif((0x112, 3, 1, 9 << 16)))),
    Case("place and camera", "image/jpeg", READY, place_and_camera),
    Case(
        "XMP",
        "image/jpeg",
        READY,
        lambda: jpeg_with(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\x00" + SECRET)),
    ),
    Case(
        "a colour profile of rubbish",
        "image/jpeg",
        READY,
        lambda: encoded(drawing(), "JPEG", icc_profile=SECRET * 50),
    ),
    Case(
        "a colour profile for another mode",
        "image/jpeg",
        READY,
        lambda: encoded(drawing(mode="L"), "JPEG", icc_profile=srgb()),
    ),
    Case("CMYK", "image/jpeg", READY, lambda: encoded(drawing(mode="CMYK"), "JPEG")),
    Case(
        "two pictures in one JPEG",
        "image/jpeg",
        READY,
        lambda: encoded(drawing(), "MPO", save_all=True, append_images=[drawing()]),
    ),
    Case("one line of 60,000 pixels", "image/jpeg", READY, lambda: encoded(drawing((60_000, 4)), "JPEG")),
]
PNGS = [
    Case("half a PNG", "image/png", "damaged", lambda: half(encoded(drawing((640, 480)), "PNG"))),
    Case(
        "PNG with a wrong checksum",
        "image/png",
        "damaged",
        lambda: encoded(drawing(), "PNG").replace(b"IHDR\x00", b"IHDR\x01", 1),
    ),
    Case(
        "PNG with data of rubbish",
        "image/png",
        "damaged",
        lambda: PNG_START + png_head(64, 64) + chunk(b"IDAT", SECRET * 9) + chunk(b"IEND", b""),
    ),
    Case(
        "PNG without data", "image/png", "damaged", lambda: PNG_START + png_head(64, 64) + chunk(b"IEND", b"")
    ),
    Case(
        "PNG without width", "image/png", "damaged", lambda: PNG_START + png_head(0, 64) + chunk(b"IEND", b"")
    ),
    Case(
        "PNG that says 2,000 million by 2",
        "image/png",
        "too-many-pixels",
        lambda: PNG_START + png_head(2_000_000_000, 2) + chunk(b"IDAT", zeros(9)),
    ),
    Case("PNG of 900 megapixels in 110 KB", "image/png", "too-many-pixels", png_bomb),
    Case(
        "PNG with too little data for its size",
        "image/png",
        "damaged",
        lambda: PNG_START + png_head(6000, 5000) + chunk(b"IDAT", zeros(90)),
    ),
    Case("PNG of 33 megapixels in 40 KB", "image/png", READY, flat_png),
    Case(
        "PNG with a text of 100 MB",
        "image/png",
        READY,
        lambda: png_with(chunk(b"zTXt", b"x\x00\x00" + zeros(100_000_000))),
    ),
    Case("PNG with 2 MB of XMP", "image/png", READY, lambda: png_with(compressed_xmp(2_000_000))),
    Case("PNG with a text that is cut off", "image/png", READY, lambda: png_with(chunk(b"iTXt", b"x"))),
    Case(
        "PNG with a text of a wrong checksum",
        "image/png",
        READY,
        lambda: png_with(chunk(b"tEXt", b"x\x00" + SECRET)[:-1] + b"?"),
    ),
    Case(
        "PNG with a note that says 4 GB",
        "image/png",
        "damaged",
        lambda: png_with(b"\xff\xff\xff\xfftEXt"),
    ),
    Case("PNG that says 4 GB of pixels", "image/png", "damaged", lambda: png_with(b"\xff\xff\xff\xffIDAT")),
    Case(
        "PNG with a colour profile of 100 MB",
        "image/png",
        READY,
        lambda: png_with(chunk(b"iCCP", b"x\x00\x00" + zeros(100_000_000))),
    ),
    Case(
        "PNG with 20,000 texts",
        "image/png",
        READY,
        lambda: png_with(*[chunk(b"tEXt", b"x\x00" + SECRET)] * 20_000),
    ),
    Case(
        "PNG that says 2,000 million frames", "image/png", "too-many-frames", lambda: apng_of(2_000_000_000)
    ),
    Case("PNG that says more frames than there can be", "image/png", READY, lambda: apng_of(4_000_000_000)),
    Case("PNG that says 5 frames and has one", "image/png", "damaged", lambda: apng_of(5)),
    Case("PNG that moves", "image/png", READY, lambda: animated("PNG", 6)),
    Case(
        "PNG that moves, with another first picture",
        "image/png",
        READY,
        lambda: animated("PNG", 6, default_image=True),
    ),
    Case("grey of 16 bits", "image/png", READY, deep_grey),
    Case("grey of 16 bits with a transparent shade", "image/png", READY, seen_through_grey),
    Case("black and white", "image/png", READY, lambda: encoded(drawing(mode="1"), "PNG")),
    Case(
        "a palette with a transparent colour",
        "image/png",
        READY,
        lambda: encoded(drawing(mode="P"), "PNG", transparency=3),
    ),
    Case("one pixel", "image/png", READY, lambda: encoded(drawing((1, 1)), "PNG")),
]
GIFS = [
    Case(
        "GIF of 100,000 frames",
        "image/gif",
        "too-many-frames",
        lambda: gif_head(1, 1) + gif_frame() * 100_000 + b";",
    ),
    Case(
        "GIF of 200 frames of 4 megapixels",
        "image/gif",
        "too-many-frames",
        lambda: gif_head(2000, 2000) + gif_frame() * 200 + b";",
    ),
    Case(
        "GIF of 65,535 by 65,535",
        "image/gif",
        "too-many-pixels",
        lambda: gif_head(65_535, 65_535) + gif_frame() + b";",
    ),
    Case(
        "GIF whose second frame lies far outside",
        "image/gif",
        "too-many-pixels",
        lambda: gif_head(1, 1) + gif_frame() + gif_frame(60_000, 60_000) + b";",
    ),
    Case("GIF without frames", "image/gif", "damaged", lambda: gif_head(9, 9) + b";"),
    Case(
        "GIF without pixels",
        "image/gif",
        "damaged",
        lambda: gif_head(0, 0) + gif_frame(width=0, height=0) + b";",
    ),
    Case(
        "GIF with pixels of rubbish",
        "image/gif",
        "damaged",
        lambda: gif_head(99, 99) + gif_frame(width=99, height=99)[:-4] + b"\xff" * 9,
    ),
    Case("half a GIF", "image/gif", "damaged", lambda: half(encoded(drawing((640, 480)), "GIF"))),
    Case("GIF without its last byte", "image/gif", READY, lambda: gif_head(1, 1) + gif_frame()),
    Case("GIF without delays", "image/gif", READY, lambda: gif_head(8, 8) + gif_frame(delay=0) * 4 + b";"),
    Case("GIF that moves", "image/gif", READY, lambda: animated("GIF", 6)),
]
NEWER = [
    Case("half a WebP", "image/webp", "damaged", lambda: half(encoded(drawing((640, 480)), "WEBP"))),
    Case(
        "WebP that says it is longer",
        "image/webp",
        "damaged",
        lambda: riff(b"WEBP", encoded(drawing(), "WEBP")[12:60], size=1 << 30),
    ),
    Case(
        "WebP of rubbish",
        "image/webp",
        "damaged",
        lambda: riff(b"WEBP", b"VP8 " + struct.pack("<I", 90) + SECRET * 9),
    ),
    Case("WebP of 16,383 by 16,383", "image/webp", "too-many-pixels", lambda: webp_canvas(16_383, 16_383)),
    Case(
        "WebP of 700 frames",
        "image/webp",
        "too-many-frames",
        lambda: animated("WEBP", 700, (16, 12), lossless=True),
    ),
    Case("WebP that moves", "image/webp", READY, lambda: animated("WEBP", 6)),
    Case("AVIF", "image/avif", READY, lambda: encoded(drawing(), "AVIF", exif=EXIF + b"MM\x00*" + SECRET)),
    Case("half an AVIF", "image/avif", "damaged", lambda: half(encoded(drawing((640, 480)), "AVIF"))),
    Case(
        "an AVIF's first box",
        "image/avif",
        "damaged",
        lambda: ftyp(b"avif", b"mif1") + box(b"meta", bytes(40)),
    ),
    Case("HEIC with place and camera", "image/heic", READY, heic_with_notes),
    Case("HEIC of tiles", "image/heic", READY, lambda: heic(drawing((700, 500)), tile_size=256)),
    Case("HEIC that is seen through", "image/heic", READY, lambda: heic(seen_through())),
    Case(
        "HEIC of three pictures",
        "image/heic",
        READY,
        lambda: heic(drawing(), drawing((9, 9)), drawing((64, 8))),
    ),
    Case("HEIC declared as JPEG", "image/jpeg", READY, lambda: heic(drawing())),
    Case("half a HEIC", "image/heic", "damaged", lambda: half(heic(drawing((640, 480))))),
    Case("a HEIC's first box", "image/heic", "damaged", lambda: ftyp(b"heic", b"mif1", b"heic") + bytes(64)),
    Case("HEIC that says 65,535 by 65,535", "image/heic", "too-many-pixels", lambda: heic_of(65_535, 65_535)),
    Case("HEIC that says one pixel", "image/heic", "damaged", lambda: heic_of(1, 1)),
    Case("HEIC that says 5,000 by 5,000", "image/heic", "damaged", lambda: heic_of(5000, 5000)),
    Case(
        "HEIC whose pixels end in rubbish", "image/heic", READY, lambda: heic(drawing())[:-200] + SECRET * 10
    ),
    Case("AVIF that moves", "image/avif", READY, lambda: animated("AVIF", 6, (64, 64))),
]
AVATARS = [
    Case(
        "a standing picture as an avatar",
        "image/png",
        READY,
        lambda: encoded(drawing((90, 200)), "PNG"),
        "avatar",
    ),
    Case("an avatar that moves", "image/gif", READY, lambda: animated("GIF", 4), "avatar"),
    Case("one line as a cover", "image/png", READY, lambda: encoded(drawing((3000, 1)), "PNG"), "cover"),
]
CASES = JPEGS + PNGS + GIFS + NEWER + AVATARS
