"""Entries of hashtags: which public posts bear which, as the posts themselves say."""

from collections.abc import Iterable, Iterator

from echomate import dynamodb, keys, privacy, table
from echomate.projections import Image
from echomate.stream.rebuild import everything
from posts.models import TagEntry


def tags_of(post: Image | None) -> frozenset[str]:
    """The hashtags under which a post is found; none of a tombstone, nor of one that is in no public timeline."""
    if not post or "GSI2PK" not in post:
        return frozenset()
    return frozenset(post.get("Tags") or ())


def put(post: int, tags: Iterable[str]) -> None:
    table.put_missing([TagEntry(*keys.tag_entry(tag, post)).wire() for tag in tags])


def delete(post: int, tags: Iterable[str]) -> None:
    table.delete_all(keys.tag_entry(tag, post) for tag in tags)


def put_all() -> None:
    """Those of all posts, where records were lost."""
    for item in everything("post", attributes=("PK", "GSI2PK", "Tags")):
        put(table.last_id(item["PK"]["S"]), tags_of(dynamodb.plain(item)))


def delete_stale() -> None:
    """Those whose posts don't bear the hashtag any more; one that an edit gives it back meanwhile stays."""
    for step in privacy.in_steps(_stale()):
        table.delete_all(keys.tag_entry(tag, post) for post, tag in step)
        again = _tags([post for post, _ in step])
        for post, tag in step:
            put(post, again[post] & {tag})


def _stale() -> Iterator[tuple[int, str]]:
    for step in privacy.in_steps(everything("tag_entry")):
        entries = [
            (table.last_id(item["SK"]["S"]), item["PK"]["S"].removeprefix(keys.tag(""))) for item in step
        ]
        found = _tags([post for post, _ in entries])
        yield from ((post, tag) for post, tag in entries if tag not in found[post])


def _tags(posts: list[int]) -> dict[int, frozenset[str]]:
    items = table.batch_get(keys.post(post) for post in posts)
    return {
        post: tags_of(dynamodb.plain(item) if item else None) for post, item in zip(posts, items, strict=True)
    }
