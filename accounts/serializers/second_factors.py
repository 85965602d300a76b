"""What the calls of second factors and step-up take and give."""

from typing import Any

from rest_framework import serializers

from accounts import recovery_codes
from accounts.serializers.oidc import OidcCodeSerializer
from accounts.serializers.passkeys import AssertionSerializer
from accounts.serializers.signing_in import CODE_MAX, CodeField, SecretField
from echomate.fields import URL_AT_MOST, BodySerializer

METHODS = ("otp", "recovery", "passkey")

_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # noqa: S105 - an example that opens nothing
_CODES = ["k5xnq-7dkzq-42vpl-hw3ra-ojt6c", "c722c-adxku-ykztk-a5tt7-hfgxm"]


class EnrolmentSerializer(serializers.Serializer[Any]):
    example = {
        "secret": _SECRET,
        "otpauth_uri": f"otpauth://totp/Echomate:ada?secret={_SECRET}&issuer=Echomate&algorithm=SHA1&digits=6&period=30",
    }

    secret = serializers.CharField(max_length=64, help_text="In base32, for typing it in.")
    otpauth_uri = serializers.CharField(
        max_length=URL_AT_MOST, help_text="For a QR code, which authenticator apps read."
    )


class ConfirmTotpSerializer(BodySerializer):
    example = {"otp": "492039"}

    otp = CodeField(help_text="What the app shows: six digits.")


class RecoveryCodesSerializer(serializers.Serializer[Any]):
    example = {"recovery_codes": _CODES}

    recovery_codes = serializers.ListField(
        child=serializers.CharField(max_length=CODE_MAX),
        max_length=recovery_codes.COUNT,
        help_text="Ten, each good once in place of a second factor. They are shown this once.",
    )


class CodesLeftSerializer(serializers.Serializer[Any]):
    example = {"left": 9}

    left = serializers.IntegerField(min_value=0, max_value=recovery_codes.COUNT)


class StepUpSerializer(BodySerializer):
    """One proof."""

    example = {"password": "correct9horse"}

    password = SecretField(required=False)
    otp = CodeField(required=False, help_text="A one-time password or a recovery code.")
    passkey = AssertionSerializer(required=False)
    oidc = OidcCodeSerializer(required=False, help_text="Of a login just now: `prompt=login`, `max_age=0`.")
    code = CodeField(required=False, help_text="That of the mail: eight digits.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise serializers.ValidationError(f"One of: {', '.join(self.fields)}.")
        return attrs
