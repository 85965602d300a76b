"""Users beside posts: whose lists one may ask for, and who likes a post."""

from collections.abc import Sequence
from dataclasses import asdict

from accounts.selectors import Card, cards, present_user, resolve, stats
from echomate.errors import NotFound
from social.selectors import Relation, relations


def visible_user(viewer: int | None, text: str) -> Card:
    """The user that an id or a username names. Raises `NotFound`, also where they block the viewer."""
    user = resolve(text)
    if viewer is not None and relations(viewer, [user])[user].blocked_by:
        raise NotFound
    card = cards.one(user)
    if card is None:
        raise NotFound
    return card


def user_list(viewer: int, users: Sequence[int]) -> list[bytes | None]:
    """Full cards in order; None for those who aren't active, or are blocked either way."""
    found, counts, related = cards.get(users), stats.get(users), relations(viewer, users)
    return [
        present_user(found[user], counts[user], _shape(related[user]))
        if user in found and not (related[user].blocked_by or related[user].blocking)
        else None
        for user in users
    ]


def _shape(relation: Relation) -> dict[str, bool]:
    shape = asdict(relation)
    del shape["blocked_by"]
    return shape
