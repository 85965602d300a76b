"""Takes in whom one followed, where the people exist."""

from collections.abc import Sequence

from accounts.selectors import cards
from echomate import privacy
from echomate.errors import Forbidden, NotFound
from echomate.ids import parse_id
from echomate.privacy import Row
from social import services


@privacy.imports("following", most=10_000, same_instance=True)
def take_follows(user: int, rows: Sequence[Row]) -> list[str | None]:
    wanted = [parse_id(row["id"]) if isinstance(row.get("id"), str) else None for row in rows]
    known = cards.get(list({id_ for id_ in wanted if id_ is not None}))
    return [_follow(user, id_) if id_ in known and id_ != user else "id: nobody to follow" for id_ in wanted]


def _follow(user: int, followed: int) -> str | None:
    try:
        services.follow(follower=user, followed=followed)
    except (NotFound, Forbidden):
        return "id: nobody to follow"
    return None
