"""A photo as a telephone takes it: 12 megapixels, on its side with a note of that, with place and camera in it."""

from io import BytesIO

from PIL import ExifTags, Image

SIZE = (3000, 4000)
"""Upright."""
CORNERS = {(0, 0): (200, 40, 40), (1, 0): (40, 160, 40), (0, 1): (40, 60, 200), (1, 1): (220, 200, 40)}
"""Colours by column and row."""
CAMERA = "Camera of a test"
TURNED_TO_THE_RIGHT = 6


def twelve_megapixels() -> bytes:
    """A JPEG of some 6 MB, whose quarters differ in colour."""
    upright = Image.new("RGB", SIZE)
    half = (SIZE[0] // 2, SIZE[1] // 2)
    for (column, row), colour in CORNERS.items():
        upright.paste(colour, (column * half[0], row * half[1], (column + 1) * half[0], (row + 1) * half[1]))
    grain = Image.effect_noise(SIZE, 40).convert("RGB")
    content = BytesIO()
    turned = Image.blend(upright, grain, 0.25).transpose(Image.Transpose.ROTATE_90)
    turned.save(content, "JPEG", quality=92, exif=_exif())
    return content.getvalue()


def _exif() -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = CAMERA
    exif[ExifTags.Base.Orientation] = TURNED_TO_THE_RIGHT
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: (52.0, 30.0, 0.0), 3: "E", 4: (13.0, 22.0, 0.0)})
    return exif
