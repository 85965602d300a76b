"""Users as a viewer sees them: card, counts and relation, joined from what is cached of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from accounts.selectors import (
    Card,
    UserCounts,
    cards,
    present_barely,
    present_user,
    resolve,
    resolve_reads,
    stats,
)
from echomate import cache, keys
from echomate.cache import Command
from echomate.errors import NotFound
from echomate.ids import parse_id
from social.selectors.relations import Relation, relation_reads, relations


@dataclass(frozen=True, slots=True)
class Person:
    """A user and how the viewer stands to them; no relation where nobody is logged in."""

    card: Card
    counts: UserCounts
    relation: Relation | None

    def present(self) -> bytes:
        """The JSON of the `user` shape. Of one who blocks the viewer, who blocks them too, it says the name alone."""
        if self.relation and self.relation.blocked_by:
            return present_barely(self.card, self.relation.shown)
        return present_user(self.card, self.counts, self.relation.shown if self.relation else None)


def person_reads(viewer: int | None, text: str, *, with_follows: bool = True) -> list[Command]:
    """What `person` asks Redis first for an id or a username, for views that join it with their own reads."""
    id_ = parse_id(text)
    return resolve_reads(text) if id_ is None else _reads(viewer, [id_], with_follows=with_follows)


def person(
    viewer: int | None,
    text: str,
    *,
    replies: Sequence[Any] | None = None,
    even_if_blocked: bool = False,
    with_follows: bool = True,
) -> Person:
    """The user that an id or a username names. `NotFound` also for one who blocks the viewer, if not told otherwise.

    Warm, a username takes two round trips to Redis and an id one, which `replies` (to `person_reads`) saves.
    """
    id_ = parse_id(text)
    if id_ is None:
        id_ = resolve(text, replies=replies)
        replies = cache.asked(_reads(viewer, [id_], with_follows=with_follows))
    found = _people(viewer, [id_], replies, with_follows=with_follows).get(id_)
    if found is None or (found.relation and found.relation.blocked_by and not even_if_blocked):
        raise NotFound
    return found


def people(viewer: int | None, ids: Sequence[int], *, with_blocked: bool = False) -> list[Person | None]:
    """The users of a list in its order; None for one who isn't active, or where there is a block either way."""
    found = _people(viewer, ids, cache.asked(_reads(viewer, ids))) if ids else {}
    return [
        one if (one := found.get(id_)) and (with_blocked or not _is_blocked(one)) else None for id_ in ids
    ]


def _is_blocked(person: Person) -> bool:
    relation = person.relation
    return relation is not None and (relation.blocking or relation.blocked_by)


def _reads(viewer: int | None, ids: Sequence[int], *, with_follows: bool = True) -> list[Command]:
    names = [*map(keys.cached_user, ids), *map(keys.cached_user_stats, ids)]
    standing = relation_reads(viewer, ids, with_follows=with_follows) if viewer is not None else ()
    return [("MGET", *names), *standing]


def _people(
    viewer: int | None, ids: Sequence[int], replies: Sequence[Any] | None, *, with_follows: bool = True
) -> Mapping[int, Person]:
    values = replies[0] if replies else None
    found = cards.get(ids, found=values and dict(zip(ids, values[: len(ids)], strict=True)))
    counts = stats.get(found, found=values and dict(zip(ids, values[len(ids) :], strict=True)))
    standing = (
        relations(viewer, ids, found=replies and replies[1:], with_follows=with_follows)
        if viewer is not None
        else dict.fromkeys(ids)
    )
    return {id_: Person(found[id_], counts[id_], standing[id_]) for id_ in found}
