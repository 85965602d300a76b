"""`manage.py remove_factors`: let one log in again who has lost the second factors."""

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser

from accounts import services
from accounts.management.account_command import AccountCommand, add_user_argument
from accounts.models import User


class Command(AccountCommand):
    about = (
        "Remove all second factors of an account, passkeys among them, and end its sessions. Its owner is told by"
        " mail. Make sure first that it is the owner who asks: the password alone opens the account then."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add_user_argument(parser)

    def act(self, options: Mapping[str, Any]) -> tuple[User, str]:
        account = self.account(options["user"])
        services.remove_factors(account)
        return account, f"{account.username} has no second factor."
