"""`manage.py seed_demo`: a believable network to look at, and a login to it."""

import os
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from echomate.config import config
from echomate.errors import DependencyAway
from echomate.local.home import Home, write_private
from feeds.demo import seeding
from feeds.demo.cast import LOGIN


class Command(BaseCommand):
    help = (
        "Fill the table with people who follow each other, write, like and comment. Run again, it adds only what is "
        "missing. All have the same password; a login is left in demo-login.txt in the data directory. Exit code 2: "
        "a store is away."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--users", type=int, default=1000)
        parser.add_argument("--posts", type=int, default=20_000)

    def handle(self, *_args: Any, users: int, posts: int, **_options: Any) -> None:
        if config.environment == "production":
            raise CommandError("Its accounts have a password that everybody knows: not in production.")
        if users < 1 or posts < 0:
            raise CommandError("At least one user, please, and no less than no posts.")
        began = time.time()
        try:
            added = seeding.seed(users=users, posts=posts, output=self.stdout)
            self._leave_login()
            has_caught_up = seeding.wait_for_projector(since=began, output=self.stdout)
        except seeding.NotOurs as error:
            raise CommandError(f"The demo does not fit in here: {error}.") from error
        except DependencyAway as away:
            raise CommandError(away.detail, returncode=2) from away
        if not has_caught_up:
            self.stdout.write("No projector is running; counters and feeds follow when one does.")
        self.stdout.write(self.style.SUCCESS(f"{added} items added in {time.time() - began:.0f} s."))

    def _leave_login(self) -> None:
        login = f"{LOGIN} / {seeding.PASSWORD}"
        file = Home.named_by(os.environ).login_file
        file.parent.mkdir(parents=True, exist_ok=True)
        write_private(file, f"{login}\n")
        self.stdout.write(f"Login: {login} (also in {file})")
