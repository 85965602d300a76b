"""What the calls of passkeys take and give. Credentials and options have the JSON form, and the names, of WebAuthn."""

from typing import Any

from django.core.validators import RegexValidator
from rest_framework import serializers

from accounts import names
from accounts.models.passkeys import ID_LENGTH, MOST
from accounts.serializers.profile import FULL_NAME_MAX
from accounts.serializers.signing_in import WayInSerializer
from accounts.serializers.written import LineField
from echomate import instance
from echomate.fields import BodySerializer, ChoiceField, FlagField, ListField, PageSerializer, StringField
from echomate.graphemes import code_points_at_most

NAME_MAX = 50
instance.declare_limits(passkey_name_characters=NAME_MAX)

CREDENTIAL_ID_MAX, CLIENT_DATA_MAX, ATTESTATION_MAX = 1400, 4096, 16384
"""Characters of base64url: a credential id may have 1,023 bytes, and an attestation holds one beside its key."""

CHALLENGE_MAX, WORD_MAX, TRANSPORTS_MAX = 128, 32, 16

CREDENTIAL_TYPES = ("public-key",)
USER_VERIFICATIONS = ("required", "preferred", "discouraged")

CHALLENGE = "AAAAAGkf7cPq3vR0bW9yZSByYW5kb20gdGhhbiB0aGlz"
CREDENTIAL_ID = "3q2-7wECAwQFBgcICQoLDA"
DESCRIPTOR = {"id": CREDENTIAL_ID, "type": "public-key", "transports": ["internal", "hybrid"]}
PASSKEY = {
    "id": "9f86d081884c7d659a2feaa0c55ad015",
    "name": "My telephone",
    "created_at": "2026-11-20T09:30:00.000Z",
    "last_used_at": None,
    "transports": ["internal", "hybrid"],
    "aaguid": "00000000-0000-0000-0000-000000000000",
    "backed_up": True,
}


class Base64UrlField(StringField):
    """Bytes in base64url."""

    def __init__(self, **options: Any) -> None:
        well_formed = RegexValidator(r"\A[A-Za-z0-9_-]*\Z", "Base64url, without padding.")
        super().__init__(trim_whitespace=False, validators=[well_formed], **options)


class CredentialSerializer(serializers.Serializer[Any]):
    """What both answers of an authenticator begin with. More that a browser adds is left aside."""

    id = Base64UrlField(max_length=CREDENTIAL_ID_MAX)
    rawId = Base64UrlField(max_length=CREDENTIAL_ID_MAX)  # noqa: N815 - WebAuthn's
    type = ChoiceField(choices=CREDENTIAL_TYPES)


class AttestationResponseSerializer(serializers.Serializer[Any]):
    clientDataJSON = Base64UrlField(max_length=CLIENT_DATA_MAX)  # noqa: N815 - WebAuthn's
    attestationObject = Base64UrlField(max_length=ATTESTATION_MAX)  # noqa: N815 - WebAuthn's
    transports = ListField(child=StringField(max_length=WORD_MAX), max_length=TRANSPORTS_MAX, required=False)


class AttestationSerializer(CredentialSerializer):
    response = AttestationResponseSerializer()


class AssertionResponseSerializer(serializers.Serializer[Any]):
    clientDataJSON = Base64UrlField(max_length=CLIENT_DATA_MAX)  # noqa: N815 - WebAuthn's
    authenticatorData = Base64UrlField(max_length=CLIENT_DATA_MAX)  # noqa: N815 - WebAuthn's
    signature = Base64UrlField(max_length=CLIENT_DATA_MAX)
    userHandle = Base64UrlField(max_length=86, required=False, allow_null=True, allow_blank=True)  # noqa: N815 - WebAuthn's


class AssertionSerializer(CredentialSerializer):
    """A passkey that was shown: what `navigator.credentials.get` gave, by `toJSON()`."""

    response = AssertionResponseSerializer()


class AddPasskeySerializer(BodySerializer):
    credential = AttestationSerializer(help_text="What `navigator.credentials.create` gave, by `toJSON()`.")
    name = LineField(max_characters=NAME_MAX)


class RenamePasskeySerializer(BodySerializer):
    example = {"name": "My old telephone"}

    name = LineField(max_characters=NAME_MAX)


class PasskeyLoginSerializer(WayInSerializer):
    credential = AssertionSerializer()
    restore = FlagField(default=False, help_text="Bring back an account that is being erased.")


class PasskeySerializer(serializers.Serializer[Any]):
    example = PASSKEY

    id = serializers.CharField(max_length=ID_LENGTH)
    name = serializers.CharField(max_length=code_points_at_most(NAME_MAX))
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)
    transports = serializers.ListField(
        child=serializers.CharField(max_length=WORD_MAX), max_length=TRANSPORTS_MAX
    )
    aaguid = serializers.CharField(
        max_length=36, help_text="The authenticator's model, zeros where it doesn't say."
    )
    backed_up = serializers.BooleanField(
        help_text="Whether it is kept elsewhere too, as synchronised ones are."
    )


class PasskeysSerializer(PageSerializer):
    """They are few: there is one page."""

    results = PasskeySerializer(many=True)


class DescriptorSerializer(serializers.Serializer[Any]):
    id = serializers.CharField(max_length=CREDENTIAL_ID_MAX)
    type = serializers.CharField(max_length=WORD_MAX)
    transports = serializers.ListField(
        child=serializers.CharField(max_length=WORD_MAX), max_length=TRANSPORTS_MAX, required=False
    )


class RequestOptionsSerializer(serializers.Serializer[Any]):
    """For `PublicKeyCredential.parseRequestOptionsFromJSON`."""

    example = {
        "challenge": CHALLENGE,
        "timeout": 300000,
        "rpId": "example.org",
        "allowCredentials": [DESCRIPTOR],
        "userVerification": "required",
    }

    challenge = serializers.CharField(
        max_length=CHALLENGE_MAX, help_text="Good for one answer, within 5 minutes."
    )
    timeout = serializers.IntegerField(min_value=0, help_text="Milliseconds.")
    rpId = serializers.CharField(max_length=names.DOMAIN_MAX)  # noqa: N815 - WebAuthn's
    allowCredentials = serializers.ListField(child=DescriptorSerializer(), max_length=MOST)  # noqa: N815 - WebAuthn's
    userVerification = serializers.ChoiceField(choices=USER_VERIFICATIONS)  # noqa: N815 - WebAuthn's


class RelyingPartySerializer(serializers.Serializer[Any]):
    id = serializers.CharField(max_length=names.DOMAIN_MAX)
    name = serializers.CharField(max_length=instance.NAME_MAX)


class HandleSerializer(serializers.Serializer[Any]):
    id = serializers.CharField(max_length=86)
    name = serializers.CharField(max_length=names.EMAIL_MAX)
    displayName = serializers.CharField(max_length=code_points_at_most(FULL_NAME_MAX))  # noqa: N815 - WebAuthn's


class AlgorithmSerializer(serializers.Serializer[Any]):
    type = serializers.CharField(max_length=WORD_MAX)
    alg = serializers.IntegerField()


class SelectionSerializer(serializers.Serializer[Any]):
    residentKey = serializers.CharField(max_length=WORD_MAX)  # noqa: N815 - WebAuthn's
    requireResidentKey = serializers.BooleanField()  # noqa: N815 - WebAuthn's
    userVerification = serializers.ChoiceField(choices=USER_VERIFICATIONS)  # noqa: N815 - WebAuthn's


class CreationOptionsSerializer(serializers.Serializer[Any]):
    """For `PublicKeyCredential.parseCreationOptionsFromJSON`."""

    example = {
        "rp": {"id": "example.org", "name": "Echomate"},
        "user": {"id": "DKPqRbTAAAA", "name": "ada", "displayName": "Ada Lovelace"},
        "challenge": CHALLENGE,
        "pubKeyCredParams": [{"type": "public-key", "alg": -8}],
        "timeout": 300000,
        "excludeCredentials": [DESCRIPTOR],
        "authenticatorSelection": {
            "residentKey": "preferred",
            "requireResidentKey": False,
            "userVerification": "preferred",
        },
        "attestation": "none",
    }

    rp = RelyingPartySerializer()
    user = HandleSerializer()
    challenge = serializers.CharField(
        max_length=CHALLENGE_MAX, help_text="Good for one answer, within 5 minutes."
    )
    pubKeyCredParams = serializers.ListField(child=AlgorithmSerializer(), max_length=WORD_MAX)  # noqa: N815 - WebAuthn's
    timeout = serializers.IntegerField(min_value=0, help_text="Milliseconds.")
    excludeCredentials = serializers.ListField(child=DescriptorSerializer(), max_length=MOST)  # noqa: N815 - WebAuthn's
    authenticatorSelection = SelectionSerializer()  # noqa: N815 - WebAuthn's
    attestation = serializers.CharField(max_length=WORD_MAX)
