"""Objects: written as a stream, read in ranges, linked for a while, removed with all their versions.

They are those of the private bucket where no other is named. All raise `DependencyAway` where S3 can't be reached.
What an upload leaves that its worker did not live to end, the next upload of the same key removes, and the bucket's
rules do so within a day.
"""

import io
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import BotoCoreError, ClientError

from echomate.config import config
from echomate.errors import DependencyAway
from echomate.storage import outage, s3

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

PART_BYTES = 8 * 1024 * 1024
"""S3 takes parts from 5 MiB on, and 10,000 of them."""
READ_BYTES = 1024 * 1024
TRIES = 3
ONE_BY_ONE = TransferConfig(use_threads=False, multipart_chunksize=PART_BYTES)
"""No more than a part is held."""
SHOWN = "private, max-age=10800, immutable"
"""For as long as a signed URL lives; a new picture is a new URL."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Form:
    """Where a browser posts a file to, as `multipart/form-data`: these fields first, `file` last."""

    url: str
    fields: Mapping[str, str]
    expires_at: int
    """Unix seconds."""


def _tried(call: Callable[[], T]) -> T:
    """A call that may be repeated, up to three times: a long transfer should outlive a short disturbance."""
    with outage.passing():
        return _repeated(call)


def _repeated(call: Callable[[], T]) -> T:
    """Keys or rights of ours that S3 refuses (403) are as if it were away: no file is at fault."""
    attempt = 1
    while True:
        try:
            return call()
        except (BotoCoreError, ClientError) as error:
            status = (
                error.response["ResponseMetadata"]["HTTPStatusCode"]
                if isinstance(error, ClientError)
                else 503
            )
            if status < 500 and status != 403:
                raise
            if attempt == TRIES or status == 403:
                raise DependencyAway("storage") from error
        time.sleep(0.2 * 2**attempt)
        attempt += 1


class Upload:
    """What zipfile writes into: nothing can be sought, and no more than one part is held."""

    def __init__(self, key: str, content_type: str) -> None:
        self.bytes = 0
        self._where: dict[str, Any] = {"Bucket": config.originals_bucket, "Key": key}
        self._buffer = bytearray()
        self._parts: list[dict[str, Any]] = []
        said: Any = {**self._where, "ContentType": content_type, "ChecksumAlgorithm": "CRC32"}
        begun = _tried(lambda: s3().create_multipart_upload(**said))
        self._where["UploadId"] = begun["UploadId"]

    def write(self, data: bytes) -> int:
        self._buffer += data
        self.bytes += len(data)
        while len(self._buffer) >= PART_BYTES:
            self._send(bytes(self._buffer[:PART_BYTES]))
            del self._buffer[:PART_BYTES]
        return len(data)

    def flush(self) -> None:
        """A part goes when it is full."""

    def _send(self, body: bytes) -> None:
        number = len(self._parts) + 1
        sent = _tried(lambda: s3().upload_part(**self._where, PartNumber=number, Body=body))
        part = {"PartNumber": number, "ETag": sent["ETag"], "ChecksumCRC32": sent["ChecksumCRC32"]}
        self._parts.append(part)

    def complete(self) -> None:
        self._send(bytes(self._buffer))
        parts: Any = {"Parts": self._parts}
        _tried(lambda: s3().complete_multipart_upload(**self._where, MultipartUpload=parts))

    def abort(self) -> None:
        """Best effort: S3 may be what is away."""
        try:
            s3().abort_multipart_upload(**self._where)
        except (BotoCoreError, ClientError):
            return


@contextmanager
def upload(key: str, *, content_type: str) -> Iterator[Upload]:
    """A stream that becomes the object when the block ends, and nothing where the block fails."""
    _abort_others(key, config.originals_bucket)
    stream = Upload(key, content_type)
    try:
        yield stream
        stream.complete()
    except BaseException:
        stream.abort()
        raise


def _abort_others(key: str, bucket: str) -> None:
    """End the uploads of an object that were begun and never ended."""
    found = _tried(lambda: s3().list_multipart_uploads(Bucket=bucket, Prefix=key))
    for one in found.get("Uploads", []):
        where: Any = {"Bucket": bucket, "Key": one["Key"], "UploadId": one["UploadId"]}
        _tried(partial(s3().abort_multipart_upload, **where))


def put(key: str, file: BinaryIO, *, content_type: str) -> None:
    """Store a file."""
    with upload(key, content_type=content_type) as stream:
        while part := file.read(READ_BYTES):
            stream.write(part)


class _Ranges(io.RawIOBase):
    """An object as a file that can be sought; each read is a request."""

    def __init__(self, key: str) -> None:
        self._where: Any = {"Bucket": config.originals_bucket, "Key": key}
        head = _tried(lambda: s3().head_object(**self._where))
        self._where["IfMatch"] = head["ETag"]
        self._size = head["ContentLength"]
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer).cast("B")
        end = min(self._at + len(view), self._size)
        if end <= self._at:
            return 0
        data = _tried(lambda: self._get(self._at, end))
        view[: len(data)] = data
        self._at += len(data)
        return len(data)

    def _get(self, start: int, end: int) -> bytes:
        return s3().get_object(**self._where, Range=f"bytes={start}-{end - 1}")["Body"].read()


def read(key: str) -> io.BufferedReader | None:
    """An object as a file that can be sought, of which a mebibyte is held; None where there is none."""
    try:
        return io.BufferedReader(_Ranges(key), READ_BYTES)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        return None


def form(key: str, *, content_type: str, size: int, seconds: int) -> Form:
    """What a browser may post, for a while: a file of exactly this type and size, as the object of this key."""
    signed = s3().generate_presigned_post(
        config.originals_bucket,
        key,
        Fields={"Content-Type": content_type},
        Conditions=[{"Content-Type": content_type}, ["content-length-range", size, size]],
        ExpiresIn=seconds,
    )
    return Form(signed["url"], signed["fields"], int(time.time()) + seconds)


def link(key: str, *, file_name: str, seconds: int) -> str:
    """A URL under which anybody may download an object for so long, as a file of this name."""
    asked = {
        "Bucket": config.originals_bucket,
        "Key": key,
        "ResponseContentDisposition": f'attachment; filename="{file_name}"',
    }
    return s3().generate_presigned_url("get_object", Params=asked, ExpiresIn=seconds)


def show(key: str, path: Path, *, content_type: str) -> None:
    """Put a file into the bucket of what is shown. It says itself what it is, and is never anything else."""

    def transfer() -> None:
        with path.open("rb") as file:  # which boto3 closes at its end
            s3().upload_fileobj(file, config.media_bucket, key, ExtraArgs=said, Config=ONE_BY_ONE)

    said = {"ContentType": content_type, "ContentDisposition": "inline", "CacheControl": SHOWN}
    _tried(transfer)


def make_public(key: str) -> None:
    """Give what is shown the tag by which the bucket's policy lets all read it."""
    tags: Any = {"TagSet": [{"Key": "visibility", "Value": "public"}]}
    _tried(lambda: s3().put_object_tagging(Bucket=config.media_bucket, Key=key, Tagging=tags))


def size(key: str) -> int | None:
    """How many bytes an object has; None where there is none. Asked once: a request waits for it."""
    with outage.passing():
        return _size(key)


def _size(key: str) -> int | None:
    try:
        return s3().head_object(Bucket=config.originals_bucket, Key=key)["ContentLength"]
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if status != 404:
            raise DependencyAway("storage") from error
        return None
    except BotoCoreError as error:
        raise DependencyAway("storage") from error


def remove(key: str) -> None:
    """Remove an object; one that isn't there is no error."""
    bucket = config.originals_bucket
    while versions := [one for one in _versions(key, bucket) if one["Key"] == key]:
        _remove(versions, bucket)


def remove_all(prefix: str, *, bucket: str = "") -> int:
    """Remove the objects whose keys begin so, and their unended uploads; how many objects that were."""
    bucket = bucket or config.originals_bucket
    _abort_others(prefix, bucket)
    removed: set[str] = set()
    while versions := _versions(prefix, bucket):
        _remove(versions, bucket)
        removed |= {one["Key"] for one in versions}
    return len(removed)


def _versions(prefix: str, bucket: str) -> list[dict[str, str]]:
    """A page of what a bucket holds of keys that begin so: all it has where it keeps no versions."""
    found = _tried(lambda: s3().list_object_versions(Bucket=bucket, Prefix=prefix))
    return [
        {"Key": one["Key"], "VersionId": one["VersionId"]}
        for one in (*found.get("Versions", ()), *found.get("DeleteMarkers", ()))
    ]


def _remove(versions: list[dict[str, str]], bucket: str) -> None:
    which: Any = {"Objects": versions, "Quiet": True}
    if _tried(lambda: s3().delete_objects(Bucket=bucket, Delete=which)).get("Errors"):
        raise DependencyAway("storage", "S3 left objects unremoved")
