"""Takes in whom one followed, where the people exist."""

from collections.abc import Sequence

from accounts.selectors import cards
from echomate import keys, privacy, table
from echomate.errors import Forbidden, NotFound, RateLimited
from echomate.ids import parse_id
from echomate.privacy import Open, Row
from echomate.throttling import Limit, Policy
from social import services

FOLLOWS = Policy("imported-follows", 2000, 24 * 3600, scope="own")
"""More than one may follow by hand in a day, as one brings those of years; and no way around that limit."""


@privacy.imports("following", most=10_000, same_instance=True)
def take_follows(user: int, rows: Sequence[Row], _open: Open) -> list[str | None]:
    wanted = [parse_id(row["id"]) if isinstance(row.get("id"), str) else None for row in rows]
    known = cards.get(list({id_ for id_ in wanted if id_ is not None}))
    return [_follow(user, id_) if id_ in known and id_ != user else "id: nobody to follow" for id_ in wanted]


def _follow(user: int, followed: int) -> str | None:
    """Why it was not taken; a follow that was there already counts towards no limit."""
    limit = Limit(FOLLOWS, str(user))
    try:
        limit.count()
        if not services.follow(follower=user, followed=followed).is_new:
            limit.take_back()
    except RateLimited:
        there = table.batch_get([keys.follow(user, followed), keys.follow_request(user, followed)])
        return None if any(there) else "id: more than a day allows, bring it again tomorrow"
    except (NotFound, Forbidden):
        limit.take_back()
        return "id: nobody to follow"
    return None
