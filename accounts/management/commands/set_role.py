"""`manage.py set_role`: give an account a role, or take it away."""

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser

from accounts.management.account_command import AccountCommand, add_user_argument
from accounts.models import User
from accounts.serializers import ROLES
from accounts.services import grant_role, revoke_role


class Command(AccountCommand):
    about = "Give an account a role, or take it away. Done twice, it is the same; it counts from the next request on."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add_user_argument(parser)
        parser.add_argument("role", choices=ROLES[1:], help="beside that of a user, which everybody has")
        parser.add_argument("--remove", action="store_true", help="take it away")

    def act(self, options: Mapping[str, Any]) -> tuple[User, str]:
        role = options["role"]
        account = self.account(options["user"])
        if options["remove"]:
            return revoke_role(account.id, role), f"{account.username} is no {role}."
        return grant_role(account.id, role), f"{account.username} is {role}."
