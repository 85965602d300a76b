"""What is about one user."""

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from rest_framework.response import Response

from accounts.selectors import NO_COUNTS
from echomate.cache import Command
from echomate.views import ApiView
from social import selectors
from social.selectors import Person, Relation


class PersonView(ApiView):
    """Base of what is about one user: they are read in the round trip that admits the caller."""

    with_follows: ClassVar[bool] = True
    """Whether to read if the caller follows them, or asks to."""

    def opening_reads(self, viewer_id: int | None) -> Sequence[Command]:
        return selectors.person_reads(viewer_id, self.kwargs["user"], with_follows=self.with_follows)

    def person(self, user: str, *, even_if_blocked: bool = False) -> Person:
        return selectors.person(
            self.viewer_id_or_none,
            user,
            replies=self.opening,
            even_if_blocked=even_if_blocked,
            with_follows=self.with_follows,
        )


def standing(person: Person, *, followers: int = 0, follows: int = 0, **changed: bool) -> Response:
    """The answer to a toggle.

    Counts were read before the write and hold this very change on top. They trail by what others, or earlier
    calls, wrote a moment ago, which the projector is yet to count. Those of one who blocks the caller aren't told.
    """
    is_hidden = person.relation is not None and person.relation.blocked_by
    before = NO_COUNTS if is_hidden else person.counts
    counts = before._replace(
        followers=max(0, before.followers + followers), following=max(0, before.following + follows)
    )
    relation = replace(person.relation or Relation(), **changed)
    return Response({"viewer": relation.shown, "counts": counts._asdict()})
