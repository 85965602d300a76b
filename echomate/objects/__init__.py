"""S3: the buckets of Django's `STORAGES`, as the product uses them. Everything that talks to S3 comes through here.

Objects are those of the private bucket where nothing else is said. All raise `DependencyAway` where S3 can't be
reached. What an upload leaves that its worker did not live to end, the next upload of the same key removes, and the
bucket's rules do so within a day.
"""

import io
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO, cast

from echomate.objects.buckets import Form, Typed, media, originals, s3
from echomate.objects.hours import HOUR, HOURS, this_hour
from echomate.objects.provisioning import FLEETING, create_buckets
from echomate.objects.streams import PART_BYTES, Ranges, Upload

__all__ = [
    "FLEETING",
    "HOUR",
    "PART_BYTES",
    "Form",
    "Upload",
    "check",
    "create_buckets",
    "etag",
    "expires_at",
    "form",
    "link",
    "make_public",
    "media",
    "originals",
    "put",
    "read",
    "remove",
    "remove_all",
    "s3",
    "show",
    "sign",
    "size",
    "this_hour",
    "upload",
]


def check() -> None:
    """Raises `DependencyAway` where the buckets can't be reached."""
    media().check()
    originals().check()


def put(key: str, file: BinaryIO, *, content_type: str) -> None:
    """Store a file."""
    originals().save(key, Typed(file, content_type))


def upload(key: str, *, content_type: str) -> AbstractContextManager[Upload]:
    """A stream that becomes the object when the block ends, and nothing where the block fails."""
    return originals().streamed(key, content_type=content_type)


def read(key: str) -> io.BufferedReader | None:
    """An object as a file that can be sought, of which a mebibyte is held; None where there is none."""
    try:
        return cast("io.BufferedReader", originals().open(key).file)
    except FileNotFoundError:
        return None


def etag(file: io.BufferedReader) -> str:
    """What tells the content of an object that was read from any other."""
    return cast("Ranges", file.raw).etag


def size(key: str) -> int | None:
    """How many bytes an object has; None where there is none."""
    try:
        return originals().size(key)
    except FileNotFoundError:
        return None


def remove(key: str) -> None:
    """Remove an object with all its versions; one that isn't there is no error."""
    originals().delete(key)


def remove_all(prefix: str) -> int:
    """Remove the objects whose keys begin so, and their unended uploads; how many objects that were."""
    return originals().delete_all(prefix)


def form(key: str, *, content_type: str, size: int, seconds: int) -> Form:
    """What a browser may post, for a while: a file of exactly this type and size, as the object of this key."""
    return originals().form(key, content_type=content_type, size=size, seconds=seconds)


def link(key: str, *, file_name: str, seconds: int) -> str:
    """A URL under which anybody may download an object for so long, as a file of this name."""
    disposition = {"ResponseContentDisposition": f'attachment; filename="{file_name}"'}
    return cast("str", originals().url(key, parameters=disposition, expire=seconds))


def show(key: str, path: Path, *, content_type: str) -> None:
    """Put a file into the bucket of what is shown. It says itself what it is, and is never anything else."""
    with path.open("rb") as file:
        media().save(key, Typed(file, content_type))


def make_public(key: str) -> None:
    """Give what is shown the tag by which the bucket's policy lets all read it."""
    media().make_public(key)


def sign(
    folder: str, names: Sequence[str], *, hour: int, hours: int = HOURS, is_public: bool = False
) -> list[str]:
    """URLs of the files in a folder of the media bucket (`posts/1/2/`), in their order.

    What is public has URLs without an end where the settings say where.
    """
    return media().urls(folder, names, hour=hour, hours=hours, is_public=is_public)


def expires_at(hour: int, *, hours: int = HOURS, is_public: bool = False) -> int | None:
    """When URLs of an hour end, in Unix seconds; None: never."""
    return None if is_public and media().public_url else hour + hours * HOUR
