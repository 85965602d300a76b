"""What the calls of login providers take and give."""

from typing import Any

from django.core.validators import RegexValidator
from rest_framework import serializers

from accounts.oidc.identities import LABEL_MAX
from accounts.serializers.passkeys import AssertionSerializer
from accounts.serializers.signing_in import CodeField, WayInSerializer
from echomate.fields import BodySerializer, FlagField, PageSerializer, StringField

ISSUER_MAX = 512
CODE = {
    "issuer": "https://login.example.com",
    "code": "SplxlOBeZQQYbYS6WxSbIA",
    "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    "redirect_uri": "https://app.example.org/login",
}
LINK = {
    "id": "9f86d081884c7d659a2feaa0c55ad0159f86d081884c7d659a2feaa0c55ad015",
    "issuer": "https://login.example.com",
    "name": "Example",
    "account": "ada@example.com",
    "created_at": "2026-11-20T09:30:00.000Z",
}


class PlainField(StringField):
    """ASCII without gaps, as codes and URLs are."""

    def __init__(self, **options: Any) -> None:
        plain = RegexValidator(r"\A[\x21-\x7e]*\Z", "Only ASCII, and no gaps.")
        super().__init__(trim_whitespace=False, validators=[plain], **options)


class OidcCodeSerializer(BodySerializer):
    """What a client brings back from a provider's login page. It began there with PKCE (S256)."""

    example: dict[str, Any] = CODE

    issuer = PlainField(max_length=ISSUER_MAX, help_text="One of those in GET /instance.")
    code = PlainField(max_length=2048)
    code_verifier = StringField(
        max_length=128,
        trim_whitespace=False,
        validators=[
            RegexValidator(r"\A[A-Za-z0-9._~-]{43,128}\Z", "From 43 to 128 letters, digits and . _ ~ -")
        ],
    )
    redirect_uri = PlainField(max_length=2048, help_text="The one that the code was asked for with.")
    nonce = PlainField(
        max_length=512, default="", help_text="The one that the login was asked for with, if it was with one."
    )


class OidcLoginSerializer(OidcCodeSerializer, WayInSerializer):
    example = {**CODE, "token_delivery": "body"}

    otp = CodeField(required=False, help_text="A one-time password or a recovery code.")
    passkey = AssertionSerializer(required=False)
    restore = FlagField(default=False, help_text="Bring the account back, if it is being erased.")


class OidcLinkSerializer(serializers.Serializer[Any]):
    example = LINK

    id = serializers.CharField(max_length=64)
    issuer = serializers.CharField(max_length=ISSUER_MAX)
    name = serializers.CharField(max_length=ISSUER_MAX, help_text="What people call the provider.")
    account = serializers.CharField(
        max_length=LABEL_MAX, allow_blank=True, help_text="What the provider calls it."
    )
    created_at = serializers.DateTimeField()


class OidcLinkListSerializer(PageSerializer):
    results = OidcLinkSerializer(many=True)
