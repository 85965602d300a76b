"""URLs of media: S3 takes them, CloudFront would, and they end."""

import base64
import json
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from echomate import objects
from echomate.config import config
from echomate.objects import s3, signature
from echomate.testing.configuration import configured

NAMES = ["320.webp", "2048.webp", "2048.jpg"]


@pytest.fixture
def folder() -> str:
    """With a file in it, `320.webp`."""
    name = f"posts/{secrets.randbelow(10**18)}/{secrets.randbelow(10**18)}/"
    s3().put_object(Bucket=config.media_bucket, Key=f"{name}320.webp", Body=b"picture")
    return name


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - the emulator's
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def test_s3_shows_a_file_by_its_url_and_by_nothing_that_differs_from_it(folder: str) -> None:
    url = objects.sign(folder, NAMES, hour=objects.this_hour())[0]
    assert status(url) == 200
    assert status(url.replace("320.webp", "2048.webp")) in (403, 404)
    assert status(url.replace("X-Amz-Expires=10800", "X-Amz-Expires=604800")) == 403
    assert status(url.partition("?")[0]) == 403


def test_a_url_ends(folder: str) -> None:
    past = objects.this_hour() - 3 * objects.HOUR
    assert status(objects.sign(folder, NAMES, hour=past)[0]) == 403
    assert status(objects.sign(folder, NAMES, hour=past, hours=5)[0]) == 200


def test_urls_of_an_hour_are_the_same_and_live_two_to_three_hours_from_the_answer() -> None:
    hour = objects.this_hour()
    assert hour % 3600 == 0
    assert objects.expires_at(hour) == hour + 3 * 3600
    assert objects.sign("a/", NAMES, hour=hour) == objects.sign("a/", NAMES, hour=hour)
    assert objects.sign("a/", NAMES, hour=hour) != objects.sign("a/", NAMES, hour=hour - 3600)


@pytest.mark.parametrize("token", [None, "a/session+token=="])
@pytest.mark.parametrize("name", ["320.webp", "with space+and~more(1).jpg"])
def test_signatures_are_those_of_botocore(token: str | None, name: str) -> None:
    at = objects.this_hour()
    keys = ("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token)
    place = signature.Place(config.s3_url, config.media_bucket, config.aws_region)
    signer = signature._Signer(place, at, 10800, Credentials(*keys).get_frozen_credentials())
    mine = signer.url(quote(f"posts/1/{name}"))
    request = AWSRequest(method="GET", url=mine.partition("?")[0])
    request.context["timestamp"] = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at))
    theirs = S3SigV4QueryAuth(Credentials(*keys), "s3", config.aws_region, expires=10800)
    expected = theirs.signature(theirs.string_to_sign(request, _canonical(mine)), request)
    assert parse_qs(urlsplit(mine).query)["X-Amz-Signature"] == [expected]


def _canonical(url: str) -> str:
    parts = urlsplit(url)
    query = parts.query.rpartition("&X-Amz-Signature=")[0]
    return f"GET\n{parts.path}\n{query}\nhost:{parts.netloc}\n\nhost\nUNSIGNED-PAYLOAD"


@pytest.fixture
def cloudfront_key() -> Iterator[rsa.RSAPrivateKey]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    with configured(
        cloudfront_url="https://media.example", cloudfront_key_id="K1", cloudfront_private_key=pem
    ):
        yield key


def test_cloudfront_gets_one_policy_for_all_files_of_a_media(cloudfront_key: rsa.RSAPrivateKey) -> None:
    hour = objects.this_hour()
    urls = objects.sign("posts/1/2/", NAMES, hour=hour)
    assert [url.partition("?")[0] for url in urls] == [f"https://media.example/posts/1/2/{n}" for n in NAMES]
    (query,) = {url.partition("?")[2] for url in urls}
    given = {name: value for name, _, value in (part.partition("=") for part in query.split("&"))}
    assert given["Key-Pair-Id"] == "K1"
    policy = _decoded(given["Policy"])
    cloudfront_key.public_key().verify(_decoded(given["Signature"]), policy, PKCS1v15(), SHA1())  # noqa: S303 - CloudFront's
    assert json.loads(policy) == {
        "Statement": [
            {
                "Resource": "https://media.example/posts/1/2/*",
                "Condition": {"DateLessThan": {"AWS:EpochTime": hour + 10800}},
            }
        ]
    }


def _decoded(text: str) -> bytes:
    return base64.b64decode(text.translate(str.maketrans("-_~", "+=/")))


def test_what_is_public_has_urls_without_an_end_where_the_settings_say_where() -> None:
    hour = objects.this_hour()
    with configured(media_public_url="https://pictures.example"):
        assert objects.sign("posts/1/2/", ["a.webp"], hour=hour, is_public=True) == [
            "https://pictures.example/posts/1/2/a.webp"
        ]
        assert "X-Amz-Signature" in objects.sign("posts/1/2/", ["a.webp"], hour=hour)[0]
    assert "X-Amz-Signature" in objects.sign("posts/1/2/", ["a.webp"], hour=hour, is_public=True)[0]


def test_the_storage_itself_gives_the_same_urls_and_others_that_are_asked_for(folder: str) -> None:
    bucket, name = objects.media(), f"{folder}320.webp"
    assert bucket.url(name) == objects.sign(folder, ["320.webp"], hour=objects.this_hour())[0]
    assert bucket.url("320.webp") == objects.sign("", ["320.webp"], hour=objects.this_hour())[0]
    as_text = bucket.url(name, parameters={"ResponseContentType": "text/plain"}, expire=60)
    with urllib.request.urlopen(as_text, timeout=30) as answer:  # noqa: S310 - the emulator's
        assert answer.headers["Content-Type"] == "text/plain"
    bare = bucket.url(name, http_method="GET")
    assert status(bare) == 200
