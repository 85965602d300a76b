"""The shapes of users."""

from typing import Any

from rest_framework import serializers

from accounts import names
from accounts.serializers.profile import (
    BIO_MAX,
    FULL_NAME_MAX,
    LOCATION_MAX,
    PHONE_MAX,
    SETTINGS,
    TYPES,
    WEBSITE_MAX,
    SettingsSerializer,
)
from echomate.fields import URL_AT_MOST, IdField
from echomate.graphemes import code_points_at_most

ROLES = ("user", "moderator", "admin")
USER: dict[str, object] = {
    "id": "910912841777905664",
    "username": "ada",
    "full_name": "Ada Lovelace",
    "bio": "Writes programs.",
    "location": "London",
    "website": "https://ada.example.org",
    "avatar_url": "http://localhost:8000/avatars/910912841777905664",
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
    username = serializers.CharField(max_length=names.USERNAME_MAX)
    full_name = serializers.CharField(max_length=code_points_at_most(FULL_NAME_MAX), allow_blank=True)
    bio = serializers.CharField(max_length=code_points_at_most(BIO_MAX), allow_blank=True)
    location = serializers.CharField(max_length=code_points_at_most(LOCATION_MAX), allow_blank=True)
    website = serializers.CharField(max_length=WEBSITE_MAX, allow_blank=True)
    avatar_url = serializers.URLField()
    cover_url = serializers.URLField(allow_null=True)
    url = serializers.CharField(max_length=URL_AT_MOST, help_text="Where a person looks at this user.")
    type = serializers.ChoiceField(choices=TYPES)
    verified = serializers.BooleanField()
    locked = serializers.BooleanField(help_text="Whether follows have to be asked for.")
    created_at = serializers.DateTimeField()
    counts = CountsSerializer()
    viewer = RelationSerializer(allow_null=True, help_text="Null without a token.")


class ShortUserSerializer(serializers.Serializer[Any]):
    example = {name: USER[name] for name in ("id", "username", "full_name", "avatar_url")}

    id = IdField()
    username = serializers.CharField(max_length=names.USERNAME_MAX)
    full_name = serializers.CharField(max_length=code_points_at_most(FULL_NAME_MAX), allow_blank=True)
    avatar_url = serializers.URLField()


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

    email = serializers.CharField(max_length=names.EMAIL_MAX, allow_null=True)
    email_verified = serializers.BooleanField()
    phone_number = serializers.CharField(max_length=PHONE_MAX, allow_null=True)
    settings = SettingsSerializer()
    roles = serializers.ListField(child=serializers.ChoiceField(choices=ROLES), max_length=len(ROLES))
    totp = serializers.BooleanField()
    passkeys = serializers.IntegerField(min_value=0)
