"""What commands about an account share: how it is named, what they say, and the exit code."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import orjson
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import selectors
from accounts.models import User
from echomate.errors import DependencyAway, EchomateError
from echomate.problems import TITLES

CODES = "Exit code 1: there is no such account, or it can't be done. 2: wrong usage, or a store is away."


class AccountCommand(BaseCommand):
    """A command says what it did in a sentence, or as JSON the account as it is then; refusals go to stderr."""

    about: ClassVar[str]
    requires_system_checks = []

    def __init__(self, *args: Any, **options: Any) -> None:
        self.help = f"{self.about} {CODES}"
        super().__init__(*args, **options)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the account as one JSON object")

    @abstractmethod
    def act(self, options: Mapping[str, Any]) -> tuple[User, str]:
        """Do it: the account as it is then, and the sentence. Raises `EchomateError`."""

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            user, said = self.act(options)
        except DependencyAway as away:
            raise CommandError(away.detail, returncode=2) from away
        except EchomateError as error:
            raise CommandError(_sentence(error)) from error
        self.stdout.write(_json(user) if options["json"] else said)

    def account(self, named: str) -> User:
        """The account of an id, a username or an address, in whatever state."""
        user = selectors.account(named)
        if user is None:
            raise CommandError(f"There is no account {named}.")
        return user


def add_user_argument(parser: CommandParser) -> None:
    parser.add_argument("user", help="its id, its username or its e-mail address")


def _sentence(error: EchomateError) -> str:
    texts = [text for of_field in (error.errors or {}).values() for text in of_field]
    return " ".join(texts) or error.detail or f"{TITLES[error.type]}."


def _json(user: User) -> str:
    return orjson.dumps(
        {
            "id": str(user.id),
            "username": user.username,
            "email": user.email,
            "state": user.state,
            "roles": list(user.roles),
            "verified": user.verified,
        }
    ).decode()
