"""S3: the buckets of media. Everything that talks to S3 comes through here."""

import threading
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config as ClientConfig
from botocore.exceptions import BotoCoreError, ClientError

from echomate.config import config
from echomate.errors import DependencyAway
from echomate.outages import Outage

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

FLEETING = {"exports/": 1, "imports/": 7, "uploads/": 2}
"""Prefixes of the private bucket whose objects a rule removes after so many days, should no job have."""

LOCAL_ORIGINS = [f"http://{host}{port}" for host in ("localhost", "127.0.0.1") for port in ("", ":*")]
CLOSED: Any = dict.fromkeys(
    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
)
"""Nothing of a bucket can be made public by mistake."""

outage = Outage("storage")
"""Every call passes it that somebody or something waits for."""
_client: "S3Client | None" = None
_lock = threading.Lock()


def s3() -> "S3Client":
    """The client; made in the process that uses it, and thread-safe."""
    global _client
    if _client is None:
        with _lock:
            if _client is None:
                _client = boto3.session.Session().client("s3", **_options())
    return _client


def _options() -> dict[str, Any]:
    return {
        "region_name": config.aws_region,
        "endpoint_url": config.aws_endpoint_url or None,
        "aws_access_key_id": config.aws_access_key_id or None,
        "aws_secret_access_key": config.aws_secret_access_key or None,
        "config": ClientConfig(
            connect_timeout=1,
            read_timeout=3,
            retries={"total_max_attempts": 1},
            signature_version="s3v4",  # of links too, which would have an older one
            s3={"addressing_style": "path"},
        ),
    }


def create_buckets() -> None:
    """Create the buckets that are missing, and give each its rules."""
    for bucket in (config.media_bucket, config.originals_bucket):
        try:
            s3().head_bucket(Bucket=bucket)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
                raise
            elsewhere: dict[str, Any] = {
                "CreateBucketConfiguration": {"LocationConstraint": config.aws_region}
            }
            s3().create_bucket(Bucket=bucket, **({} if config.aws_region == "us-east-1" else elsewhere))
        if bucket == config.originals_bucket or not config.media_public_url:
            s3().put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=CLOSED)
    _open_to_browsers(config.originals_bucket, "POST")
    _open_to_browsers(config.media_bucket, "GET", "HEAD")
    _set_rules(config.media_bucket, [])
    _set_rules(
        config.originals_bucket,
        [
            {
                "ID": prefix.strip("/"),
                "Filter": {"Prefix": prefix},
                "Expiration": {"Days": days},
                "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
            }
            for prefix, days in FLEETING.items()
        ],
    )


def _open_to_browsers(bucket: str, *methods: str) -> None:
    """Let pages of the clients' origins ask, with what was signed for them."""
    rule: Any = {
        "AllowedOrigins": [*config.cors_allowed_origins, *(LOCAL_ORIGINS if config.is_local else ())],
        "AllowedMethods": methods,
        "AllowedHeaders": ["*"],
        "MaxAgeSeconds": 7200,
    }
    if rule["AllowedOrigins"]:
        s3().put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})


def _set_rules(bucket: str, rules: list[dict[str, Any]]) -> None:
    """What S3 removes by itself: these objects, and uploads in parts that nobody ended."""
    unended = {"ID": "unended-uploads", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}}
    whole: list[Any] = [{"Filter": {"Prefix": ""}, **rule, "Status": "Enabled"} for rule in (unended, *rules)]
    s3().put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": whole})


def check() -> None:
    """Raises `DependencyAway` where the buckets can't be reached."""
    with outage.passing():
        try:
            for bucket in (config.media_bucket, config.originals_bucket):
                s3().head_bucket(Bucket=bucket)
        except (BotoCoreError, ClientError) as error:
            raise DependencyAway("storage") from error
