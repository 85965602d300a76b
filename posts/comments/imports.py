"""Takes in the comments of an export: those on its own posts, each in its place and at its old time.

An export lists the newest first; they are taken from the oldest on, so what is answered comes before its answers.
"""

from collections.abc import Sequence

from rest_framework import serializers

from echomate import privacy
from echomate.fields import FlagField
from echomate.privacy import Open, Row
from posts.comments import services
from posts.comments.serializers import NewCommentSerializer, SentIdField
from posts.comments.services import Draft, ExportedComment
from posts.imports import old_text


class OldCommentSerializer(NewCommentSerializer):
    """What the API asks of a new comment; and where it stood, whether it was hidden, and when it was edited."""

    post_id = SentIdField()
    hidden = FlagField(default=False)
    edited_at = serializers.DateTimeField(required=False, allow_null=True)


@privacy.imports("comments", most=1_000_000, from_end=True)
def take_comments(user: int, rows: Sequence[Row], _open: Open) -> list[str | None]:
    old = [_read(row) for row in rows]
    taken = iter(services.take_in(user, [one for one in old if isinstance(one, ExportedComment)]))
    return [one if isinstance(one, str) else next(taken) for one in old]


def _read(row: Row) -> ExportedComment | str:
    """The comment of a row, or what is wrong with it."""
    found = old_text(row, OldCommentSerializer)
    if isinstance(found, str):
        return found
    draft = Draft(found.fields["content"], found.fields.get("parent_id"))
    return ExportedComment(found.id, found.fields["post_id"], draft, found.fields["hidden"], found.edited_at)
