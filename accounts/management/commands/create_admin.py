"""`manage.py create_admin`: an account that may do everything."""

import sys
from collections.abc import Mapping
from getpass import getpass
from typing import Any

from django.core.management.base import CommandError, CommandParser
from rest_framework.exceptions import ValidationError

from accounts import names
from accounts.management.account_command import AccountCommand
from accounts.models import User
from accounts.serializers.profile import FullNameField
from accounts.services import NewAccount, create_with_password

ROLES = ("user", "moderator", "admin")


class Command(AccountCommand):
    about = (
        "Make an account that may do everything. Its address counts as verified, and its name may be a reserved one. "
        "The password is asked for, or read from standard input; it is never an argument, which others could see."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("username")
        parser.add_argument("email")
        parser.add_argument("--full-name", default="", help="as it is shown")
        parser.add_argument(
            "--password-stdin", action="store_true", help="read the password from standard input, one line"
        )

    def act(self, options: Mapping[str, Any]) -> tuple[User, str]:
        account = NewAccount(
            username=_username(options["username"]),
            email=_address(options["email"]),
            full_name=_full_name(options["full_name"]),
            email_verified=True,
            roles=ROLES,
        )
        password = _piped() if options["password_stdin"] else _asked()
        user = create_with_password(account, password=password)
        return user, f"{user.username} is an admin."


def _username(text: str) -> str:
    name = names.username(text)
    if name is None:
        raise CommandError(f"{text} can't be a username. {names.USERNAME_RULE}", returncode=2)
    return name


def _address(text: str) -> str:
    address = names.email(text)
    if address is None:
        raise CommandError(f"{text} is not an e-mail address.", returncode=2)
    return address


def _full_name(text: str) -> str:
    try:
        return str(FullNameField().run_validation(text))
    except ValidationError as error:
        raise CommandError(
            f"The full name can't be so. {' '.join(map(str, error.detail))}", returncode=2
        ) from error


def _piped() -> str:
    return sys.stdin.readline().rstrip("\r\n")


def _asked() -> str:
    if not sys.stdin.isatty():
        raise CommandError(
            "There is no terminal to ask for the password: use --password-stdin.", returncode=2
        )
    password = getpass("Password: ")
    if getpass("The same again: ") != password:
        raise CommandError("These are two different passwords.")
    return password
