"""A medium as the API shows it."""

from typing import Any

from echomate import objects
from echomate.ids import at_milliseconds, rfc3339
from media.selectors import Descriptor

PROGRESS = {"pending": 0, "processing": 0, "ready": 100, "rejected": 100}


def present(media: Descriptor, *, hour: int, progress: int | None = None) -> dict[str, Any]:
    """The `media` shape, with URLs of an hour. What is public may have URLs without an end."""
    names = [one["name"] for one in media.variants]
    urls = objects.sign(media.folder, names, hour=hour, is_public=media.is_public)
    until = objects.expires_at(hour, is_public=media.is_public) if urls else None
    return {
        "id": str(media.id),
        "state": media.state,
        "progress": PROGRESS[media.state] if progress is None else progress,
        "type": media.type,
        "variants": [
            {"url": url, "width": one["width"], "height": one["height"], "type": one["type"]}
            for url, one in zip(urls, media.variants, strict=True)
        ],
        "urls_expire_at": rfc3339(at_milliseconds(until * 1000)) if until else None,
        "width": media.width,
        "height": media.height,
        "duration": media.duration,
        "blurhash": media.blurhash,
        "alt": media.alt,
        "reason": media.reason,
        "detail": media.detail,
    }
