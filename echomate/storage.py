"""S3: the buckets of media. Everything that talks to S3 comes through here."""

import threading
from collections.abc import Callable
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
CORS_RULE = "echomate"
"""The name of our rule in a bucket's CORS."""
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
    """Let pages of the clients' origins ask, with what was signed for them. An operator's own rules stay."""
    origins = [*config.cors_allowed_origins, *(LOCAL_ORIGINS if config.is_local else ())]
    form = {"AllowedMethods": [*methods], "AllowedHeaders": ["*"], "MaxAgeSeconds": 7200}
    ours = [{"ID": CORS_RULE, "AllowedOrigins": origins, **form}] if origins else []
    there = _rules_there(s3().get_bucket_cors, bucket).get("CORSRules", [])
    theirs = [rule for rule in there if rule.get("ID") != CORS_RULE and not _is_former(rule, form)]
    rules: list[Any] = [*theirs, *ours]
    if rules == there:
        return
    if rules:
        s3().put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": rules})
    else:
        s3().delete_bucket_cors(Bucket=bucket)


def _is_former(rule: dict[str, Any], form: dict[str, Any]) -> bool:
    """Whether a rule is ours from when it had no name: it differs by its origins at most."""
    return {**rule, "AllowedOrigins": ()} == {**form, "AllowedOrigins": ()}


def _set_rules(bucket: str, rules: list[dict[str, Any]]) -> None:
    """What S3 removes by itself: these objects, and uploads in parts that nobody ended.

    Ours are known by their names; an operator's own rules stay.
    """
    unended = {"ID": "unended-uploads", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}}
    ours: list[Any] = [{"Filter": {"Prefix": ""}, **rule, "Status": "Enabled"} for rule in (unended, *rules)]
    found = _rules_there(s3().get_bucket_lifecycle_configuration, bucket)
    there = found.get("Rules", [])
    names = {rule["ID"] for rule in ours}
    theirs = [rule for rule in there if rule.get("ID") not in names]
    if [rule for rule in there if rule not in theirs] == ours:
        return
    size = "TransitionDefaultMinimumObjectSize"
    kept = {size: found[size]} if size in found else {}
    s3().put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration={"Rules": [*theirs, *ours]}, **kept
    )


def _rules_there(get: Callable[..., Any], bucket: str) -> dict[str, Any]:
    """A bucket's configuration of some kind; empty where it has none."""
    try:
        return dict(get(Bucket=bucket))
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"NoSuchLifecycleConfiguration", "NoSuchCORSConfiguration"}:
            raise
        return {}


def check() -> None:
    """Raises `DependencyAway` where the buckets can't be reached."""
    with outage.passing():
        try:
            for bucket in (config.media_bucket, config.originals_bucket):
                s3().head_bucket(Bucket=bucket)
        except (BotoCoreError, ClientError) as error:
            raise DependencyAway("storage") from error
