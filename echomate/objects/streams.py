"""Objects as files: written part by part and read in ranges, so that no more than a part of them is held."""

import io
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from echomate.objects.trying import tried

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from mypy_boto3_s3.client import S3Client

PART_BYTES = 8 * 1024 * 1024
"""S3 takes parts from 5 MiB on, and 10,000 of them."""
READ_BYTES = 1024 * 1024


class Upload:
    """What zipfile writes into: nothing can be sought, and no more than one part is held.

    The file that django-storages opens for writing becomes an object whatever ends it, an error too, and names no
    checksums of its parts at its end, without which S3 refuses it.
    """

    def __init__(self, client: "S3Client", bucket: str, key: str, content_type: str) -> None:
        self.bytes = 0
        self._client = client
        self._where: dict[str, Any] = {"Bucket": bucket, "Key": key}
        self._buffer = bytearray()
        self._parts: list[dict[str, Any]] = []
        kind: Any = {**self._where, "ContentType": content_type, "ChecksumAlgorithm": "CRC32"}
        begun = tried(lambda: client.create_multipart_upload(**kind))
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
        sent = tried(lambda: self._client.upload_part(**self._where, PartNumber=number, Body=body))
        part = {"PartNumber": number, "ETag": sent["ETag"], "ChecksumCRC32": sent["ChecksumCRC32"]}
        self._parts.append(part)

    def complete(self) -> None:
        self._send(bytes(self._buffer))
        parts: Any = {"Parts": self._parts}
        tried(lambda: self._client.complete_multipart_upload(**self._where, MultipartUpload=parts))

    def abort(self) -> None:
        """Best effort: S3 may be what is away."""
        try:
            self._client.abort_multipart_upload(**self._where)
        except (BotoCoreError, ClientError):
            return


class Ranges(io.RawIOBase):
    """An object as a file that can be sought; each read is a request."""

    def __init__(self, client: "S3Client", bucket: str, key: str) -> None:
        self._client = client
        self._where: Any = {"Bucket": bucket, "Key": key}
        head = tried(lambda: client.head_object(**self._where))
        self.etag = self._where["IfMatch"] = head["ETag"]
        """Another content would have another."""
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
        data = tried(lambda: self._get(self._at, end))
        view[: len(data)] = data
        self._at += len(data)
        return len(data)

    def readall(self) -> bytes:
        """The rest in one request, where that of `io` makes one each 8 KiB."""
        if self._at >= self._size:
            return b""
        data = tried(lambda: self._get(self._at, self._size))
        self._at += len(data)
        return data

    def _get(self, start: int, end: int) -> bytes:
        return self._client.get_object(**self._where, Range=f"bytes={start}-{end - 1}")["Body"].read()
