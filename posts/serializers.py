"""What clients send, checked, and the shapes of what they get, for the schema."""

from typing import Any, ClassVar

from rest_framework import serializers

from accounts.serializers import ShortUserSerializer
from echomate import instance, languages
from echomate.fields import (
    URL_AT_MOST,
    BodySerializer,
    ChoiceField,
    FlagField,
    IdField,
    LanguageField,
    ListField,
    PageSerializer,
    ProseField,
    StringField,
)
from echomate.graphemes import code_points_at_most
from echomate.ids import WIDTH, parse_id
from media.serializers import MediaSerializer
from posts.text import (
    MENTIONS_AT_MOST,
    TAG_AT_MOST,
    TAGS_AT_MOST,
    check_names,
    guess_language,
    html_at_most,
)

CONTENT_AT_MOST = 5000
SPOILER_AT_MOST = 300
MEDIA_AT_MOST = 4
instance.declare_limits(
    post_characters=CONTENT_AT_MOST, post_media=MEDIA_AT_MOST, spoiler_characters=SPOILER_AT_MOST
)
CODE_POINTS = code_points_at_most(CONTENT_AT_MOST)
VISIBILITIES = ("public", "followers", "mentioned")
REPLY_POLICIES = ("everyone", "followers", "mentioned", "nobody")


class MediaIdsField(ListField):
    """Ids of media, each once."""

    child = StringField(max_length=WIDTH)

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=MEDIA_AT_MOST, default=list, help_text="Media that are ready.", **options)

    def to_internal_value(self, data: Any) -> list[int]:
        ids = [parse_id(text) for text in super().to_internal_value(data)]
        faults: dict[str, list[str]] = {}
        for place, id_ in enumerate(ids):
            if id_ is None or id_ in ids[:place]:
                faults[str(place)] = ["There is no such media." if id_ is None else "It is there twice."]
        if faults:
            raise serializers.ValidationError(faults)
        return [id_ for id_ in ids if id_ is not None]


class NewPostSerializer(BodySerializer):
    example: ClassVar[dict[str, object]] = {"content": "Hello, everyone."}

    content = ProseField(
        max_characters=CONTENT_AT_MOST,
        validators=[check_names],
        default="",
        allow_blank=True,
        help_text="May be empty where there are media.",
    )
    media_ids = MediaIdsField(source="media")
    visibility = ChoiceField(
        choices=VISIBILITIES, required=False, help_text="The author's default where it is left out."
    )
    reply_policy = ChoiceField(choices=REPLY_POLICIES, default="everyone")
    language = LanguageField(
        required=False,
        allow_null=True,
        help_text="A BCP 47 tag; null is unknown; where it is left out it is guessed, or else the author's default.",
    )
    sensitive = FlagField(default=False)
    spoiler_text = ProseField(max_characters=SPOILER_AT_MOST, default="", allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not self.partial and not attrs["content"] and not attrs.get("media"):
            raise serializers.ValidationError(
                {"content": ["It may be empty only where there are media."]}, code="blank"
            )
        return attrs


class EditedPostSerializer(NewPostSerializer):
    """The same for an edit; without a visibility, which is fixed when a post is made, or with the one it has."""

    visibility = ChoiceField(choices=VISIBILITIES, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A language that a whole post leaves out is guessed."""
        attrs = super().validate(attrs)
        if not self.partial:
            attrs.setdefault("language", guess_language(attrs["content"]))
        return attrs


class PostCountsSerializer(serializers.Serializer[Any]):
    likes = serializers.IntegerField(min_value=0)
    comments = serializers.IntegerField(min_value=0)


class PostViewerSerializer(serializers.Serializer[Any]):
    liked = serializers.BooleanField()
    bookmarked = serializers.BooleanField()


class PostSerializer(serializers.Serializer[Any]):
    example = {
        "id": "911275229347446784",
        "url": "/api/v1/posts/911275229347446784",
        "author": ShortUserSerializer.example,
        "content": "Hello, everyone.",
        "content_html": "<p>Hello, everyone.</p>",
        "language": "en",
        "tags": [],
        "mentions": [],
        "media": [],
        "visibility": "public",
        "reply_policy": "everyone",
        "sensitive": False,
        "spoiler_text": "",
        "created_at": "2026-11-21T09:30:00.000Z",
        "updated_at": "2026-11-21T09:30:00.000Z",
        "edited_at": None,
        "counts": {"likes": 3, "comments": 0},
        "viewer": {"liked": True, "bookmarked": False},
    }

    id = IdField()
    url = serializers.CharField(max_length=URL_AT_MOST, help_text="Where a person reads this post.")
    author = ShortUserSerializer()
    content = serializers.CharField(max_length=CODE_POINTS)
    content_html = serializers.CharField(
        max_length=html_at_most(CODE_POINTS), help_text="Safe to insert into a page as it is."
    )
    language = serializers.CharField(max_length=languages.LONGEST, allow_null=True)
    tags = serializers.ListField(child=serializers.CharField(max_length=TAG_AT_MOST), max_length=TAGS_AT_MOST)
    mentions = serializers.ListField(child=ShortUserSerializer(), max_length=MENTIONS_AT_MOST)
    media = serializers.ListField(child=MediaSerializer(), max_length=MEDIA_AT_MOST)
    visibility = ChoiceField(choices=VISIBILITIES)
    reply_policy = ChoiceField(choices=REPLY_POLICIES)
    sensitive = serializers.BooleanField()
    spoiler_text = serializers.CharField(max_length=code_points_at_most(SPOILER_AT_MOST), allow_blank=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(allow_null=True)
    counts = PostCountsSerializer()
    viewer = PostViewerSerializer(allow_null=True, help_text="Null without a token.")


class PostVersionSerializer(serializers.Serializer[Any]):
    """What a post was before an edit."""

    version = serializers.IntegerField(min_value=1)
    content = serializers.CharField(max_length=CODE_POINTS, allow_blank=True)
    content_html = serializers.CharField(
        max_length=html_at_most(CODE_POINTS),
        allow_blank=True,
        help_text="Safe to insert into a page as it is.",
    )
    language = serializers.CharField(max_length=languages.LONGEST, allow_null=True)
    sensitive = serializers.BooleanField()
    spoiler_text = serializers.CharField(max_length=code_points_at_most(SPOILER_AT_MOST), allow_blank=True)
    created_at = serializers.DateTimeField(help_text="When it was written.")


class PostVersionListSerializer(PageSerializer):
    results = PostVersionSerializer(many=True)


class PostListSerializer(PageSerializer):
    results = PostSerializer(many=True)


class ReactionSerializer(serializers.Serializer[Any]):
    """What a toggle did: the viewer's marks, and the counters, null where the post is out of sight by now."""

    viewer = PostViewerSerializer()
    counts = PostCountsSerializer(allow_null=True)
