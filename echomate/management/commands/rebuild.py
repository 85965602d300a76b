"""`manage.py rebuild`: recompute counters and timelines from the facts."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from echomate.errors import DependencyAway
from echomate.stream import rebuild


class Command(BaseCommand):
    help = (
        "Recompute from the facts what the projector keeps: counters, timelines. A projector must be running. Needed "
        "when /health/events says that records were lost. Exit code 1: something was too busy to be counted, or "
        "more was lost meanwhile; run it again. 2: a store or the projector is away."
    )
    requires_system_checks = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        try:
            outcome = rebuild.run(self.stdout.write)
        except DependencyAway as away:
            raise CommandError(away.detail, returncode=2) from away
        for name in outcome.too_busy:
            self.stderr.write(f"too busy: {name}")
        if outcome.too_busy:
            raise CommandError(f"{len(outcome.too_busy)} counters changed all the time; run it again")
        if not outcome.mended:
            raise CommandError("more records were lost meanwhile; run it again")
        self.stdout.write(self.style.SUCCESS(f"{outcome.counted} counted, {outcome.corrected} corrected"))
