"""`manage.py create_table`: the tables and buckets, where they are missing."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from echomate import provisioning, storage
from echomate.config import config


class Command(BaseCommand):
    help = (
        "Create the table, the lease table and the buckets that are missing; what is there stays as it is. "
        "Ends with an error, a line for each difference, when a table has another shape than it should have."
    )
    requires_system_checks = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        differences = provisioning.create_tables()
        storage.create_buckets()
        if differences:
            raise CommandError("\n".join(differences))
        self.stdout.write(
            f"The tables {config.table_name} and {config.lease_table_name} are there, and the buckets."
        )
