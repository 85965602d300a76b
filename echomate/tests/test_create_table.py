"""`manage.py create_table`."""

from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from echomate import dynamodb, ids, provisioning
from echomate.objects import s3
from echomate.testing.configuration import configured

pytestmark = pytest.mark.store


def create_table() -> str:
    output = StringIO()
    call_command("create_table", stdout=output)
    return output.getvalue()


def test_it_may_run_again() -> None:
    assert create_table() == create_table()


def test_without_a_local_stack_it_touches_no_aws_and_says_what_to_do() -> None:
    nowhere = {"aws_endpoint_url": "", "dynamodb_endpoint_url": "", "aws_access_key_id": "somebodys"}
    with configured(**nowhere), pytest.raises(CommandError, match="make run") as error:
        create_table()
    assert error.value.returncode == 2


def test_it_says_what_differs_and_changes_nothing() -> None:
    crooked = provisioning.definition("crooked", ("PK", "SK"))
    dynamodb.call("CreateTable", crooked)
    with configured(table_name="crooked"), pytest.raises(CommandError) as error:
        create_table()
    assert "table crooked: GlobalSecondaryIndexes is" in str(error.value)
    assert "table crooked: StreamSpecification is" in str(error.value)
    dynamodb.call("DeleteTable", {"TableName": "crooked"})


@pytest.fixture
def buckets() -> Iterator[tuple[str, str]]:
    """Names of the media bucket and the private one, which `create_table` will make."""
    names = (f"media-{ids.new_id()}", f"originals-{ids.new_id()}")
    with configured(media_bucket=names[0], originals_bucket=names[1]):
        create_table()
        yield names
        for name in names:
            s3().delete_bucket(Bucket=name)


def lifecycle(bucket: str) -> dict[str, Any]:
    rules = s3().get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    return {rule["ID"]: rule for rule in rules}


def cors(bucket: str) -> list[Any]:
    return list(s3().get_bucket_cors(Bucket=bucket)["CORSRules"])


def test_an_operators_own_rules_of_a_bucket_stay(buckets: tuple[str, str]) -> None:
    for bucket in buckets:
        ours, open_to_us = lifecycle(bucket), cors(bucket)
        own: Any = {
            "ID": "glacier",
            "Filter": {"Prefix": "users/"},
            "Status": "Disabled",
            "Expiration": {"Days": 900},
        }
        page: Any = {"ID": "lab", "AllowedOrigins": ["https://lab.example"], "AllowedMethods": ["GET"]}
        s3().put_bucket_lifecycle_configuration(
            Bucket=bucket, LifecycleConfiguration={"Rules": [own, *ours.values()]}
        )
        s3().put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [page, *open_to_us]})
        for _ in range(2):
            create_table()
            assert lifecycle(bucket) == {**ours, "glacier": own}
            assert cors(bucket) == [page, *open_to_us]


def test_our_own_rules_of_a_bucket_are_mended(buckets: tuple[str, str]) -> None:
    _, bucket = buckets
    ours, open_to_us = lifecycle(bucket), cors(bucket)
    longer: Any = {**ours["exports"], "Expiration": {"Days": 365}}
    s3().put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [longer]})
    nameless = {name: value for name, value in open_to_us[0].items() if name != "ID"}
    elsewhere: Any = {**nameless, "AllowedOrigins": ["https://former.example"]}
    s3().put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [elsewhere]})
    create_table()
    assert lifecycle(bucket) == ours
    assert cors(bucket) == open_to_us
    s3().delete_bucket_lifecycle(Bucket=bucket)
    s3().delete_bucket_cors(Bucket=bucket)
    create_table()
    assert (lifecycle(bucket), cors(bucket)) == (ours, open_to_us)


@pytest.mark.usefixtures("buckets")
def test_rules_that_are_as_they_should_be_are_not_written_again() -> None:
    written: list[str] = []

    def note(model: Any, **_: Any) -> None:
        written.append(model.name)

    s3().meta.events.register("before-call.s3", note)
    create_table()
    s3().meta.events.unregister("before-call.s3", note)
    assert not {"PutBucketCors", "PutBucketLifecycleConfiguration"} & set(written)
    assert "GetBucketCors" in written
