"""The shapes of users, and what one may change of oneself."""

import re
import unicodedata
import zoneinfo
from functools import cache
from typing import Any, NoReturn

from django.conf import settings
from django.core.validators import RegexValidator
from rest_framework import serializers

from echomate import instance
from echomate.fields import FlagField, IdField, TextField

FULL_NAME_MAX, BIO_MAX, LOCATION_MAX, WEBSITE_MAX = 50, 500, 100, 200
instance.declare_limits(
    full_name_characters=FULL_NAME_MAX,
    bio_characters=BIO_MAX,
    location_characters=LOCATION_MAX,
    website_characters=WEBSITE_MAX,
)
INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
"""Unicode categories of what can't be seen: controls, bidirectional overrides, private use."""
JOINERS = "\u200c\u200d"
"""Which some scripts need within words."""

TYPES = ("person", "group")
ROLES = ("user", "moderator", "admin")
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
}
USER: dict[str, object] = {
    "id": "910912841777905664",
    "username": "ada",
    "full_name": "Ada Lovelace",
    "bio": "Writes programs.",
    "location": "London",
    "website": "https://ada.example.org",
    "avatar_url": None,
    "cover_url": None,
    "url": "/api/v1/users/ada",
    "type": "person",
    "verified": False,
    "locked": False,
    "created_at": "2026-11-20T09:30:00.000Z",
    "counts": {"posts": 12, "followers": 340, "following": 51, "likes": 97},
    "viewer": {
        "following": True,
        "requested": False,
        "followed_by": False,
        "blocking": False,
        "muting": False,
    },
}


class LineField(TextField):
    """One line that shows as it is: nothing in it that can't be seen."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if any(unicodedata.category(c) in INVISIBLE and c not in JOINERS for c in text):
            raise serializers.ValidationError("It holds characters that can't be seen.")
        return text


class CountsSerializer(serializers.Serializer[Any]):
    posts = serializers.IntegerField(min_value=0)
    followers = serializers.IntegerField(min_value=0)
    following = serializers.IntegerField(min_value=0)
    likes = serializers.IntegerField(min_value=0, help_text="Likes given by this user.")


class RelationSerializer(serializers.Serializer[Any]):
    following = serializers.BooleanField()
    requested = serializers.BooleanField()
    followed_by = serializers.BooleanField()
    blocking = serializers.BooleanField()
    muting = serializers.BooleanField()


class UserSerializer(serializers.Serializer[Any]):
    example = USER

    id = IdField()
    username = serializers.CharField()
    full_name = serializers.CharField(allow_blank=True)
    bio = serializers.CharField(allow_blank=True)
    location = serializers.CharField(allow_blank=True)
    website = serializers.CharField(allow_blank=True)
    avatar_url = serializers.CharField(allow_null=True)
    cover_url = serializers.CharField(allow_null=True)
    url = serializers.CharField(help_text="Where a person looks at this user.")
    type = serializers.ChoiceField(choices=TYPES)
    verified = serializers.BooleanField()
    locked = serializers.BooleanField(help_text="Whether follows have to be asked for.")
    created_at = serializers.DateTimeField()
    counts = CountsSerializer()
    viewer = RelationSerializer(allow_null=True, help_text="Null without a token.")


class ShortUserSerializer(serializers.Serializer[Any]):
    example = {name: USER[name] for name in ("id", "username", "full_name", "avatar_url")}

    id = IdField()
    username = serializers.CharField()
    full_name = serializers.CharField(allow_blank=True)
    avatar_url = serializers.CharField(allow_null=True)


@cache
def _timezones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


class TimezoneField(serializers.CharField):
    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or data not in _timezones():
            raise serializers.ValidationError(
                "A time zone by its name in the IANA database, like Europe/Berlin."
            )
        return data


class SettingsSerializer(serializers.Serializer[Any]):
    example = SETTINGS

    locale = serializers.ChoiceField(choices=settings.LANGUAGES, help_text="Language of mail.")
    timezone = TimezoneField(max_length=64)
    default_visibility = serializers.ChoiceField(choices=VISIBILITIES)
    default_language = TextField(
        max_length=35,
        validators=[
            RegexValidator(r"\A[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z", "A language tag, like en or pt-BR.")
        ],
    )
    show_followers = FlagField(help_text="Whether others see followers and following.")
    show_likes = FlagField(help_text="Whether others see what this user likes.")
    discoverable = FlagField(help_text="Whether the search finds this user.")


class OwnUserSerializer(UserSerializer):
    example = {
        **USER,
        "email": "ada@example.org",
        "email_verified": True,
        "phone_number": None,
        "settings": SETTINGS,
        "roles": ["user"],
        "totp": False,
        "passkeys": 0,
    }

    email = serializers.CharField(allow_null=True)
    email_verified = serializers.BooleanField()
    phone_number = serializers.CharField(allow_null=True)
    settings = SettingsSerializer()
    roles = serializers.ListField(child=serializers.ChoiceField(choices=ROLES))
    totp = serializers.BooleanField()
    passkeys = serializers.IntegerField()


class ProfileSerializer(serializers.Serializer[Any]):
    """What one may change of oneself; only what is given changes."""

    example = {"bio": "Writes programs.", "settings": {"show_likes": False}}

    full_name = LineField(max_length=FULL_NAME_MAX, allow_blank=True)
    bio = TextField(max_length=BIO_MAX, allow_blank=True)
    location = LineField(max_length=LOCATION_MAX, allow_blank=True)
    website = serializers.URLField(max_length=WEBSITE_MAX, allow_blank=True)
    type = serializers.ChoiceField(choices=TYPES)
    locked = FlagField()
    phone_number = TextField(
        max_length=16,
        allow_null=True,
        validators=[RegexValidator(r"\A\+[1-9][0-9]{6,14}\Z", "A number in E.164 form, like +4930123456.")],
    )
    settings = SettingsSerializer(partial=True)

    def validate_website(self, value: str) -> str:
        if value and not re.match(r"https?://", value, re.IGNORECASE):
            self._refuse("It begins with http:// or https://.")
        return value

    @staticmethod
    def _refuse(why: str) -> NoReturn:
        raise serializers.ValidationError(why)
