"""`manage.py import_account`: take the export of another account into a new one."""

import json
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.selectors import own_user, resolve
from accounts.services.importing import start_import
from echomate import jobs, keys
from echomate.errors import DependencyAway, NotFound
from echomate.jobs import Job, State

REST_SECONDS = 0.5


class Command(BaseCommand):
    help = (
        "Take the ZIP of an export into an account that has no posts of its own: its profile, its pictures and "
        "videos (a worker processes them meanwhile), its posts at their times with its own comments on them, whom it "
        "followed here. Nobody is told. Run twice, it is as run once; cut short, a worker goes on with it. Exit code "
        "1: the file or the account was refused. 2: a store is away."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="the ZIP")
        parser.add_argument("--user", required=True, metavar="NAME", help="the account's username or id")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            job = self._run(options["file"], _user(options["user"]))
        except DependencyAway as away:
            raise CommandError(away.detail, returncode=2) from away
        if job.state == State.FAILED:
            raise CommandError(job.refusal or "It failed: see the log.")
        if job.state != State.DONE:
            raise CommandError(f"It is not done yet: job {job.id} goes on with it.", returncode=2)
        self._print(job.result or {}, as_json=options["json"])

    def _run(self, path: Path, user: User) -> Job:
        try:
            with path.open("rb") as file:
                job = start_import(user, file)
        except OSError as error:
            raise CommandError(f"{path} can't be read: {error.strerror}") from error
        while True:
            jobs.run(job.id)
            job = Job.read(keys.job(job.id)) or job
            if job.error or job.state in (State.DONE, State.FAILED):
                return job
            time.sleep(REST_SECONDS)

    def _print(self, report: dict[str, Any], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(report))
            return
        for name in {**report["taken"], **report["refused"]}:
            reasons = report["refused"].get(name, {})
            self.stdout.write(f"{name}: {report['taken'].get(name, 0)} taken, {sum(reasons.values())} not")
            for reason, count in reasons.items():
                self.stdout.write(f"    {count}  {reason}")
        for name in report["left_out"]:
            self.stdout.write(f"{name}: no import takes them")


def _user(name: str) -> User:
    try:
        return own_user(resolve(name))
    except NotFound:
        raise CommandError(f"there is no active account {name}") from None
