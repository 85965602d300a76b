"""Entries of mentions: which posts, former versions and comments name whom, as these themselves say; and unlinking."""

from collections.abc import Iterable, Iterator

from echomate import dynamodb, keys, privacy, table, transactions
from echomate.cache import Command
from echomate.dynamodb import Wire
from echomate.keys import Key
from echomate.projections import Image
from echomate.stream.rebuild import everything
from posts.models import MentionEntry
from posts.services.telling import tell
from posts.text import without_mentions

ENTITIES = ("post", "post_version", "comment")
"""What names people, and says whom in `Mentions`."""
TRIES = 8
"""Of an unlinking that edits came before; what is left is found by the erasure's next look."""


def named_in(image: Image | None) -> frozenset[int]:
    return frozenset(map(int, (image or {}).get("Mentions") or ()))


def update(item: Key, before: frozenset[int], after: frozenset[int]) -> None:
    """Bring the entries of an item up to date. A later change may have given back what this one takes away."""
    _put(item, after - before)
    if gone := before - after:
        table.delete_all(keys.mention_entry(user, item) for user in gone)
        _put(item, gone & _named_now([item])[item])


def _put(item: Key, users: Iterable[int]) -> None:
    table.put_missing([MentionEntry(*keys.mention_entry(user, item)).wire() for user in users])


def _named_now(items: list[Key]) -> dict[Key, frozenset[int]]:
    found = table.batch_get(items)
    return {
        key: named_in(dynamodb.plain(item) if item else None) for key, item in zip(items, found, strict=True)
    }


def put_all() -> None:
    """Those of all that was written, also before there were entries."""
    for entity in ENTITIES:
        for item in everything(entity, attributes=("PK", "SK", "Mentions")):
            _put(table.key_of(item), named_in(dynamodb.plain(item)))


def delete_stale() -> None:
    """Those of items that name their user no more."""
    for step in privacy.in_steps(everything("mention_entry")):
        entries = [(table.last_id(item["PK"]["S"]), keys.naming(item["SK"]["S"])) for item in step]
        now = _named_now([item for _, item in entries])
        for user, item in entries:
            if user not in now[item]:
                update(item, frozenset({user}), frozenset())


def entries(user: int) -> Iterator[Key]:
    """The items that name a user."""
    found = table.query(keys.mentioned(user), attributes=("SK",))
    return (keys.naming(item["SK"]["S"]) for item in found)


def forget(user: int, item: Key) -> None:
    """Let an item keep the name of a user as plain text, without their id, and remove the entry.

    It is no edit: neither the version nor `edited_at` moves. An edit that comes between is looked at again.
    """
    for _ in range(TRIES):
        found = table.get_item(item)
        if found is None or user not in named_in(dynamodb.plain(found)) or _unlink(user, item, found):
            tell(_forgetting(item))
            table.delete_all([keys.mention_entry(user, item)])
            return


def _unlink(user: int, item: Key, found: Wire) -> bool:
    """False where the item has changed since it was read."""
    others = [one for one in found["Mentions"]["L"] if int(one["N"]) != user]
    text, html = "ContentHtml", found["ContentHtml"]["S"]
    values: Wire = {
        ":read": {"S": html},
        ":html": {"S": without_mentions(html, {user})},
        ":user": {"N": str(user)},
        **({":others": {"L": others}} if others else {}),
    }
    change = f"SET {text} = :html" + (", Mentions = :others" if others else " REMOVE Mentions")
    request = {
        **transactions.of(item),
        "UpdateExpression": change,
        "ConditionExpression": f"{text} = :read AND contains(Mentions, :user)",
        "ExpressionAttributeValues": values,
    }
    return dynamodb.attempt("UpdateItem", request) is not None


def _forgetting(item: Key) -> Command:
    id_, sort = table.last_id(item[0]), item[1]
    if sort.startswith(keys.VERSION):
        return ("HDEL", keys.cached_versions(id_), table.last_id(sort))
    return ("DEL", keys.cached_comment(id_) if item[0].startswith(keys.COMMENT) else keys.cached_post(id_))
