"""`manage.py verify_user`: mark an account as whose it says it is, or take the mark away."""

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser

from accounts.management.account_command import AccountCommand, add_user_argument
from accounts.models import User
from accounts.services import verifying


class Command(AccountCommand):
    about = (
        "Mark an account as verified: nobody else takes names that look like its own from then on. The mark is of its "
        "names, and goes when the username or the full name is changed. Done twice, it is the same."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add_user_argument(parser)
        parser.add_argument("--remove", action="store_true", help="take the mark away")

    def act(self, options: Mapping[str, Any]) -> tuple[User, str]:
        account = self.account(options["user"])
        if options["remove"]:
            return verifying.unverify(account), f"{account.username} is not verified."
        return verifying.verify(account), f"{account.username} is verified."
