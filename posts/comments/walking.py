"""All comments of a post, by level, for what goes through whole threads: recounts, and the end of a deleted post."""

from collections.abc import Iterator

from echomate import keys, privacy, table
from echomate.dynamodb import Wire


def items_of(post: int) -> Iterator[Wire]:
    """The items of all comments and tombstones in a post's thread, each after the one that it answers.

    Those that have no answers are told by their mark, so only the others cost a query. The index lags.
    """
    places = iter([keys.replies_to_post(post)])
    while True:
        answered = []
        for item in _items(places):
            yield item
            if "Answered" in item:
                answered.append(keys.replies_to_comment(int(item["Id"]["N"])))
        if not answered:
            return
        places = iter(answered)


def items_in(place: str) -> Iterator[Wire]:
    """The items of the comments that stand in one place."""
    return _items(iter([place]))


def _items(places: Iterator[str]) -> Iterator[Wire]:
    found = (
        table.key_of(key)
        for place in places
        for key in table.query(place, index="GSI1", prefix=keys.COMMENT, newest_first=False)
    )
    for part in privacy.in_steps(found):
        yield from (item for item in table.batch_get(part) if item is not None)
