"""Media as the worker leaves them, without its work."""

import secrets

import orjson

from echomate import ids
from echomate.config import config
from echomate.objects import s3
from media.models import State, new_media
from media.purposes import Purpose

SIDES = (320, 640, 1280)
FILE = b"RIFF....WEBP"


def ready(owner: int, *, purpose: Purpose = Purpose.POST, state: State = State.READY, alt: str = "") -> int:
    """A medium of a user, with a file for each variant."""
    media = new_media(
        ids.new_id(),
        owner=owner,
        purpose=purpose,
        type_="image/jpeg",
        size=12,
        alt=alt,
        nonce=secrets.token_hex(6),
    )
    media.state, media.type, media.width, media.height = state.value, "image/jpeg", 4000, 3000
    media.blurhash = "LEHV6nWB2yk8pyo0adR*.7kCMdnj"
    if state is State.READY:
        media.variants_json = orjson.dumps([_put(media.folder, side) for side in SIDES]).decode()
    media.save()
    return int(media.id)


def _put(folder: str, side: int) -> dict[str, object]:
    name = f"{side}.webp"
    s3().put_object(Bucket=config.media_bucket, Key=folder + name, Body=FILE, ContentType="image/webp")
    return {"name": name, "width": side, "height": side * 3 // 4, "type": "image/webp"}
