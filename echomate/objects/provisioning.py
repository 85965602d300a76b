"""The buckets as they should be: created where they are missing, and given their rules."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from echomate.config import config
from echomate.objects.buckets import Bucket, media, originals
from echomate.objects.trying import status_of

FLEETING = {"exports/": 1, "imports/": 7, "uploads/": 2}
"""Prefixes of the private bucket whose objects a rule removes after so many days, should no job have."""

LOCAL_ORIGINS = [f"http://{host}{port}" for host in ("localhost", "127.0.0.1") for port in ("", ":*")]
CORS_RULE = "echomate"
"""The name of our rule in a bucket's CORS."""
CLOSED: Any = dict.fromkeys(
    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
)
"""Nothing of a bucket can be made public by mistake."""


def create_buckets() -> None:
    """Create the buckets that are missing, and give each its rules."""
    for bucket in (media(), originals()):
        _create(bucket)
    for bucket in [originals()] if media().public_url else [originals(), media()]:
        bucket.client.put_public_access_block(
            Bucket=bucket.bucket_name, PublicAccessBlockConfiguration=CLOSED
        )
    _open_to_browsers(originals(), "POST")
    _open_to_browsers(media(), "GET", "HEAD")
    _set_rules(media(), [])
    _set_rules(
        originals(),
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


def _create(bucket: Bucket) -> None:
    try:
        bucket.client.head_bucket(Bucket=bucket.bucket_name)
    except ClientError as error:
        if status_of(error) != 404:
            raise
        elsewhere: dict[str, Any] = {"CreateBucketConfiguration": {"LocationConstraint": config.aws_region}}
        bucket.client.create_bucket(
            Bucket=bucket.bucket_name, **({} if config.aws_region == "us-east-1" else elsewhere)
        )


def _open_to_browsers(bucket: Bucket, *methods: str) -> None:
    """Let pages of the clients' origins ask, with what was signed for them. An operator's own rules stay."""
    origins = [*config.cors_allowed_origins, *(LOCAL_ORIGINS if config.is_local else ())]
    form = {"AllowedMethods": [*methods], "AllowedHeaders": ["*"], "MaxAgeSeconds": 7200}
    ours = [{"ID": CORS_RULE, "AllowedOrigins": origins, **form}] if origins else []
    there = _rules_there(bucket.client.get_bucket_cors, bucket).get("CORSRules", [])
    theirs = [rule for rule in there if rule.get("ID") != CORS_RULE and not _is_former(rule, form)]
    rules: list[Any] = [*theirs, *ours]
    if rules == there:
        return
    if rules:
        bucket.client.put_bucket_cors(Bucket=bucket.bucket_name, CORSConfiguration={"CORSRules": rules})
    else:
        bucket.client.delete_bucket_cors(Bucket=bucket.bucket_name)


def _is_former(rule: dict[str, Any], form: dict[str, Any]) -> bool:
    """Whether a rule is ours from when it had no name: it differs by its origins at most."""
    return {**rule, "AllowedOrigins": ()} == {**form, "AllowedOrigins": ()}


def _set_rules(bucket: Bucket, rules: list[dict[str, Any]]) -> None:
    """What S3 removes by itself: these objects, and uploads in parts that nobody ended.

    Ours are known by their names; an operator's own rules stay.
    """
    unended = {"ID": "unended-uploads", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}}
    ours: list[Any] = [{"Filter": {"Prefix": ""}, **rule, "Status": "Enabled"} for rule in (unended, *rules)]
    found = _rules_there(bucket.client.get_bucket_lifecycle_configuration, bucket)
    there = found.get("Rules", [])
    names = {rule["ID"] for rule in ours}
    theirs = [rule for rule in there if rule.get("ID") not in names]
    if [rule for rule in there if rule not in theirs] == ours:
        return
    size = "TransitionDefaultMinimumObjectSize"
    kept = {size: found[size]} if size in found else {}
    bucket.client.put_bucket_lifecycle_configuration(
        Bucket=bucket.bucket_name, LifecycleConfiguration={"Rules": [*theirs, *ours]}, **kept
    )


def _rules_there(get: Callable[..., Any], bucket: Bucket) -> dict[str, Any]:
    """A bucket's configuration of some kind; empty where it has none."""
    try:
        return dict(get(Bucket=bucket.bucket_name))
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"NoSuchLifecycleConfiguration", "NoSuchCORSConfiguration"}:
            raise
        return {}
