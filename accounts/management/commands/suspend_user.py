"""`manage.py suspend_user`: suspend an account, or lift that."""

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.management.account_command import AccountCommand, add_user_argument
from accounts.models import User
from accounts.services import suspend, unsuspend


class Command(AccountCommand):
    about = (
        "Suspend an account: it is hidden from everybody and its sessions end at once. With --lift it is back as it "
        "was, without its sessions. Done twice, it is the same."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add_user_argument(parser)
        parser.add_argument("--reason", default="", help="kept with the account until it is lifted")
        parser.add_argument("--lift", action="store_true", help="end the suspension")

    def act(self, options: Mapping[str, Any]) -> tuple[User, str]:
        reason, lift = options["reason"], options["lift"]
        if lift and reason:
            raise CommandError("--lift takes no --reason.", returncode=2)
        account = self.account(options["user"])
        if lift:
            return unsuspend(account.id), f"{account.username} is not suspended any more."
        return suspend(account.id, reason=reason), f"{account.username} is suspended."
