"""What the flows by mail take."""

from typing import Any

from rest_framework import serializers

from accounts import names, passwords
from accounts.serializers.signing_in import EmailField, SecretField
from echomate.fields import TextField

LINK_TOKEN = "Zm9yIGFuIGV4YW1wbGUgdGhhdCBvcGVucyBub3RoaW5n"  # noqa: S105 - an example that opens nothing


class LinkTokenSerializer(serializers.Serializer[Any]):
    example = {"token": LINK_TOKEN}

    token = TextField(max_length=200, help_text="Of the link that was mailed.")


class ResetSerializer(LinkTokenSerializer):
    example = {"token": LINK_TOKEN, "password": "correct9horse"}

    password = SecretField(min_length=passwords.MIN_LENGTH)


class AddressSerializer(serializers.Serializer[Any]):
    example = {"email": "ada@example.org"}

    email = EmailField(max_length=names.EMAIL_MAX)


class ResendSerializer(serializers.Serializer[Any]):
    example = {"email": "ada@example.org"}

    email = EmailField(
        max_length=names.EMAIL_MAX, required=False, help_text="Not needed with a token: it is one's own."
    )
