"""Binding media to what uses them, in the transaction that makes it: each medium is used once."""

from collections.abc import Iterable, Sequence

from echomate import dynamodb, keys, transactions
from echomate.dynamodb import Wire
from echomate.errors import Conflict, Invalid
from media.models import State
from media.purposes import Purpose
from media.selectors import Descriptor, descriptors

RETRY_AFTER = {"Retry-After": "1"}
NOT_READY = "It is not ready yet."
ATTACHED = "It is used already."


def attach_items(user: int, ids: Iterable[int], *, to: str, purpose: Purpose = Purpose.POST) -> list[Wire]:
    """The parts of a transaction that bind ready media of a user, to what lies in the partition `to` of the table.

    Each fails where a medium is another's, not ready, for something else, or bound elsewhere; again it succeeds.
    """
    return [
        transactions.update(
            keys.media(media),
            change="SET #Attached = :to",
            condition="#Owner = :owner AND #State = :ready AND #Purpose = :purpose"
            " AND (attribute_not_exists(#Attached) OR #Attached = :to)",
            to=to,
            owner=user,
            ready=State.READY.value,
            purpose=purpose.value,
        )
        for media in ids
    ]


def remove_items(ids: Iterable[int], *, attached: str) -> list[Wire]:
    """The parts of a transaction that remove media with what has used them; their objects follow. Again is no error."""
    return [
        transactions.delete(
            keys.media(media),
            condition="attribute_not_exists(PK) OR #Attached = :attached",
            attached=attached,
        )
        for media in ids
    ]


def remove(ids: Iterable[int], *, attached: str) -> None:
    """The same at once, one by one, for what a projection has found to be unused now."""
    for part in remove_items(ids, attached=attached):
        dynamodb.attempt("DeleteItem", part["Delete"])


def require_ready(
    user: int, ids: Sequence[int], *, to: str, purpose: Purpose = Purpose.POST, field: str = "media_ids"
) -> list[Descriptor]:
    """The media, in their order, if `attach_items` may bind them now.

    Raises `Invalid` for what isn't there, is another's, of another purpose or rejected, and `Conflict`:
    `media-not-ready` with `Retry-After`, `media-attached`. All of them name the places.
    """
    found = descriptors(ids)
    if errors := _errors(field, [_fault(user, found.get(id_), purpose) for id_ in ids]):
        raise Invalid(errors=errors)
    media = [found[id_] for id_ in ids]
    if errors := _errors(field, ["" if one.state == State.READY else NOT_READY for one in media]):
        raise Conflict(type="media-not-ready", errors=errors, headers=RETRY_AFTER)
    if errors := _errors(field, ["" if one.attached in (None, to) else ATTACHED for one in media]):
        raise Conflict(type="media-attached", errors=errors)
    return media


def _errors(field: str, faults: Sequence[str]) -> dict[str, list[str]]:
    """Faults by the place of the medium; none is empty."""
    return {
        f"{field}.{number}" if field.endswith("s") else field: [fault]
        for number, fault in enumerate(faults)
        if fault
    }


def _fault(user: int, media: Descriptor | None, purpose: Purpose) -> str:
    if media is None or media.owner != user:
        return "There is no such media."
    if media.purpose != purpose:
        return f"It was uploaded for another purpose: {media.purpose}."
    if media.state == State.REJECTED:
        return f"It was rejected. {media.detail}"
    return ""
