"""What signup, login and refresh take and give."""

import re
import unicodedata
from typing import Any

import regex
from rest_framework import serializers

from accounts import lookalikes, names, passwords, tokens
from accounts.serializers.profile import FullNameField
from accounts.serializers.users import OwnUserSerializer
from echomate import instance
from echomate.fields import BodySerializer, ChoiceField, StringField, TextField

instance.declare_limits(username_characters=names.USERNAME_MAX, password_characters=passwords.MAX_LENGTH)

REFRESH_MAX = tokens.MAX_LENGTH
DEVICE_TOKEN_MAX = 64
TOKEN = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI5MTA5In0.c2lnbmF0dXJl"  # noqa: S105 - an example that opens nothing

CODE_MAX = 64
_FULL_WIDTH = regex.compile(r"\p{East_Asian_Width=Fullwidth}+")
_DIGIT = re.compile(r"[^\D0-9]")
_GAPS = regex.compile(r"[\p{White_Space}\p{Pd}]+")


class UsernameField(StringField):
    """A username that may be had, in lower case."""

    def to_internal_value(self, data: Any) -> str:
        name = names.username(data) if isinstance(data, str) else None
        if name is None:
            raise serializers.ValidationError(names.USERNAME_RULE)
        if lookalikes.is_reserved(name):
            raise serializers.ValidationError("This name is reserved.")
        return name


class EmailField(serializers.EmailField):
    """An address in its canonical form."""

    def to_internal_value(self, data: Any) -> str:
        address = names.email(data) if isinstance(data, str) else None
        if address is None:
            raise serializers.ValidationError("This is not an e-mail address.")
        return address


class SecretField(StringField):
    """A password as it was typed."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            max_length=passwords.MAX_LENGTH,
            trim_whitespace=False,
            style={"input_type": "password"},
            **options,
        )


class CodeField(TextField):
    """A code as it was typed, without gaps and hyphens; digits of any script and full-width letters are ASCII's."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=CODE_MAX, **options)

    def to_internal_value(self, data: Any) -> str:
        narrow = _FULL_WIDTH.sub(
            lambda found: unicodedata.normalize("NFKC", found[0]), super().to_internal_value(data)
        )
        return _GAPS.sub("", _DIGIT.sub(lambda found: str(unicodedata.decimal(found[0])), narrow))


class DeliverySerializer(BodySerializer):
    token_delivery = ChoiceField(
        choices=["cookie", "body"],
        default="cookie",
        help_text="Where the refresh token goes: into a cookie that scripts can't read, or into the body.",
    )


class DeviceTokenField(TextField):
    def __init__(self, **options: Any) -> None:
        says = "What an earlier login on this device gave; without it the cookie counts."
        super().__init__(max_length=DEVICE_TOKEN_MAX, help_text=says, **options)


class WayInSerializer(DeliverySerializer):
    """What each way into an account takes beside the proof of who one is."""

    device_token = DeviceTokenField(required=False)


class SignupSerializer(WayInSerializer):
    example = {
        "username": "ada",
        "email": "ada@example.org",
        "password": "correct9horse",
        "full_name": "Ada Lovelace",
        "token_delivery": "body",
    }

    username = UsernameField(min_length=names.USERNAME_MIN, max_length=names.USERNAME_MAX)
    email = EmailField(max_length=names.EMAIL_MAX)
    password = SecretField(min_length=passwords.MIN_LENGTH)
    full_name = FullNameField(default="")


class ChangeUsernameSerializer(BodySerializer):
    example = {"username": "ada_l"}

    username = UsernameField(min_length=names.USERNAME_MIN, max_length=names.USERNAME_MAX)


class RefreshSerializer(DeliverySerializer):
    example = {"refresh": TOKEN, "token_delivery": "body"}

    refresh = TextField(max_length=REFRESH_MAX, required=False, help_text="Without it the cookie counts.")


class LoggedInSerializer(serializers.Serializer[Any]):
    user = OwnUserSerializer()
    access = serializers.CharField(max_length=REFRESH_MAX, help_text="A JWT, for `Authorization: Bearer`.")
    refresh = serializers.CharField(
        max_length=REFRESH_MAX, required=False, help_text="Only with `token_delivery: body`."
    )
    device_token = serializers.CharField(
        max_length=DEVICE_TOKEN_MAX,
        required=False,
        help_text="For the next logins on this device. Only with `token_delivery: body`; a cookie stays one.",
    )


class TokensSerializer(serializers.Serializer[Any]):
    example = {"access": TOKEN, "refresh": TOKEN}

    access = serializers.CharField(max_length=REFRESH_MAX, help_text="A JWT, for `Authorization: Bearer`.")
    refresh = serializers.CharField(
        max_length=REFRESH_MAX,
        required=False,
        help_text="Only with `token_delivery: body`, and where the former one came in the body, too.",
    )
