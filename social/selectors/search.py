"""Users by the beginning of their name, in the order of names."""

import string
from collections.abc import Sequence

from echomate import keys, paging, table
from echomate.errors import Invalid
from echomate.paging import Page, PageRequest
from social.selectors.people import people

SHORTEST = 2
LONGEST = 30
QUERY_AT_MOST = 100
ALPHABET = string.digits + "_" + string.ascii_lowercase
"""In the order of their codes, which is that of the index."""
BASE = len(ALPHABET) + 1
LAST: int = BASE**LONGEST


def search(viewer: int | None, query: str, request: PageRequest) -> Page[bytes]:
    """Active users who wish to be found and whose username begins so. The index may lag behind signups."""
    prefix = normal(query)

    def fetch(bound: int | None, count: int) -> Sequence[tuple[int, int]]:
        name = None if bound is None else _name(bound)
        items = table.query(
            keys.names(prefix),
            index="GSI1",
            prefix=prefix,
            above=None if request.newer else name,
            below=name if request.newer else None,
            limit=count,
            newest_first=request.newer,
        )
        return [(_place(item["GSI1SK"]["S"]), table.last_id(item["PK"]["S"])) for item in items]

    def hydrate(rows: Sequence[tuple[int, int]]) -> list[bytes | None]:
        return [one.present() if one else None for one in people(viewer, [user for _, user in rows])]

    if len(prefix) > LONGEST or not set(prefix) <= set(ALPHABET):
        return Page([], None, 0)
    return paging.fill(request, fetch, hydrate, lambda row: row[0])


def normal(query: str) -> str:
    """The beginning of a username that a query means. Raises `Invalid` for one that is too short or too long."""
    if len(query) > QUERY_AT_MOST:
        raise Invalid(errors={"q": [f"At most {QUERY_AT_MOST} characters."]})
    prefix = query.strip().removeprefix("@").lower()
    if len(prefix) < SHORTEST:
        raise Invalid(errors={"q": [f"At least {SHORTEST} characters."]})
    return prefix


def _place(name: str) -> int:
    """A name's place as a page's bound: pages run from the greatest bound down, so the first name has it."""
    digits = [ALPHABET.index(letter) + 1 for letter in name] + [0] * (LONGEST - len(name))
    place = 0
    for digit in digits:
        place = place * BASE + digit
    return LAST - place


def _name(place: int) -> str:
    """The name at a place."""
    rest, letters = LAST - place, ""
    while rest:
        rest, digit = divmod(rest, BASE)
        letters = (ALPHABET[digit - 1] if digit else "") + letters
    return letters
