"""Reads of media."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext

from echomate import keys, table
from echomate.errors import NotFound
from echomate.jobs import Job
from media.models import Media, State, Variant
from media.processing import REASONS
from media.purposes import Purpose

__all__ = ["Descriptor", "Purpose", "State", "Variant", "describe", "descriptors", "progress_of", "read"]

FAILED = "It could not be processed."


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A medium as others may hold it for a while: without URLs, which live for hours only."""

    id: int
    owner: int
    purpose: str
    state: str
    type: str
    folder: str
    """Of the media bucket, with a slash at its end; empty where nothing is shown."""
    variants: tuple[Variant, ...]
    width: int | None
    height: int | None
    duration: float | None
    """Seconds."""
    blurhash: str | None
    alt: str
    reason: str | None
    attached: str | None
    version: int
    is_public: bool = False
    """Its files may be read by all."""

    @property
    def detail(self) -> str | None:
        """Why it was rejected, for people, in the language of the request."""
        return gettext(REASONS.get(self.reason, FAILED)) if self.reason else None


def read(media: int, *, owner: int) -> Media:
    """One's own medium. Raises `NotFound`, for anybody else's too."""
    found = Media.read(keys.media(media))
    if found is None or int(found.owner) != owner:
        raise NotFound
    return found


def progress_of(media: Media) -> int | None:
    """Percent of the processing; None where none is under way."""
    if media.state != State.PROCESSING or not media.job:
        return None
    job = Job.read(keys.job(int(media.job)))
    return int(job.progress or 0) if job else 0


def descriptors(ids: Iterable[int]) -> dict[int, Descriptor]:
    """The media that are there, by id."""
    items = map(Media.of, table.batch_get(map(keys.media, ids)))
    return {int(item.id): describe(item) for item in items if item is not None}


def describe(item: Media) -> Descriptor:
    is_ready = item.state == State.READY
    return Descriptor(
        id=int(item.id),
        owner=int(item.owner),
        purpose=item.purpose,
        state=item.state,
        type=item.type or item.declared_type,
        folder=item.folder,
        variants=tuple(item.variants) if is_ready else (),
        width=_whole(item.width),
        height=_whole(item.height),
        duration=_seconds(item.duration),
        blurhash=item.blurhash,
        alt=item.alt,
        reason=item.reason,
        attached=item.attached,
        version=int(item.version),
        is_public=bool(item.public),
    )


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else int(milliseconds) / 1000
