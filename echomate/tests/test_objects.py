"""Objects of the private bucket."""

import secrets
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.storage import storages as django_storages

from echomate import objects
from echomate.config import config
from echomate.errors import DependencyAway
from echomate.objects import s3
from echomate.objects.buckets import PrivateBucket, Typed
from echomate.objects.streams import Ranges
from echomate.settings import storages
from echomate.testing.proxy import Proxy


@pytest.fixture
def key() -> str:
    return f"tests/{secrets.token_hex(8)}"


def unended(prefix: str) -> int:
    found = s3().list_multipart_uploads(Bucket=config.originals_bucket, Prefix=prefix)
    return len(found.get("Uploads", []))


def upload(key: str) -> objects.Upload:
    """One that nobody ends."""
    return objects.Upload(s3(), config.originals_bucket, key, "text/plain")


def content(key: str) -> bytes | None:
    file = objects.read(key)
    return file.read() if file else None


@pytest.mark.parametrize(
    "size", [0, 1, objects.PART_BYTES + 17, pytest.param(objects.PART_BYTES * 2, marks=pytest.mark.long)]
)
def test_what_is_written_bit_by_bit_is_one_object_that_is_read_in_ranges(key: str, size: int) -> None:
    data = secrets.token_bytes(size)
    objects.put(key, BytesIO(data), content_type="application/zip")
    assert content(key) == data
    file = objects.read(key)
    assert file
    file.seek(-10, 2)
    assert file.read() == data[-10:] if size > 10 else True
    file.seek(size // 2)
    assert file.read(100) == data[size // 2 :][:100]


def test_what_is_left_of_an_object_is_read_by_one_request(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = secrets.token_bytes(100_000)
    objects.put(key, BytesIO(data), content_type="text/plain")
    file = objects.read(key)
    assert file
    ranges: list[tuple[int, int]] = []
    get = Ranges._get

    def remember(self: Ranges, start: int, end: int) -> bytes:
        ranges.append((start, end))
        return get(self, start, end)

    monkeypatch.setattr(Ranges, "_get", remember)
    assert file.read() == data
    assert file.read() == b""
    assert ranges == [(0, 100_000)]


def test_an_upload_that_fails_leaves_neither_object_nor_parts(key: str) -> None:
    def write() -> None:
        with objects.upload(key, content_type="text/plain") as stream:
            stream.write(bytes(objects.PART_BYTES))
            raise ValueError("in the midst")

    with pytest.raises(ValueError, match="in the midst"):
        write()
    assert content(key) is None
    assert unended(key) == 0


def test_what_a_worker_that_died_left_is_aborted_by_the_next_upload_and_by_a_rule(key: str) -> None:
    died = upload(key)
    died.write(bytes(objects.PART_BYTES))
    assert unended(key) == 1
    objects.put(key, BytesIO(b"whole"), content_type="text/plain")
    assert (unended(key), content(key)) == (0, b"whole")
    rules = s3().get_bucket_lifecycle_configuration(Bucket=config.originals_bucket)["Rules"]
    assert {rule["ID"] for rule in rules} == {"unended-uploads", "exports", "imports", "uploads"}
    fleeting = [rule for rule in rules if rule["ID"] != "unended-uploads"]
    assert all(rule["NoncurrentVersionExpiration"]["NoncurrentDays"] == 1 for rule in fleeting)


def test_removing_a_prefix_removes_objects_and_uploads_and_no_others(key: str) -> None:
    for name in ("a", "b"):
        objects.put(f"{key}/{name}", BytesIO(b"x"), content_type="text/plain")
    upload(f"{key}/c").write(b"x")
    objects.put(f"{key}2/a", BytesIO(b"y"), content_type="text/plain")
    assert objects.remove_all(f"{key}/") == 2
    assert content(f"{key}/a") is None
    assert content(f"{key}2/a") == b"y"
    assert unended(f"{key}/") == 0
    objects.remove(f"{key}/a")


def test_a_link_downloads_a_file_and_a_changed_one_nothing(key: str) -> None:
    objects.put(key, BytesIO(b"whole"), content_type="application/zip")
    url = objects.link(key, file_name="export.zip", seconds=60)
    with urllib.request.urlopen(url) as answer:  # noqa: S310 - the emulator's
        assert answer.read() == b"whole"
        assert answer.headers["Content-Disposition"] == 'attachment; filename="export.zip"'
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(url.replace(key, f"{key}2"))  # noqa: S310 - the emulator's
    refused.value.close()
    assert refused.value.code in (403, 404)


@pytest.mark.parametrize("size", [3, objects.PART_BYTES * 2 + 17])
def test_what_is_shown_says_what_it_is_and_is_put_again_after_a_disturbance(
    key: str, size: int, tmp_path: Path, storage_proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = secrets.token_bytes(size)
    (tmp_path / "picture").write_bytes(data)
    storage_proxy.cut_after(0)
    monkeypatch.setattr(time, "sleep", lambda _seconds: storage_proxy.heal())
    objects.show(key, tmp_path / "picture", content_type="image/webp")
    shown = s3().get_object(Bucket=config.media_bucket, Key=key)
    assert shown["Body"].read() == data
    assert (shown["ContentType"], shown["ContentDisposition"]) == ("image/webp", "inline")


def test_old_versions_are_removed_too(key: str) -> None:
    bucket = f"versions-{secrets.token_hex(8)}"
    s3().create_bucket(Bucket=bucket)
    s3().put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"old", b"new"):
        s3().put_object(Bucket=bucket, Key=f"{key}/a", Body=body)
    s3().delete_object(Bucket=bucket, Key=f"{key}/a")
    options = {**storages()["originals"]["OPTIONS"], "bucket_name": bucket}
    assert PrivateBucket(**options).delete_all(f"{key}/") == 1
    found = s3().list_object_versions(Bucket=bucket)
    assert not [*found.get("Versions", ()), *found.get("DeleteMarkers", ())]
    s3().delete_bucket(Bucket=bucket)


def test_while_s3_says_nothing_one_call_waits_for_it_and_the_others_do_not(
    key: str, storage_proxy: Proxy
) -> None:
    objects.put(key, BytesIO(b"whole"), content_type="text/plain")
    storage_proxy.hang()
    with pytest.raises(DependencyAway):
        objects.check()
    with ThreadPoolExecutor(8) as pool:
        took = list(pool.map(_refused_after, [key] * 8))
    assert sum(seconds > 2 for seconds in took) == 1
    storage_proxy.heal()
    assert content(key) == b"whole"
    assert objects.size(key) == 5


def _refused_after(key: str) -> float:
    """Seconds."""
    began = time.monotonic()
    with pytest.raises(DependencyAway):
        objects.size(key)
    return time.monotonic() - began


def test_s3_being_away_is_said(key: str, storage_proxy: Proxy) -> None:
    objects.put(key, BytesIO(b"whole"), content_type="text/plain")
    storage_proxy.refuse()
    with pytest.raises(DependencyAway):
        objects.read(key)
    with pytest.raises(DependencyAway):
        objects.put(key, BytesIO(b"x"), content_type="text/plain")
    storage_proxy.heal()
    assert content(key) == b"whole"


def test_an_answer_that_nothing_is_there_ends_an_outage(key: str, storage_proxy: Proxy) -> None:
    storage_proxy.refuse()
    with pytest.raises(DependencyAway):
        objects.size(key)
    storage_proxy.heal()
    assert objects.read(key) is None
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(objects.size, [key] * 8)) == [None] * 8


def test_the_buckets_are_djangos_storages(key: str) -> None:
    bucket = django_storages["originals"]
    assert bucket.save(key, Typed(BytesIO(b"whole"), "text/plain")) == key
    assert bucket.size(key) == 5
    with bucket.open(key) as file:
        assert file.read() == b"whole"
    bucket.delete(key)
    with pytest.raises(FileNotFoundError):
        bucket.size(key)
    with pytest.raises(FileNotFoundError):
        bucket.open(key)


def test_threads_and_buckets_share_a_client() -> None:
    with ThreadPoolExecutor(2) as pool:
        clients = {id(bucket.client) for bucket in (objects.media(), objects.originals())}
        assert {id(client) for client in pool.map(lambda _: objects.media().client, range(2))} == clients
    assert len(clients) == 1


def test_a_session_keeps_what_it_needs_of_the_list_of_regions() -> None:
    """The other 400 services would take 7 MB of each process."""
    partitions = objects.originals()._create_session()._session.get_data("endpoints")["partitions"]
    assert all(partition["services"].keys() == {"s3", "sts"} for partition in partitions)
