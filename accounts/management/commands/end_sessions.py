"""`manage.py end_sessions`: log an account out everywhere."""

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser

from accounts import sessions
from accounts.management.account_command import AccountCommand, add_user_argument
from accounts.models import User


class Command(AccountCommand):
    about = "End all sessions of an account at once, on every device. Its owner may log in again."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add_user_argument(parser)

    def act(self, options: Mapping[str, Any]) -> tuple[User, str]:
        account = self.account(options["user"])
        sessions.end_all(account.id)
        return account, f"All sessions of {account.username} have ended."
