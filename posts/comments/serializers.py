"""What clients send, checked, and the shapes of what they get, for the schema."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.serializers import ShortUserSerializer
from echomate import ids, instance
from echomate.fields import BodySerializer, IdField, PageSerializer, ProseField
from echomate.graphemes import code_points_at_most
from posts.comments.thread import COMMENTS_AT_MOST
from posts.text import MENTIONS_AT_MOST, check_names, html_at_most

CONTENT_AT_MOST = 5000
CODE_POINTS = code_points_at_most(CONTENT_AT_MOST)
instance.declare_limits(comment_characters=CONTENT_AT_MOST)


class EditedCommentSerializer(BodySerializer):
    example: ClassVar[dict[str, object]] = {"content": "Welcome."}

    content = ProseField(max_characters=CONTENT_AT_MOST, validators=[check_names])


@extend_schema_field({"$ref": "#/components/schemas/Id"})
class SentIdField(serializers.Field[Any, Any, Any, Any]):
    """An id, in a string; inside it is a number."""

    default_error_messages = {"invalid": "This is not an id."}

    def to_internal_value(self, data: Any) -> Any:
        id_ = ids.parse_id(data) if isinstance(data, str) else None
        if id_ is None:
            self.fail("invalid")
        return id_


class NewCommentSerializer(EditedCommentSerializer):
    parent_id = SentIdField(
        required=False, allow_null=True, help_text="The comment that it answers, if not the post."
    )


class CommentCountsSerializer(serializers.Serializer[Any]):
    likes = serializers.IntegerField(min_value=0)
    replies = serializers.IntegerField(min_value=0)


class CommentViewerSerializer(serializers.Serializer[Any]):
    liked = serializers.BooleanField()


class CommentSerializer(serializers.Serializer[Any]):
    example: ClassVar[dict[str, object]] = {
        "id": "911275229347446785",
        "post_id": "911275229347446784",
        "parent_id": None,
        "depth": 0,
        "content": "Welcome.",
        "content_html": "<p>Welcome.</p>",
        "hidden": False,
        "deleted": False,
        "created_at": "2026-11-21T09:31:00.000Z",
        "edited_at": None,
        "author": ShortUserSerializer.example,
        "mentions": [],
        "counts": {"likes": 1, "replies": 0},
        "viewer": {"liked": True},
    }

    id = IdField()
    post_id = IdField()
    parent_id = IdField(allow_null=True, help_text="Null where it stands right under the post.")
    depth = serializers.IntegerField(min_value=0, help_text="0 right under the post.")
    author = ShortUserSerializer(allow_null=True, help_text="Null where it was deleted.")
    content = serializers.CharField(max_length=CODE_POINTS, allow_blank=True)
    content_html = serializers.CharField(
        max_length=html_at_most(CODE_POINTS),
        allow_blank=True,
        help_text="Safe to insert into a page as it is.",
    )
    mentions = serializers.ListField(child=ShortUserSerializer(), max_length=MENTIONS_AT_MOST)
    hidden = serializers.BooleanField(
        help_text="The post's author has hidden it: only they and its author see it."
    )
    deleted = serializers.BooleanField(help_text="It was deleted, and keeps the place of its answers.")
    created_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(allow_null=True)
    counts = CommentCountsSerializer()
    viewer = CommentViewerSerializer(allow_null=True, help_text="Null without a token.")


class CommentListSerializer(PageSerializer):
    results = CommentSerializer(many=True)


class ThreadCommentSerializer(CommentSerializer):
    next = serializers.URLField(
        allow_null=True,
        help_text="The answers to it that are not here, if there are more: a list of comments.",
    )


class ThreadSerializer(PageSerializer):
    """A whole list, which goes on at the `next` of single comments."""

    results = serializers.ListField(child=ThreadCommentSerializer(), max_length=COMMENTS_AT_MOST)


class CommentReactionSerializer(serializers.Serializer[Any]):
    """What a like did; the counters are null where the comment is out of sight by now."""

    viewer = CommentViewerSerializer()
    counts = CommentCountsSerializer(allow_null=True)


class HidingSerializer(serializers.Serializer[Any]):
    hidden = serializers.BooleanField()
    viewer = CommentViewerSerializer()
    counts = CommentCountsSerializer()
