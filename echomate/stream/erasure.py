"""Records that could not be handled, of a user who is erased."""

import re
from collections.abc import Iterator

import orjson

from echomate import privacy, table
from echomate.stream import dead_letters


@privacy.erases("dead letters", "dead_letter")
def erase_dead_letters(user: int) -> Iterator[int]:
    """All of them are looked at: the keys tell whose record it is, not who else stands in it. They are few, or none."""
    names_user = re.compile(rf"(?<!\d)0*{user}(?!\d)")
    for letter in dead_letters.read_all():
        if names_user.search(orjson.dumps(letter.record).decode() + letter.error):
            yield table.delete_all([letter.key])
