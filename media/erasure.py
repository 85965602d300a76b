"""What media remove of a user who is erased."""

from collections.abc import Iterator

from echomate import keys, privacy, table
from media import files


@privacy.erases("pictures and videos", "media")
def erase_media(user: int) -> Iterator[int]:
    """The items, then the objects: also those of items that went before."""
    items = table.query(keys.media_of(user), index="GSI1", attributes=("PK", "SK"))
    for step in privacy.in_steps(items):
        yield table.delete_all(map(table.key_of, step))
    yield files.remove_all_of(user)
