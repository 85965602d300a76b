"""What one may change of oneself: the profile, the account, the settings."""

import zoneinfo
from functools import cache
from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import RegexValidator
from rest_framework import serializers

from accounts.serializers.written import LineField, ParagraphField, WebsiteField
from echomate import instance, languages
from echomate.fields import BodySerializer, ChoiceField, FlagField, LanguageField, StringField, TextField

FULL_NAME_MAX, BIO_MAX, LOCATION_MAX, WEBSITE_MAX, PHONE_MAX = 50, 500, 100, 200, 16
instance.declare_limits(
    full_name_characters=FULL_NAME_MAX,
    bio_characters=BIO_MAX,
    location_characters=LOCATION_MAX,
    website_characters=WEBSITE_MAX,
)
TYPES = ("person", "group")
VISIBILITIES = ("public", "followers")
"""Of posts, of which one chooses one's default."""
SETTINGS = {
    "locale": "en",
    "timezone": "Europe/London",
    "default_visibility": "public",
    "default_language": "en",
    "show_followers": True,
    "show_likes": True,
    "discoverable": True,
    "mail_notices": True,
}


class FullNameField(LineField):
    def __init__(self, **options: Any) -> None:
        super().__init__(max_characters=FULL_NAME_MAX, allow_blank=True, required=False, **options)


@cache
def _timezones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


class TimezoneField(StringField):
    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or data not in _timezones():
            raise serializers.ValidationError(
                "A time zone by its name in the IANA database, like Europe/Berlin."
            )
        return data


class LocaleField(LanguageField):
    """A language that mail is written in, by its tag or by one that is nearer to its reader: `de` for `de-DE`."""

    default_error_messages = {"unknown": f"One of: {', '.join(dict(settings.LANGUAGES))}."}

    def __init__(self, **options: Any) -> None:
        super().__init__(help_text="Language of mail; a tag like de-DE means de.", **options)

    def to_internal_value(self, data: Any) -> str:
        offered = languages.offered(super().to_internal_value(data))
        return self.fail("unknown") if offered is None else offered


class SettingsSerializer(serializers.Serializer[Any]):
    example = SETTINGS

    locale = ChoiceField(choices=settings.LANGUAGES, help_text="Language of mail.")
    timezone = TimezoneField(max_length=64)
    default_visibility = ChoiceField(choices=VISIBILITIES)
    default_language = LanguageField()
    show_followers = FlagField(help_text="Whether others see followers and following.")
    show_likes = FlagField(help_text="Whether others see what this user likes.")
    discoverable = FlagField(help_text="Whether the search finds this user.")
    mail_notices = FlagField(help_text="Whether mail comes that is not about the account's safety.")


class SettingsChangeSerializer(SettingsSerializer):
    example = {"show_likes": False}

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = {**super().get_fields(), "locale": LocaleField()}
        for field in fields.values():
            field.required = False
        return fields


class ProfileSerializer(BodySerializer):
    """The profile: what is left out is emptied, but `locked`, which keeps others out, and what is private stay."""

    example: ClassVar[dict[str, object]] = {"full_name": "Ada Lovelace", "bio": "Writes programs."}

    full_name = FullNameField()
    bio = ParagraphField(max_characters=BIO_MAX, allow_blank=True, required=False)
    location = LineField(max_characters=LOCATION_MAX, allow_blank=True, required=False)
    website = WebsiteField(max_length=WEBSITE_MAX, allow_blank=True, required=False)
    type = ChoiceField(choices=TYPES, required=False)
    locked = FlagField(required=False)
    phone_number = TextField(
        max_length=PHONE_MAX,
        allow_null=True,
        required=False,
        validators=[RegexValidator(r"\A\+[1-9][0-9]{6,14}\Z", "A number in E.164 form, like +4930123456.")],
    )


class AccountSerializer(ProfileSerializer):
    """The profile and the settings. Of a PUT what is left out takes its default, of a PATCH it stays."""

    example = {"bio": "Writes programs.", "settings": {"show_likes": False}}

    settings = SettingsChangeSerializer(required=False)
