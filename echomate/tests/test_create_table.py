"""`manage.py create_table`."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from echomate import dynamodb, provisioning
from echomate.testing.configuration import configured


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
