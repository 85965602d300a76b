"""What clients send, checked, and the shapes of what they get, for the schema."""

from typing import Any

from django.core.validators import RegexValidator
from rest_framework import serializers

from echomate import instance
from echomate.fields import FlagField, TextField

CONTENT_AT_MOST = 5000
SPOILER_AT_MOST = 300
LANGUAGE_AT_MOST = 35
instance.declare_limits(post_characters=CONTENT_AT_MOST, spoiler_characters=SPOILER_AT_MOST)
VISIBILITIES = ("public", "followers", "mentioned")
REPLY_POLICIES = ("everyone", "followers", "mentioned", "nobody")

_LANGUAGE = RegexValidator(r"\A[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z", "A language tag, like en or pt-BR.")


class NewPostSerializer(serializers.Serializer[Any]):
    content = TextField(max_length=CONTENT_AT_MOST)
    media_ids = serializers.ListField(
        child=serializers.CharField(),
        max_length=0,
        required=False,
        error_messages={"max_length": "There is no such media."},
    )
    visibility = serializers.ChoiceField(
        choices=VISIBILITIES[:2], required=False, help_text="The author's default where it is left out."
    )
    reply_policy = serializers.ChoiceField(choices=REPLY_POLICIES, default="everyone")
    language = TextField(
        max_length=LANGUAGE_AT_MOST,
        validators=[_LANGUAGE],
        required=False,
        allow_null=True,
        help_text="A BCP 47 tag; null is unknown; the author's default where it is left out.",
    )
    sensitive = FlagField(default=False)
    spoiler_text = TextField(max_length=SPOILER_AT_MOST, default="", allow_blank=True)


class EditedPostSerializer(NewPostSerializer):
    """The same for an edit; without a visibility, which is fixed when a post is made, or with the one it has."""

    visibility = serializers.ChoiceField(choices=VISIBILITIES, required=False)
    language = TextField(max_length=LANGUAGE_AT_MOST, validators=[_LANGUAGE], default=None, allow_null=True)


class AuthorSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    username = serializers.CharField()
    full_name = serializers.CharField(allow_blank=True)
    avatar_url = serializers.CharField(allow_null=True)


class PostCountsSerializer(serializers.Serializer[Any]):
    likes = serializers.IntegerField()
    comments = serializers.IntegerField()


class PostViewerSerializer(serializers.Serializer[Any]):
    liked = serializers.BooleanField()
    bookmarked = serializers.BooleanField()


class PostSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    url = serializers.CharField(help_text="Where a person reads this post.")
    author = AuthorSerializer()
    content = serializers.CharField()
    content_html = serializers.CharField(help_text="Safe to insert into a page as it is.")
    language = serializers.CharField(allow_null=True)
    tags = serializers.ListField(child=serializers.CharField())
    mentions = serializers.ListField(child=AuthorSerializer())
    media = serializers.ListField(child=serializers.DictField())
    visibility = serializers.ChoiceField(choices=VISIBILITIES)
    reply_policy = serializers.ChoiceField(choices=REPLY_POLICIES)
    sensitive = serializers.BooleanField()
    spoiler_text = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(allow_null=True)
    counts = PostCountsSerializer()
    viewer = PostViewerSerializer(allow_null=True, help_text="Null without a token.")


class PostListSerializer(serializers.Serializer[Any]):
    results = PostSerializer(many=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


class ReactionSerializer(serializers.Serializer[Any]):
    """What a toggle did: the viewer's marks, and the counters, null where the post is out of sight by now."""

    viewer = PostViewerSerializer()
    counts = PostCountsSerializer(allow_null=True)
