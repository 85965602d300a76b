"""What the flows by mail take."""

from accounts import names, passwords
from accounts.serializers.signing_in import EmailField, SecretField
from echomate.fields import BodySerializer, TextField

LINK_TOKEN = "Zm9yIGFuIGV4YW1wbGUgdGhhdCBvcGVucyBub3RoaW5n"  # noqa: S105 - an example that opens nothing


class LinkTokenSerializer(BodySerializer):
    example = {"token": LINK_TOKEN}

    token = TextField(max_length=200, help_text="Of the link that was mailed.")


class ResetSerializer(LinkTokenSerializer):
    example = {"token": LINK_TOKEN, "password": "correct9horse"}

    password = SecretField(min_length=passwords.MIN_LENGTH)


class AddressSerializer(BodySerializer):
    example = {"email": "ada@example.org"}

    email = EmailField(max_length=names.EMAIL_MAX)


class ResendSerializer(BodySerializer):
    example = {"email": "ada@example.org"}

    email = EmailField(
        max_length=names.EMAIL_MAX, required=False, help_text="Not needed with a token: it is one's own."
    )
