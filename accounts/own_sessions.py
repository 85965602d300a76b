"""One's sessions as one sees them: a page of them, the one that was begun last first."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from accounts import sessions
from accounts.models import Session
from echomate import ids, paging
from echomate.ids import rfc3339
from echomate.paging import Page, PageRequest


def page(user: int, request: PageRequest, *, current: str) -> Page[dict[str, Any]]:
    """All are read: there are 50 at most. `current` is the sid of the one that asks."""
    newest_first = sorted(sessions.of(user), key=_place, reverse=True)

    def beyond(bound: int | None, count: int) -> Sequence[Session]:
        if request.newer:
            return [one for one in reversed(newest_first) if _place(one) > (bound or 0)][:count]
        return [one for one in newest_first if bound is None or _place(one) < bound][:count]

    found = paging.fill(request, beyond, list, _place)
    return found.map(lambda page: [_present(session, current=current) for session in page])


def _place(session: Session) -> int:
    """An id of the moment when it was begun; the sid tells apart those of one millisecond."""
    return ids.with_random_part(ids.id_at_milliseconds(int(session.created_at or 0)), int(session.sid, 16))


def _present(session: Session, *, current: str) -> dict[str, Any]:
    begun = ids.instant(_place(session))
    used = datetime.fromtimestamp(int(session.last_used_at or session.rotated_at), UTC)
    return {
        "id": session.sid,
        "device": session.device,
        "address": session.address,
        "created_at": rfc3339(begun),
        "last_used_at": rfc3339(max(begun, used)),
        "current": session.sid == current,
    }
