"""What clients send of media, checked, and the shapes of what they get."""

from typing import Any, ClassVar

from django.utils.translation import gettext
from rest_framework import serializers

from echomate.fields import BodySerializer, ChoiceField, IdField, ProseField, StringField
from echomate.graphemes import code_points_at_most
from echomate.ids import WIDTH, parse_id
from media.processing.limits import LIMITS, PIXELS_AT_MOST, plain
from media.purposes import ALL_TYPES, ALT_AT_MOST, Purpose

MEDIA_STATES = ("pending", "processing", "ready", "rejected")
MEDIA_PURPOSES = tuple(Purpose)


class VariantSerializer(serializers.Serializer[Any]):
    url = serializers.URLField()
    width = serializers.IntegerField(min_value=1, max_value=PIXELS_AT_MOST)
    height = serializers.IntegerField(min_value=1, max_value=PIXELS_AT_MOST)
    type = serializers.CharField(max_length=100, help_text="A media type, like image/webp.")


class MediaSerializer(serializers.Serializer[Any]):
    id = IdField()
    state = serializers.ChoiceField(choices=MEDIA_STATES)
    progress = serializers.IntegerField(min_value=0, max_value=100, help_text="Percent of the processing.")
    type = serializers.CharField(max_length=100, help_text="A media type, like image/webp.")
    variants = serializers.ListField(child=VariantSerializer(), max_length=16)
    urls_expire_at = serializers.DateTimeField(allow_null=True)
    width = serializers.IntegerField(min_value=1, max_value=PIXELS_AT_MOST, allow_null=True)
    height = serializers.IntegerField(min_value=1, max_value=PIXELS_AT_MOST, allow_null=True)
    duration = serializers.FloatField(allow_null=True, help_text="Seconds.")
    blurhash = serializers.CharField(max_length=100, allow_null=True)
    alt = serializers.CharField(max_length=code_points_at_most(ALT_AT_MOST), allow_blank=True)
    reason = serializers.CharField(
        max_length=100, allow_null=True, help_text="Why it was rejected: a stable code."
    )
    detail = serializers.CharField(max_length=1000, allow_null=True, help_text="The same for people.")


class MediaTypeField(serializers.ChoiceField):
    """The type of a file as browsers give it: in any case, with parameters, by another of its names."""

    def to_internal_value(self, data: object) -> str:
        name = plain(data) if isinstance(data, str) else ""
        if name not in self.choices:
            raise serializers.ValidationError(
                gettext("A file of this type isn't taken. Save it as one of: %(types)s.")
                % {"types": ", ".join(self.choices)},
                code="invalid_choice",
            )
        return name


class NewMediaSerializer(BodySerializer):
    example: ClassVar[dict[str, object]] = {
        "content_type": "image/jpeg",
        "size": 4194304,
        "purpose": "post",
        "alt": "A cat on a wall.",
    }

    content_type = MediaTypeField(choices=ALL_TYPES)
    size = serializers.IntegerField(
        min_value=1, max_value=max(LIMITS.values()), help_text="Bytes, exactly; limits are at GET /instance."
    )
    purpose = ChoiceField(choices=MEDIA_PURPOSES)
    alt = ProseField(max_characters=ALT_AT_MOST, default="", allow_blank=True)


class AltSerializer(BodySerializer):
    alt = ProseField(max_characters=ALT_AT_MOST, allow_blank=True)


class UploadSerializer(serializers.Serializer[Any]):
    """`fields` come first in the `multipart/form-data` that is posted to `url`, and `file` last."""

    url = serializers.URLField()
    fields = serializers.DictField(child=serializers.CharField(max_length=8192))  # type: ignore[assignment]  # the contract's name
    expires_at = serializers.DateTimeField()


class CreatedMediaSerializer(serializers.Serializer[Any]):
    media = MediaSerializer()
    upload = UploadSerializer()


class ChosenMediaSerializer(BodySerializer):
    media_id = StringField(max_length=WIDTH)

    def validate_media_id(self, value: str) -> int:
        id_ = parse_id(value)
        if id_ is None:
            raise serializers.ValidationError("There is no such media.")
        return id_


class PictureSerializer(ChosenMediaSerializer):
    example: ClassVar[dict[str, object]] = {"media_id": "911275229347446784"}

    media_id = StringField(
        max_length=WIDTH, help_text="One that is ready, and was uploaded for this purpose."
    )


class ImportSerializer(ChosenMediaSerializer):
    media_id = StringField(max_length=WIDTH, help_text="A ZIP that was uploaded with the purpose `import`.")
