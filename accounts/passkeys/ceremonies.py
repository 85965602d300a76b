"""The two ceremonies of WebAuthn, as the library `webauthn` checks them: making a passkey, and showing one.

What a browser sends is in the JSON form of the standard, with its own names (`clientDataJSON`), and so are the options.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson
import webauthn
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from webauthn import helpers
from webauthn.helpers import structs
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException

from accounts.models import Passkey
from accounts.passkeys import relying_party
from accounts.passkeys.challenges import SECONDS
from echomate.config import config

ALGORITHMS = [
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
FORMATS = frozenset({structs.AttestationFormat.NONE, structs.AttestationFormat.PACKED})
"""Attestations that come where none is asked for: none, or one that the passkey makes itself."""
RSA_BITS = range(2048, 4097)
CREDENTIAL_ID_BYTES = 1023

logger = logging.getLogger(__name__)


class CeremonyFailed(Exception):
    """What came isn't what this server asked for. Its message is for the log."""


@dataclass(frozen=True, slots=True)
class Made:
    """A passkey that was just made."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    aaguid: str
    transports: Sequence[str]
    backup_eligible: bool
    backed_up: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """What the authenticator says of a passkey that was shown."""

    sign_count: int
    backed_up: bool


def creation_options(
    *, challenge: bytes, handle: bytes, username: str, full_name: str, known: Sequence[Passkey]
) -> dict[str, Any]:
    """What `navigator.credentials.create` takes; `known` are the passkeys that the user has already."""
    options = webauthn.generate_registration_options(
        rp_id=relying_party.rp_id(),
        rp_name=config.instance_name,
        user_id=handle,
        user_name=username,
        user_display_name=full_name or username,
        challenge=challenge,
        timeout=SECONDS * 1000,
        attestation=structs.AttestationConveyancePreference.NONE,
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.PREFERRED,
            user_verification=structs.UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=[_descriptor(passkey) for passkey in known],
        supported_pub_key_algs=ALGORITHMS,
    )
    return helpers.options_to_json_dict(options)


def request_options(*, challenge: bytes, known: Sequence[Passkey], verifies_user: bool) -> dict[str, Any]:
    """What `navigator.credentials.get` takes; without `known` the authenticator offers what it keeps."""
    wanted = structs.UserVerificationRequirement
    options = webauthn.generate_authentication_options(
        rp_id=relying_party.rp_id(),
        challenge=challenge,
        timeout=SECONDS * 1000,
        allow_credentials=[_descriptor(passkey) for passkey in known],
        user_verification=wanted.REQUIRED if verifies_user else wanted.PREFERRED,
    )
    return helpers.options_to_json_dict(options)


def _descriptor(passkey: Passkey) -> structs.PublicKeyCredentialDescriptor:
    return structs.PublicKeyCredentialDescriptor(
        id=helpers.base64url_to_bytes(passkey.credential_id),
        transports=[structs.AuthenticatorTransport(name) for name in passkey.transports],
    )


def challenge_of(credential: Mapping[str, Any]) -> bytes:
    """The challenge that an answer is to. Raises `CeremonyFailed`."""
    challenge = _client_data(credential).get("challenge")
    if not isinstance(challenge, str):
        raise CeremonyFailed("no challenge")
    with _parsing():
        return helpers.base64url_to_bytes(challenge)


def base64url(data: bytes) -> str:
    return helpers.bytes_to_base64url(data)


def credential_id_in(credential: Mapping[str, Any]) -> bytes:
    """Raises `CeremonyFailed`."""
    with _parsing():
        return helpers.base64url_to_bytes(credential["rawId"])


def handle_in(credential: Mapping[str, Any]) -> bytes:
    """Of the user, as the authenticator kept it; empty where it keeps none. Raises `CeremonyFailed`."""
    with _parsing():
        return helpers.base64url_to_bytes(credential["response"].get("userHandle") or "")


def check_made(credential: Mapping[str, Any]) -> Made:
    """The passkey in an answer to `creation_options`, whose challenge is checked already. Raises `CeremonyFailed`."""
    expected = _expected(credential)
    with _parsing():
        _check_format(credential)
        verified = webauthn.verify_registration_response(
            credential=dict(credential), **expected, supported_pub_key_algs=ALGORITHMS
        )
        parsed = helpers.parse_registration_credential_json(dict(credential))
        _check_key(verified.credential_public_key)
    if verified.credential_id != parsed.raw_id or len(verified.credential_id) > CREDENTIAL_ID_BYTES:
        raise CeremonyFailed("the credential id is too long, or another than the authenticator's")
    return Made(
        credential_id=verified.credential_id,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        aaguid=verified.aaguid,
        transports=sorted({transport.value for transport in parsed.response.transports or ()}),
        backup_eligible=verified.credential_device_type == structs.CredentialDeviceType.MULTI_DEVICE,
        backed_up=verified.credential_backed_up,
    )


def check_shown(credential: Mapping[str, Any], passkey: Passkey, *, verifies_user: bool) -> Shown:
    """An answer to `request_options`, whose challenge is checked already. Raises `CeremonyFailed`.

    The count is left to the caller: one that goes back is worth a word to the user.
    """
    expected = _expected(credential)
    with _parsing():
        verified = webauthn.verify_authentication_response(
            credential=dict(credential),
            **expected,
            credential_public_key=helpers.base64url_to_bytes(passkey.public_key),
            credential_current_sign_count=0,
            require_user_verification=verifies_user,
        )
    is_eligible = verified.credential_device_type == structs.CredentialDeviceType.MULTI_DEVICE
    if is_eligible != passkey.backup_eligible:
        raise CeremonyFailed("whether it may be backed up can't change")
    return Shown(verified.new_sign_count, verified.credential_backed_up)


def _expected(credential: Mapping[str, Any]) -> dict[str, Any]:
    """What the library compares with. The origin is checked here, since some have any port."""
    client_data = _client_data(credential)
    origin = client_data.get("origin")
    if not isinstance(origin, str) or not relying_party.admits(origin):
        raise CeremonyFailed("an origin that is not admitted")
    if client_data.get("crossOrigin", False) is not False:
        raise CeremonyFailed("asked for within another site's page")
    return {
        "expected_challenge": challenge_of(credential),
        "expected_origin": origin,
        "expected_rp_id": relying_party.rp_id(),
    }


def _client_data(credential: Mapping[str, Any]) -> dict[str, Any]:
    with _parsing():
        found = orjson.loads(helpers.base64url_to_bytes(credential["response"]["clientDataJSON"]))
    if not isinstance(found, dict):
        raise CeremonyFailed("client data that are no object")
    return found


def _check_format(credential: Mapping[str, Any]) -> None:
    encoded = credential["response"]["attestationObject"]
    if helpers.parse_attestation_object(helpers.base64url_to_bytes(encoded)).fmt not in FORMATS:
        raise CeremonyFailed("an attestation that was not asked for")


def _check_key(encoded: bytes) -> None:
    """The library stores a key without a look at it, and would find out at the first use."""
    decoded = helpers.decode_credential_public_key(encoded)
    key = helpers.decoded_public_key_to_cryptography(decoded)
    eddsa, es256, rs256 = ALGORITHMS
    fits = {
        eddsa: isinstance(key, Ed25519PublicKey),
        es256: isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1),
        rs256: isinstance(key, RSAPublicKey) and key.key_size in RSA_BITS,
    }
    if not fits[decoded.alg]:
        raise CeremonyFailed("a key that is none of its algorithm")


@contextmanager
def _parsing() -> Iterator[None]:
    """Whatever the library's parsers raise at what strangers send is the same refusal."""
    try:
        yield
    except (CeremonyFailed, WebAuthnException) as error:
        raise CeremonyFailed(str(error)) from error
    except Exception as error:
        logger.info("a passkey's answer that could not be read", exc_info=error)
        raise CeremonyFailed("malformed") from error
