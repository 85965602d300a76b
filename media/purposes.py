"""What uploads are for, and what may be uploaded for it."""

from enum import StrEnum

from django.utils.translation import gettext

from echomate import instance
from echomate.errors import Invalid
from media.processing import LIMITS, REASONS, TYPES, video_is_possible
from media.processing.limits import ARCHIVE, IMAGES, PIXELS_AT_MOST, VIDEO_SECONDS_AT_MOST, VIDEOS

ALT_AT_MOST = 1500
ALL_TYPES = (*IMAGES, *VIDEOS, ARCHIVE)

instance.declare_limits(
    image_bytes=LIMITS[IMAGES[0]],
    image_pixels=PIXELS_AT_MOST,
    video_bytes=LIMITS[VIDEOS[0]],
    video_seconds=VIDEO_SECONDS_AT_MOST,
    import_bytes=LIMITS[ARCHIVE],
    alt_characters=ALT_AT_MOST,
)
instance.declare_media_types(*IMAGES, *(VIDEOS if video_is_possible() else ()))


class Purpose(StrEnum):
    POST = "post"
    AVATAR = "avatar"
    COVER = "cover"
    MESSAGE = "message"
    IMPORT = "import"


def check(purpose: Purpose, type_: str, size: int) -> None:
    """Raises `Invalid` where this type isn't taken for this, or not in this size."""
    if type_ not in TYPES[purpose]:
        raise Invalid(errors={"content_type": [f"For this purpose one of: {', '.join(TYPES[purpose])}."]})
    if type_ in VIDEOS and not video_is_possible():
        raise Invalid(errors={"content_type": [gettext(REASONS["video-unavailable"])]})
    if size > LIMITS[type_]:
        raise Invalid(errors={"size": [f"At most {LIMITS[type_]} bytes of this type."]})
