"""Write a post along with the media that it takes up or gives up: all of it happens or nothing."""

from collections.abc import Sequence

from echomate import transactions
from echomate.dynamodb import DynamoDBError, Wire
from echomate.errors import Conflict
from media.services import attach_items, remove_items, require_ready
from posts.models import Post


def put(post: Post) -> Wire | None:
    """The item as it was put, also where a first try has put it before; None where the id is another post's."""
    item = post.wire()
    creation = transactions.put(post)
    creation["Put"]["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    media = _ids(post)
    try:
        transactions.commit([creation, *attach_items(int(post.author), media, to=post.pk)])
    except DynamoDBError as error:
        if transactions.failed(error, 0):
            there = error.response["CancellationReasons"][0].get("Item", {})
            return item if there.get("Nonce") == item["Nonce"] else None
        raise _refusal(error, post, media) from error
    return item


def update(before: Post, parts: Sequence[Wire], *, media: Sequence[int]) -> bool:
    """Commit an edit, whose first part is of the post, with the media it takes up and gives up.

    False where the condition of the first part doesn't hold.
    """
    shown = _ids(before)
    taken = [id_ for id_ in media if id_ not in shown]
    given_up = [id_ for id_ in shown if id_ not in media]
    binding = attach_items(int(before.author), taken, to=before.pk)
    try:
        transactions.commit([*parts, *binding, *remove_items(given_up, attached=before.pk)])
    except DynamoDBError as error:
        if transactions.failed(error, 0):
            return False
        raise _refusal(error, before, media) from error
    return True


def _ids(post: Post) -> list[int]:
    return [int(id_) for id_ in post.media]


def _refusal(error: DynamoDBError, post: Post, media: Sequence[int]) -> Exception:
    """What to tell the author of media that can't be taken up."""
    if transactions.CONDITION_FAILED not in error.reasons:
        return error
    require_ready(int(post.author), media, to=post.pk)
    return Conflict(type="media-not-ready", headers={"Retry-After": "1"})
