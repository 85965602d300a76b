"""Pages of lists: bounded by a sort key, exclusive, so that they survive the deletion of the item at the boundary."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Generic, NamedTuple, TypeVar

from echomate.config import config
from echomate.errors import Invalid

DEFAULT_LIMIT = 20
MAX_LIMIT = 50
MAC_BYTES = 9
REFILLS = 8
CURSOR_AT_MOST = 100

_PAYLOAD = re.compile(r"([no])([0-9]{1,50})\.([0-9]{1,6})", re.ASCII)
"""The greatest bound is that of a search by name, 48 digits."""

R = TypeVar("R")
T = TypeVar("T")


class PageRequest(NamedTuple):
    """What part of a list is asked for: `limit` items next `bound`, older or newer; no bound is the newest page."""

    list_name: str
    limit: int = DEFAULT_LIMIT
    bound: int | None = None
    newer: bool = False
    seen: int = 0
    """How many items the pages before this one showed; only lists that end after a number of items count."""


class Page(NamedTuple, Generic[T]):
    """Items newest first, with the bounds of the pages beside it (`next` None at the end of the list)."""

    items: list[T]
    next: int | None
    previous: int
    seen: int = 0

    def map(self, change: Callable[[list[T]], list[R]]) -> "Page[R]":
        return Page(change(self.items), self.next, self.previous, self.seen)


def _mac(list_name: str, payload: str) -> bytes:
    """The length says where the name ends, which may hold whatever a client has sent."""
    message = f"{len(list_name)}:{list_name}{payload}".encode()
    return hashlib.blake2b(message, key=_cursor_key(config.secret_key), digest_size=MAC_BYTES).digest()


@lru_cache(maxsize=1)
def _cursor_key(secret: str) -> bytes:
    return hashlib.blake2b(secret.encode(), person=b"cursors", digest_size=32).digest()


def encode_cursor(list_name: str, *, bound: int, newer: bool, seen: int = 0) -> str:
    """An opaque cursor that is good for this list alone, of characters that stand in a URL as they are."""
    payload = f"{'n' if newer else 'o'}{bound}.{seen}"
    return base64.urlsafe_b64encode(_mac(list_name, payload) + payload.encode()).decode().rstrip("=")


def decode_cursor(list_name: str, cursor: str) -> tuple[int, bool, int]:
    """(bound, newer, seen). Raises `Invalid` for a forged cursor and for one of another list."""
    if len(cursor) > CURSOR_AT_MOST:
        raise _bad_cursor()
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        mac, payload = raw[:MAC_BYTES], raw[MAC_BYTES:].decode("ascii")
    except (binascii.Error, ValueError) as error:
        raise _bad_cursor() from error
    parts = _PAYLOAD.fullmatch(payload)
    if parts is None or not hmac.compare_digest(mac, _mac(list_name, payload)):
        raise _bad_cursor()
    return int(parts[2]), parts[1] == "n", int(parts[3])


def _bad_cursor() -> Invalid:
    return Invalid(type="invalid-cursor", errors={"cursor": ["This is not a cursor of this list."]})


def page_request(query: Mapping[str, str], list_name: str) -> PageRequest:
    """From `?limit=` and `?cursor=`. Raises `Invalid`."""
    limit = _limit(query.get("limit"))
    cursor = query.get("cursor")
    if cursor is None:
        return PageRequest(list_name, limit)
    bound, newer, seen = decode_cursor(list_name, cursor)
    return PageRequest(list_name, limit, bound, newer, seen)


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= MAX_LIMIT):
        raise Invalid(errors={"limit": [f"A whole number from 1 to {MAX_LIMIT}."]})
    return int(text)


def fill(
    request: PageRequest,
    fetch: Callable[[int | None, int], Sequence[R]],
    hydrate: Callable[[Sequence[R]], Sequence[T | None]],
    sort_id: Callable[[R], int],
) -> Page[T]:
    """A page, refilled until it is full, the range ends, or it was refilled eight times, each time from more rows.

    `fetch(bound, count)` gives the next rows beyond a bound in the request's direction; `hydrate` gives each its item,
    or None where a rule hides it; `sort_id` is the bound a row makes.
    """
    kept: list[tuple[int, T]] = []
    bound, ended = request.bound, False
    for refill in range(REFILLS):
        wanted = max(request.limit - len(kept) + 1, 1 << refill)  # many that are hidden lie together
        rows = fetch(bound, wanted)
        ended = len(rows) < wanted
        items = hydrate(rows)
        kept += [(sort_id(row), item) for row, item in zip(rows, items, strict=True) if item is not None]
        if rows:
            bound = sort_id(rows[-1])
        if ended or len(kept) > request.limit:
            break
    return cut(request, kept, last_seen=bound, ended=ended)


def cut(request: PageRequest, kept: list[tuple[int, T]], *, last_seen: int | None, ended: bool) -> Page[T]:
    """The page of what was found in the request's direction; `last_seen` is how far the search went."""
    found = kept[: request.limit]
    more = len(kept) > request.limit or not ended
    edge = found[-1][0] if len(kept) > request.limit else last_seen
    if request.newer:
        found.reverse()
        top = found[0][0] if found else (request.bound or 0)
        if found:
            return Page(
                [item for _, item in found],
                found[-1][0],
                top if len(kept) > request.limit else max(edge or 0, top),
            )
        return Page([], request.bound, max(edge or 0, top))
    top = found[0][0] if found else max(0, (request.bound or 0) - 1)  # an empty page is below its bound
    return Page([item for _, item in found], edge if more else None, top)


def body(page: Page[Any], request: PageRequest, *, url: str) -> dict[str, Any]:
    """The list shape of the contract; `url` is the list's own, absolute, without `limit` and `cursor`."""
    return {"results": page.items, **links(page, request, url=url)}


def links(page: Page[Any], request: PageRequest, *, url: str) -> dict[str, str | None]:
    """`next` and `previous` as absolute URLs."""
    return {
        "next": None
        if page.next is None
        else link(request, url, bound=page.next, newer=False, seen=page.seen),
        "previous": link(request, url, bound=page.previous, newer=True),
    }


def link(request: PageRequest, url: str, *, bound: int, newer: bool, seen: int = 0) -> str:
    """The URL of the page beyond a bound."""
    cursor = encode_cursor(request.list_name, bound=bound, newer=newer, seen=seen)
    return f"{url}{'&' if '?' in url else '?'}limit={request.limit}&cursor={cursor}"


def link_header(links: Mapping[str, str | None]) -> str:
    """The same links for the `Link` header."""
    named = (("next", "next"), ("previous", "prev"))
    return ", ".join(f'<{links[name]}>; rel="{rel}"' for name, rel in named if links.get(name))
