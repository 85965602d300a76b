"""`manage.py jobs`: list the jobs that were given up, and run them again."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from echomate import ids, jobs
from echomate.errors import DependencyAway


class Command(BaseCommand):
    help = "List the jobs that failed so often that they were given up, or let them be tried again."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--retry", action="append", metavar="ID", type=int, help="try this one again")
        parser.add_argument("--retry-all", action="store_true", help="try all of them again")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            failed = list(jobs.failed())
            if options["retry"] or options["retry_all"]:
                self._retry(failed, options["retry"])
            else:
                self._list(failed)
        except DependencyAway as away:
            raise CommandError(away.detail, returncode=2) from away

    def _list(self, failed: list[jobs.Job]) -> None:
        for job in failed:
            self.stdout.write(f"{job.id}  {ids.rfc3339(job.id)}  {job.kind}  {job.error}")
        self.stdout.write(f"{len(failed)} jobs were given up")

    def _retry(self, failed: list[jobs.Job], wanted: list[int] | None) -> None:
        unknown = set(wanted or ()) - {job.id for job in failed}
        if unknown:
            raise CommandError(f"not among those given up: {', '.join(map(str, sorted(unknown)))}")
        chosen = [job for job in failed if wanted is None or job.id in wanted]
        for job in chosen:
            jobs.retry(job)
        self.stdout.write(f"{len(chosen)} jobs are tried again")
