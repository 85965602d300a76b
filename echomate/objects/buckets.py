"""The buckets of Django's `STORAGES`: those of django-storages, and what these don't do.

Calls have deadlines and say `DependencyAway`; a removal takes all versions along; a large object is never held as a
whole; URLs are signed fast enough to be in every answer.
"""

import io
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, cast

from botocore.exceptions import ClientError
from django.core.files.base import File
from django.core.files.storage import storages
from storages.backends.s3 import S3Storage

from echomate.errors import DependencyAway
from echomate.objects import cloudfront, signature
from echomate.objects.hours import HOUR, HOURS, this_hour
from echomate.objects.streams import READ_BYTES, Ranges, Upload
from echomate.objects.trying import status_of, tried

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


NEEDED = {"s3", "sts"}
"""Services that a session of ours calls: the second for the keys of a role."""


class Typed(File):  # type: ignore[type-arg]  # no class of generics when it runs
    """A file of a declared type, which becomes the object's."""

    def __init__(self, file: BinaryIO, content_type: str) -> None:
        super().__init__(file)
        self.content_type = content_type


@dataclass(frozen=True, slots=True)
class Form:
    """Where a browser posts a file to, as `multipart/form-data`: these fields first, `file` last."""

    url: str
    fields: Mapping[str, str]
    expires_at: int
    """Unix seconds."""


class Bucket(S3Storage):  # type: ignore[misc]  # it carries no annotations
    connections: ClassVar[dict[tuple[str | None, ...], Any]] = {}
    _connecting: ClassVar[threading.Lock] = threading.Lock()

    @property
    def connection(self) -> Any:
        """One for the whole process: a thread's own would take 7 MB and 0.1 s of CPU each.

        A worker of gunicorn has that of its master, which asks nothing of S3, so that no connection is shared.
        """
        place = (self.endpoint_url, self.region_name, self.access_key, self.secret_key)
        if place not in self.connections:
            with self._connecting:
                if place not in self.connections:
                    self.connections[place] = super().connection
        return self.connections[place]

    def _create_session(self) -> Any:
        """The list of regions that a session keeps takes 7 MB, nearly all of it for services that nobody calls here."""
        session = super()._create_session()
        for partition in session._session.get_data("endpoints")["partitions"]:
            services = partition["services"]
            partition["services"] = {name: services[name] for name in NEEDED & services.keys()}
        return session

    @property
    def client(self) -> "S3Client":
        """It is thread-safe."""
        return cast("S3Client", self.connection.meta.client)

    def check(self) -> None:
        """Raises `DependencyAway` where the bucket can't be reached."""
        try:
            tried(lambda: self.client.head_bucket(Bucket=self.bucket_name), tries=1)
        except ClientError as error:
            raise DependencyAway("storage") from error

    def size(self, name: str) -> int:
        """Asked once: a request waits for it. Raises `FileNotFoundError`."""
        try:
            head = tried(lambda: self.client.head_object(Bucket=self.bucket_name, Key=name), tries=1)
        except ClientError as error:
            raise self._missing(name, error) from error
        return head["ContentLength"]

    def _missing(self, name: str, error: ClientError) -> Exception:
        return FileNotFoundError(name) if status_of(error) == 404 else DependencyAway("storage")

    def _open(self, name: str, mode: str = "rb") -> "File[bytes]":
        """A file that can be sought, of which a mebibyte is held. Raises `FileNotFoundError`."""
        if mode != "rb":
            raise ValueError("what is written is saved, or streamed")
        try:
            ranges = Ranges(self.client, self.bucket_name, name)
        except ClientError as error:
            raise self._missing(name, error) from error
        return File(io.BufferedReader(ranges, READ_BYTES), name)

    @contextmanager
    def streamed(self, name: str, *, content_type: str) -> Iterator[Upload]:
        """A stream that becomes the object when the block ends, and nothing where the block fails."""
        self._abort_others(name)
        stream = Upload(self.client, self.bucket_name, name, content_type)
        try:
            yield stream
            stream.complete()
        except BaseException:
            stream.abort()
            raise

    def _abort_others(self, name: str) -> None:
        """End the uploads of an object that were begun and never ended."""
        begun = tried(lambda: self.client.list_multipart_uploads(Bucket=self.bucket_name, Prefix=name))
        for upload in begun.get("Uploads", []):
            where: Any = {"Bucket": self.bucket_name, "Key": upload["Key"], "UploadId": upload["UploadId"]}
            tried(partial(self.client.abort_multipart_upload, **where))

    def delete(self, name: str) -> None:
        """With all versions; what isn't there is no error."""
        while versions := [version for version in self._versions(name) if version["Key"] == name]:
            self._delete(versions)

    def delete_all(self, prefix: str) -> int:
        """Remove the objects whose keys begin so, and their unended uploads; how many objects that were."""
        self._abort_others(prefix)
        removed: set[str] = set()
        while versions := self._versions(prefix):
            self._delete(versions)
            removed |= {version["Key"] for version in versions}
        return len(removed)

    def _versions(self, prefix: str) -> list[dict[str, str]]:
        """A page of what the bucket holds of keys that begin so: all it has where it keeps no versions."""
        page = tried(lambda: self.client.list_object_versions(Bucket=self.bucket_name, Prefix=prefix))
        return [
            {"Key": version["Key"], "VersionId": version["VersionId"]}
            for version in (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))
        ]

    def _delete(self, versions: list[dict[str, str]]) -> None:
        which: Any = {"Objects": versions, "Quiet": True}
        answer = tried(lambda: self.client.delete_objects(Bucket=self.bucket_name, Delete=which))
        if answer.get("Errors"):
            raise DependencyAway("storage", "S3 left objects unremoved")


class PrivateBucket(Bucket):
    """What was uploaded, exports and imports, which may be large."""

    def _save(self, name: str, content: Typed) -> str:
        """By parts, each of which may be tried again."""
        with self.streamed(name, content_type=content.content_type) as stream:
            for part in content.chunks(READ_BYTES):
                stream.write(part)
        return name

    def form(self, name: str, *, content_type: str, size: int, seconds: int) -> Form:
        """What a browser may post, for a while: a file of exactly this type and size, as this object."""
        signed = self.client.generate_presigned_post(
            self.bucket_name,
            name,
            Fields={"Content-Type": content_type},
            Conditions=[{"Content-Type": content_type}, ["content-length-range", size, size]],
            ExpiresIn=seconds,
        )
        return Form(signed["url"], signed["fields"], int(time.time()) + seconds)


class MediaBucket(Bucket):
    """What is shown, under URLs that all answers of an hour have in common."""

    def get_default_settings(self) -> dict[str, Any]:
        """`public_url`: where what is public may be read by all."""
        return {**super().get_default_settings(), "public_url": ""}

    def _save(self, name: str, content: Typed) -> str:
        save = super()._save
        return cast("str", tried(lambda: save(name, content)))

    def make_public(self, name: str) -> None:
        """Give an object the tag by which the bucket's policy lets all read it."""
        tags: Any = {"TagSet": [{"Key": "visibility", "Value": "public"}]}
        tried(lambda: self.client.put_object_tagging(Bucket=self.bucket_name, Key=name, Tagging=tags))

    def url(
        self,
        name: str,
        parameters: dict[str, Any] | None = None,
        expire: int | None = None,
        http_method: str | None = None,
    ) -> str:
        if parameters or expire or http_method:
            return cast("str", super().url(name, parameters, expire, http_method))
        folder, slash, file = name.rpartition("/")
        return self.urls(folder + slash, [file], hour=this_hour())[0]

    def urls(
        self, folder: str, names: Sequence[str], *, hour: int, hours: int = HOURS, is_public: bool = False
    ) -> list[str]:
        """URLs of the files in a folder (`posts/1/2/`), in their order.

        5 µs of CPU each on a busy machine, where `url` of django-storages takes 400; CloudFront: one signature for all.
        """
        if is_public and self.public_url:
            return [f"{self.public_url}/{folder}{name}" for name in names]
        if self.custom_domain:
            base = f"{self.url_protocol}//{self.custom_domain}/"
            return cloudfront.sign(self.cloudfront_signer, base, folder, names, until=hour + hours * HOUR)
        place = signature.Place(self.endpoint_url, self.bucket_name, self.region_name)
        return signature.sign(place, folder, names, at=hour, seconds=hours * HOUR)


def originals() -> PrivateBucket:
    """The private bucket: what was uploaded, exports and imports."""
    return cast("PrivateBucket", storages["originals"])


def media() -> MediaBucket:
    """The bucket of what is shown."""
    return cast("MediaBucket", storages["media"])


def s3() -> "S3Client":
    """The client of both, for what no bucket of ours does by itself."""
    return originals().client
