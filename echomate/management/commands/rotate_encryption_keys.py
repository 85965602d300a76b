"""`manage.py rotate_encryption_keys`: seal with the first key what former ones have sealed."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from echomate import sealing
from echomate.config import config
from echomate.errors import DependencyAway


class Command(BaseCommand):
    help = (
        "Seal all secrets at rest with the first of ENCRYPTION_KEYS. To rotate: put a new key first and keep the "
        "former ones behind it, restart all processes, run this; when it has nothing left to do, drop the former ones. "
        "Where processes restart one after the other, put it last at first, so that all open what some seal. It may "
        "run while the product does, and again. Exit code 1: no key opens some of them, and each is named. "
        "2: DynamoDB is away."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help='say {"resealed": count, "failed": [keys]}')

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            outcome = list(sealing.rotate())
        except DependencyAway as away:
            raise CommandError(away.detail, returncode=2) from away
        failed = ["/".join(key) for key, went in outcome if not went]
        resealed = len(outcome) - len(failed)
        if options["json"]:
            self.stdout.write(json.dumps({"resealed": resealed, "failed": failed}))
        else:
            self._say(resealed)
        if failed:
            raise CommandError(f"no key of ENCRYPTION_KEYS opens {', '.join(failed)}")

    def _say(self, resealed: int) -> None:
        if len(config.encryption_keys) == 1:
            self.stdout.write("ENCRYPTION_KEYS holds one key: there is none to rotate from.")
        else:
            self.stdout.write(f"{resealed} sealed anew with the first key.")
