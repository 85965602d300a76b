"""Lists of users, as pages of JSON. Who is blocked, either way, and who isn't active is hidden at read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from echomate import ids, keys, paging, table
from echomate.dynamodb import Wire
from echomate.errors import Forbidden
from echomate.paging import Page, PageRequest
from social.selectors.people import Person, people
from social.selectors.relations import Relation

FRIENDS_STEP = 50
"""So many of whom one follows are looked at together for who follows back."""

Row = tuple[int, int]
"""The id that a list is sorted by, and the user's."""
Fetch = Callable[[int | None, int], Sequence[Row]]
Rule = Callable[[Relation], bool]


def followers(viewer: int, owner: Person, request: PageRequest) -> Page[bytes]:
    """Who follows a user, newest first. One's own list is without those whom the table no longer has."""
    edges = _Rows(keys.followers(owner.card.id), _follower, index="GSI1")
    return _of_owner(viewer, owner, request, edges, lambda relation: relation.followed_by)


def following(viewer: int, owner: Person, request: PageRequest) -> Page[bytes]:
    """Whom a user follows, newest first. One's own list is without those whom one has just left."""
    edges = _Rows(keys.follows(owner.card.id), _followed, index="GSI2")
    return _of_owner(viewer, owner, request, edges, lambda relation: relation.following)


def friends(viewer: int, request: PageRequest) -> Page[bytes]:
    """Those who follow each other with the viewer, by account."""
    fetch = _Rows(keys.user_partition(viewer), _by_account, prefix=keys.FOLLOWING).fetching(request)
    return _page(
        viewer,
        request,
        lambda bound, count: fetch(bound, max(count, FRIENDS_STEP)),
        lambda relation: relation.following and relation.followed_by,
    )


def blocks(viewer: int, request: PageRequest) -> Page[bytes]:
    """Whom the viewer blocks, by account; also those who block them too, so that a block can always be lifted."""
    rows = _Rows(keys.user_partition(viewer), _by_account, prefix=keys.BLOCK)
    return _page(
        viewer, request, rows.fetching(request), lambda relation: relation.blocking, with_blocked=True
    )


def _sort_id(row: Row) -> int:
    return row[0]


def _follower(edge: Wire) -> Row:
    return int(edge["GSI1SK"]["S"]), table.last_id(edge["PK"]["S"])


def _followed(edge: Wire) -> Row:
    return int(edge["GSI2SK"]["S"]), table.last_id(edge["SK"]["S"])


def _by_account(item: Wire) -> Row:
    account = table.last_id(item["SK"]["S"])
    return account, account


@dataclass(frozen=True, slots=True)
class _Rows:
    """Where the rows of a list are."""

    partition: str
    row: Callable[[Wire], Row]
    index: str | None = None
    prefix: str = ""

    def fetching(self, request: PageRequest) -> Fetch:
        def fetch(bound: int | None, count: int) -> Sequence[Row]:
            edge = None if bound is None else self.prefix + ids.pad(bound)
            items = table.query(
                self.partition,
                index=self.index,
                prefix=self.prefix,
                above=edge if request.newer else None,
                below=None if request.newer else edge,
                limit=count,
                newest_first=not request.newer,
            )
            return [self.row(item) for item in items]

        return fetch


def _of_owner(viewer: int, owner: Person, request: PageRequest, edges: _Rows, holds: Rule) -> Page[bytes]:
    """A list that its owner may keep private. `holds` says of an edge of the owner's that the table has it."""
    is_own = viewer == owner.card.id
    if not (is_own or owner.card.show_followers):
        raise Forbidden("This account doesn't show its followers and whom it follows.")
    return _page(viewer, request, edges.fetching(request), lambda relation: not is_own or holds(relation))


def _page(
    viewer: int, request: PageRequest, fetch: Fetch, shows: Rule, *, with_blocked: bool = False
) -> Page[bytes]:
    def hydrate(rows: Sequence[Row]) -> list[bytes | None]:
        found = people(viewer, [user for _, user in rows], with_blocked=with_blocked)
        return [one.present() if one and one.relation and shows(one.relation) else None for one in found]

    return paging.fill(request, fetch, hydrate, _sort_id)
