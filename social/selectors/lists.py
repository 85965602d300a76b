"""Lists of users, as pages of JSON. Who is blocked, either way, and who isn't active is hidden at read.

Followers and following come from an index, which lags. What the viewer has done themselves shows at once all the same.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from echomate import ids, keys, paging, table
from echomate.dynamodb import Wire
from echomate.errors import Forbidden
from echomate.paging import Page, PageRequest
from social.invalidation import recent_followers, recent_follows
from social.selectors.people import Person, people
from social.selectors.relations import Relation

FRIENDS_STEP = 50
"""So many of whom one follows are looked at together for who follows back."""

Row = tuple[int, int]
"""The id that a list is sorted by, and the user's."""
Fetch = Callable[[int | None, int], Sequence[Row]]
Rule = Callable[[int, Relation], bool]
"""Whether a user, to whom the viewer stands so, is in the list."""


def followers(viewer: int, owner: Person, request: PageRequest) -> Page[bytes]:
    """Who follows a user, newest first."""
    relation = _admitted(viewer, owner)
    partition = keys.followers(owner.card.id)
    if viewer == owner.card.id:
        rows = _Rows(partition, _follower, index="GSI1", recent=recent_followers.edges(viewer))
        return _page(viewer, request, rows, lambda _, to: to.followed_by)
    edge = recent_follows.edges(viewer).get(owner.card.id) if relation.following else None
    rows = _Rows(partition, _follower, index="GSI1", recent={viewer: edge} if edge else {})
    return _page(viewer, request, rows, lambda user, _: user != viewer or relation.following, of_another=True)


def following(viewer: int, owner: Person, request: PageRequest) -> Page[bytes]:
    """Whom a user follows, newest first."""
    relation = _admitted(viewer, owner)
    is_own = viewer == owner.card.id
    recent = recent_follows.edges(viewer) if is_own else {}
    rows = _Rows(keys.follows(owner.card.id), _followed, index="GSI2", recent=recent)
    if is_own:
        return _page(viewer, request, rows, lambda _, to: to.following)
    return _page(
        viewer, request, rows, lambda user, _: user != viewer or relation.followed_by, of_another=True
    )


def _admitted(viewer: int, owner: Person) -> Relation:
    """How the viewer stands to the owner, who may keep these lists private."""
    if viewer != owner.card.id and not owner.card.show_followers:
        raise Forbidden("This account doesn't show its followers and whom it follows.")
    return owner.relation or Relation()


def friends(viewer: int, request: PageRequest) -> Page[bytes]:
    """Those who follow each other with the viewer, by account."""
    rows = _Rows(keys.user_partition(viewer), _by_account, prefix=keys.FOLLOWING, step=FRIENDS_STEP)
    return _page(viewer, request, rows, lambda _, to: to.following and to.followed_by)


def blocks(viewer: int, request: PageRequest) -> Page[bytes]:
    """Whom the viewer blocks, by account; also those who block them too, so that a block can always be lifted."""
    rows = _Rows(keys.user_partition(viewer), _by_account, prefix=keys.BLOCK)
    return _page(viewer, request, rows, lambda _, to: to.blocking, with_blocked=True)


def mutes(viewer: int, request: PageRequest) -> Page[bytes]:
    """Whom the viewer mutes, by account."""
    rows = _Rows(keys.user_partition(viewer), _by_account, prefix=keys.MUTE)
    return _page(viewer, request, rows, lambda _, to: to.muting and not to.blocked_by, with_blocked=True)


def follow_requests(viewer: int, request: PageRequest) -> Page[bytes]:
    """Who asks to follow the viewer, newest first. The index may still show what is decided by now."""
    rows = _Rows(keys.follow_requests(viewer), _follower, index="GSI1")

    def hydrate(found: Sequence[Row]) -> list[bytes | None]:
        items = table.batch_get([keys.follow_request(user, viewer) for _, user in found])
        users = people(viewer, [user for _, user in found])
        return [
            one.present() if one and item and _is_of(item, row) and not _follows(one) else None
            for row, item, one in zip(found, items, users, strict=True)
        ]

    return paging.fill(request, rows.fetching(request), hydrate, lambda row: row[0])


def _follows(one: Person) -> bool:
    return one.relation is None or one.relation.followed_by


def _is_of(item: Wire, row: Row) -> bool:
    """Whether the row isn't that of a request before this one."""
    return int(item["Id"]["N"]) == row[0]


def _follower(edge: Wire) -> Row:
    return int(edge["GSI1SK"]["S"]), table.last_id(edge["PK"]["S"])


def _followed(edge: Wire) -> Row:
    return int(edge["GSI2SK"]["S"]), table.last_id(edge["SK"]["S"])


def _by_account(item: Wire) -> Row:
    account = table.last_id(item["SK"]["S"])
    return account, account


@dataclass(frozen=True, slots=True)
class _Rows:
    """Where the rows of a list are. `recent` are edges by user that the index may not show yet."""

    partition: str
    row: Callable[[Wire], Row]
    index: str | None = None
    prefix: str = ""
    step: int = 1
    recent: Mapping[int, int] = field(default_factory=dict)

    def fetching(self, request: PageRequest) -> Fetch:
        def fetch(bound: int | None, count: int) -> Sequence[Row]:
            found = set(self._stored(request, bound, max(count, self.step)))
            found.update(
                (edge, user) for user, edge in self.recent.items() if _is_beyond(edge, bound, request)
            )
            return sorted(found, reverse=not request.newer)[: max(count, self.step)]

        return fetch

    def _stored(self, request: PageRequest, bound: int | None, count: int) -> list[Row]:
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

    def is_replaced(self, row: Row) -> bool:
        """Whether an index that lags still shows an edge that the same user's newer one has replaced."""
        edge, user = row
        return self.recent.get(user, edge) != edge


def _is_beyond(edge: int, bound: int | None, request: PageRequest) -> bool:
    return bound is None or (edge > bound if request.newer else edge < bound)


def _page(
    viewer: int,
    request: PageRequest,
    rows: _Rows,
    shows: Rule,
    *,
    with_blocked: bool = False,
    of_another: bool = False,
) -> Page[bytes]:
    """In a list `of_another`, who doesn't show whom they follow and who follows them is named to nobody else."""

    def is_shown(one: Person) -> bool:
        may_name = not of_another or one.card.show_followers or one.card.id == viewer
        return may_name and one.relation is not None and shows(one.card.id, one.relation)

    def hydrate(found: Sequence[Row]) -> list[bytes | None]:
        users = people(viewer, [user for _, user in found], with_blocked=with_blocked)
        return [
            one.present() if one and not rows.is_replaced(row) and is_shown(one) else None
            for row, one in zip(found, users, strict=True)
        ]

    return paging.fill(request, rows.fetching(request), hydrate, lambda row: row[0])
