"""What uploads are for, and what may be uploaded for it."""

from enum import StrEnum

from echomate import instance
from echomate.errors import Invalid

MEBIBYTE = 1024 * 1024
IMAGE_BYTES = 16 * MEBIBYTE
IMAGE_PIXELS = 33_000_000
VIDEO_BYTES = 99 * MEBIBYTE
IMPORT_BYTES = 512 * MEBIBYTE
ALT_AT_MOST = 1500

IMAGES = ("image/jpeg", "image/png", "image/webp", "image/gif", "image/avif")
VIDEOS = ("video/mp4", "video/webm")
ARCHIVES = ("application/zip",)

instance.declare_limits(
    image_bytes=IMAGE_BYTES,
    image_pixels=IMAGE_PIXELS,
    video_bytes=VIDEO_BYTES,
    import_bytes=IMPORT_BYTES,
    alt_characters=ALT_AT_MOST,
)
instance.declare_media_types(*IMAGES, *VIDEOS)


class Purpose(StrEnum):
    POST = "post"
    AVATAR = "avatar"
    COVER = "cover"
    MESSAGE = "message"
    IMPORT = "import"


TYPES = {
    Purpose.POST: (*IMAGES, *VIDEOS),
    Purpose.AVATAR: IMAGES,
    Purpose.COVER: IMAGES,
    Purpose.MESSAGE: (*IMAGES, *VIDEOS),
    Purpose.IMPORT: ARCHIVES,
}
BYTES = {
    **dict.fromkeys(IMAGES, IMAGE_BYTES),
    **dict.fromkeys(VIDEOS, VIDEO_BYTES),
    **dict.fromkeys(ARCHIVES, IMPORT_BYTES),
}


def check(purpose: Purpose, type_: str, size: int) -> None:
    """Raises `Invalid` where this type isn't taken for this, or not in this size."""
    if type_ not in TYPES[purpose]:
        raise Invalid(errors={"content_type": [f"For this purpose one of: {', '.join(TYPES[purpose])}."]})
    if size > BYTES[type_]:
        raise Invalid(errors={"size": [f"At most {BYTES[type_]} bytes of this type."]})
