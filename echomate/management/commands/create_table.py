"""`manage.py create_table`: the tables and buckets, where they are missing."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from echomate import objects, provisioning
from echomate.config import config
from echomate.errors import DependencyAway


class Command(BaseCommand):
    help = (
        "Create the table, the lease table and the buckets that are missing; what is there stays as it is. "
        "Exit code 1, and a line for each difference: a table has another shape than it should have. 2: DynamoDB is "
        "away."
    )
    requires_system_checks = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        try:
            differences = provisioning.create_tables()
        except DependencyAway as away:
            raise CommandError(away.detail, returncode=2) from away
        objects.create_buckets()
        if differences:
            raise CommandError("\n".join(differences))
        self.stdout.write(
            f"The tables {config.table_name} and {config.lease_table_name} are there, and the buckets."
        )
