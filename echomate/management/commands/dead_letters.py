"""`manage.py dead_letters`: list and replay what the projector could not handle."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from echomate import cache
from echomate.errors import DependencyAway
from echomate.stream import dead_letters
from echomate.stream.dead_letters import DeadLetter
from echomate.stream.handling import effects_of


class Command(BaseCommand):
    help = (
        "List the records that the projector parked because their handlers failed, or replay them when the cause is "
        "mended: the handlers run again, counters are added unless a rebuild has counted since, the letter is deleted. "
        "Changes that came later have been handled before. Exit code 1: some letters failed again. 2: a store is away."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument(
            "--replay", action="append", metavar="SEQUENCE", help="replay this one; may be repeated"
        )
        what.add_argument("--replay-all", action="store_true", help="replay all, in their order")
        parser.add_argument("--errors", action="store_true", help="show whole tracebacks")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            letters = list(dead_letters.read_all())
            if options["replay"] or options["replay_all"]:
                self._replay(_chosen(letters, options["replay"]))
            else:
                self._list(letters, whole=options["errors"])
        except DependencyAway as away:
            raise CommandError(away.detail, returncode=2) from away

    def _list(self, letters: list[DeadLetter], *, whole: bool) -> None:
        for letter in letters:
            error = letter.error if whole else letter.error.strip().rpartition("\n")[2]
            self.stdout.write(f"{letter.sequence}  {letter.written_at:%F %T}  {letter.entity_type}  {error}")
        self.stdout.write(f"{len(letters)} dead letters")

    def _replay(self, letters: list[DeadLetter]) -> None:
        failed = [letter for letter in letters if not self._replayed(letter)]
        self.stdout.write(f"{len(letters) - len(failed)} replayed")
        if failed:
            raise CommandError(f"{len(failed)} failed again")

    def _replayed(self, letter: DeadLetter) -> bool:
        try:
            effects = effects_of(letter.record, at_risk=True)
        except DependencyAway:
            raise
        except Exception as error:  # noqa: BLE001 - its handler's; it is shown, and the letter stays
            self.stderr.write(f"{letter.sequence}: {error!r}")
            return False
        cache.ask(*effects.commands)
        if dead_letters.settle(letter, effects):
            cache.ask(*(("DEL", count.cache_key) for count in effects.counts))
        return True


def _chosen(letters: list[DeadLetter], sequences: list[str] | None) -> list[DeadLetter]:
    if sequences is None:
        return letters
    unknown = set(sequences) - {letter.sequence for letter in letters}
    if unknown:
        raise CommandError(f"no such dead letters: {', '.join(sorted(unknown))}")
    return [letter for letter in letters if letter.sequence in sequences]
