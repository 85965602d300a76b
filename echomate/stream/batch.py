"""A batch: what the records since the last commit want added, and how far they reach."""

from dataclasses import dataclass, field

from echomate.keys import Key
from echomate.projections import COUNTERS_AT_MOST, Effects, handlers_of
from echomate.stream.records import Record, entity_type, sequence, written_at

RECORDS_AT_MOST = 2000
JOB = "job"


@dataclass
class Batch:
    start: str
    """The checkpoint that the commit replaces."""
    reached: str
    newest: float = 0
    records: int = 0
    deltas: dict[Key, dict[str, int]] = field(default_factory=dict)
    cache_keys: dict[str, None] = field(default_factory=dict)
    counted: list[tuple[Record, Effects]] = field(default_factory=list)
    has_effects: bool = False
    """Some record had a handler: until the commit, it would be handled again by whoever takes over."""
    has_jobs: bool = False
    """Some record was of a job."""

    @property
    def is_full(self) -> bool:
        return len(self.deltas) >= COUNTERS_AT_MOST or self.records >= RECORDS_AT_MOST

    def has_room_for(self, effects: Effects) -> bool:
        new = {count.key for count in effects.counts}.difference(self.deltas)
        return len(self.deltas) + len(new) <= COUNTERS_AT_MOST

    def add(self, record: Record, effects: Effects) -> None:
        self.reached = sequence(record)
        self.newest = written_at(record)
        self.records += 1
        kind = entity_type(record)
        self.has_effects = self.has_effects or bool(handlers_of(kind))
        self.has_jobs = self.has_jobs or kind == JOB
        if effects.counts:
            self.counted.append((record, effects))
            self._sum(effects)

    def moving(self, refused: list[Key]) -> list[Record]:
        """The records that move these counters, or all where none is named."""
        return [record for record, effects in self.counted if self._moves(effects, refused)]

    def drop(self, refused: list[Key]) -> None:
        """Take those records out."""
        self.counted = [one for one in self.counted if not self._moves(one[1], refused)]
        self._sum_again()

    def _moves(self, effects: Effects, refused: list[Key]) -> bool:
        return not refused or any(count.key in refused for count in effects.counts)

    def first(self) -> "Batch":
        """A batch of the first record with counters, as if those after it hadn't been read."""
        alone = Batch(self.start, self.start)
        alone.add(*self.counted[0])
        alone.has_jobs = self.has_jobs
        return alone

    def drop_first(self) -> None:
        """The first record with counters has been committed."""
        record, _ = self.counted.pop(0)
        self.start = sequence(record)
        self._sum_again()

    def _sum_again(self) -> None:
        self.deltas, self.cache_keys = {}, {}
        for _, effects in self.counted:
            self._sum(effects)

    def _sum(self, effects: Effects) -> None:
        for count in effects.counts:
            fields = self.deltas.setdefault(count.key, {})
            fields[count.field] = fields.get(count.field, 0) + count.delta
            self.cache_keys[count.cache_key] = None
